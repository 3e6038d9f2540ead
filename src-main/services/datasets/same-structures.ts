/** Equal digests among many, found without a Map of millions of texts. */
import { DIGEST_BYTES } from '../../store/columns.ts';

/** For every digest of a row of them (16 bytes each, on a multiple of 4) the place of the first equal one. */
export function firstOfSame(digests: Uint8Array): Uint32Array {
  const count = digests.length / DIGEST_BYTES;
  const words = new Uint32Array(digests.buffer, digests.byteOffset, digests.length / 4);
  const size = 2 ** Math.ceil(Math.log2(2 * count + 2));
  const first = new Uint32Array(count);
  // open addressing; 0 is free, k + 1 the place k
  const table = new Uint32Array(size);
  for (let k = 0; k < count; k++) {
    let slot = words[4 * k] & (size - 1);
    for (first[k] = k; table[slot] !== 0; slot = (slot + 1) & (size - 1)) {
      const known = table[slot] - 1;
      let word = 0;
      while (word < 4 && words[4 * known + word] === words[4 * k + word]) word++;
      if (word < 4) continue;
      first[k] = known;
      break;
    }
    if (first[k] === k) table[slot] = k + 1;
  }
  return first;
}
