/**
 * An i-PI client on a UNIX socket whose energy is ½ Σ |x|² (atomic units), and that misbehaves as the variable FLAKY says:
 * die, hang or nan at the n-th structure of the process (die:2), or at structures whose first atom is above x bohr (wall:9).
 */
import { createConnection } from 'node:net';
import { appendFileSync } from 'node:fs';

const [kind, text] = (process.env.FLAKY ?? 'ok:0').split(':');
const number = Number(text);
const socket = createConnection(process.argv[2]);
let buffered = Buffer.alloc(0);
let answer;
let calls = 0;
const header = (word) => Buffer.from(word.padEnd(12), 'latin1');

/** Takes n bytes when they are there. */
function take(n) {
  if (buffered.length < n) return undefined;
  const part = buffered.subarray(0, n);
  buffered = buffered.subarray(n);
  return part;
}

function positionsOf(bytes) {
  return Array.from({ length: bytes.length / 8 }, (_, k) => bytes.readDoubleLE(8 * k));
}

function compute(x) {
  calls++;
  if (process.env.CALLS) appendFileSync(process.env.CALLS, 'x');
  if ((kind === 'die' && calls === number) || (kind === 'wall' && x[0] > number)) process.exit(3);
  const forces = x.map((value) => -value);
  if (kind === 'nan' && calls === number) forces[0] = NaN;
  const bytes = Buffer.alloc(12 + 8 + 4 + 8 * x.length + 72 + 4);
  bytes.write('FORCEREADY  ', 0, 'latin1');
  bytes.writeDoubleLE(x.reduce((sum, value) => sum + value * value, 0) / 2, 12);
  bytes.writeInt32LE(x.length / 3, 20);
  forces.forEach((value, k) => bytes.writeDoubleLE(value, 24 + 8 * k));
  return kind === 'hang' && calls === number ? undefined : bytes;
}

let waiting; // POSDATA whose body has not come yet
socket.on('data', (data) => {
  buffered = Buffer.concat([buffered, data]);
  for (;;) {
    if (waiting) {
      const atoms = buffered.length >= 148 ? buffered.readInt32LE(144) : Infinity;
      const body = take(148 + 24 * atoms);
      if (!body) return;
      waiting = false;
      answer = compute(positionsOf(body.subarray(148)));
      if (!answer) return; // hangs
      continue;
    }
    const word = take(12)?.toString('latin1').trim();
    if (word === undefined) return;
    if (word === 'STATUS') socket.write(header(answer ? 'HAVEDATA' : 'READY'));
    if (word === 'POSDATA') waiting = true;
    if (word === 'GETFORCE') {
      socket.write(answer);
      answer = undefined;
    }
    if (word === 'EXIT') process.exit(0);
  }
});
socket.on('error', () => process.exit(1));
socket.on('close', () => process.exit(0));
