/** What a hybrid Monte Carlo run writes as it goes: states and a table with one row per trajectory, for every chain. */
import type { HybridMonteCarlo } from '../../../src-compute/sampling/hybrid-monte-carlo/index.ts';
import { OutputFile } from './output-file.ts';
import { frameOf, frameText, trajectoryFormat, type FrameColumn } from './trajectory-file.ts';

export interface ChainOutputs {
  readonly out?: string;
  /** trajectories between frames */
  readonly every?: number;
  readonly columns?: readonly FrameColumn[];
  /** table with one row per trajectory, CSV */
  readonly thermo?: string;
}

/** Trajectories between frames where nothing else is said. */
export const FRAME_INTERVAL = 10;

/** File name of chain k: the first keeps the name, others get .chain2, .chain3 before the extension. */
export function chainPath(path: string, k: number): string {
  if (k === 0) return path;
  const dot = path.lastIndexOf('.');
  return dot > path.lastIndexOf('/')
    ? `${path.slice(0, dot)}.chain${k + 1}${path.slice(dot)}`
    : `${path}.chain${k + 1}`;
}

export interface ChainFiles extends Disposable {
  /** Writes what is due after this trajectory. */
  record(chain: HybridMonteCarlo): Promise<void>;
  sync(): void;
  readonly bytes: Record<string, number>;
}

/**
 * Opens the files of chain k.
 * @param outputs bytes to keep of each, when the run is resumed
 */
export function openChainFiles(
  run: ChainOutputs,
  k: number,
  outputs: Readonly<Record<string, number>> | undefined,
): ChainFiles {
  const every = run.every ?? FRAME_INTERVAL;
  const format = run.out === undefined ? undefined : trajectoryFormat(run.out);
  const out = run.out === undefined ? undefined : new OutputFile(chainPath(run.out, k), outputs?.out ?? 0);
  let thermo: OutputFile | undefined;
  try {
    thermo =
      run.thermo === undefined ? undefined : new OutputFile(chainPath(run.thermo, k), outputs?.thermo ?? 0);
    thermo?.heading('trajectory,potential_ev,delta_h_ev,accepted,pressure_gpa,volume_a3\n');
  } catch (error) {
    out?.[Symbol.dispose]();
    throw error;
  }
  const cell = (x: number) => (Number.isFinite(x) ? String(x) : '');
  return {
    async record(chain: HybridMonteCarlo): Promise<void> {
      const { record } = chain;
      const last = record.potential.length - 1;
      if (last < 0) return; // burn-in leaves no trace in the results
      thermo?.append(
        [
          last + 1,
          record.potential[last],
          cell(record.energyChange[last]),
          record.accepted[last],
          cell(record.pressure[last]),
          cell(record.volume[last]),
        ].join(',') + '\n',
      );
      if (!out || !format || (last + 1) % every !== 0) return;
      const { system, potential, forces, atomEnergies, temperature } = chain;
      const info = { trajectory: last + 1, temperature_k: temperature };
      const frame = frameOf(system, potential, forces, atomEnergies, run.columns ?? [], info);
      out.append(await frameText(format, frame, out.path));
    },
    sync(): void {
      out?.sync();
      thermo?.sync();
    },
    get bytes(): Record<string, number> {
      return { ...(out ? { out: out.bytes } : {}), ...(thermo ? { thermo: thermo.bytes } : {}) };
    },
    [Symbol.dispose](): void {
      out?.[Symbol.dispose]();
      thermo?.[Symbol.dispose]();
    },
  };
}
