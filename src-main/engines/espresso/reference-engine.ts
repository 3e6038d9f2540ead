/** Quantum ESPRESSO's pw.x as a reference, over the i-PI socket: it keeps its wave functions from structure to structure. */
import { access, mkdir, realpath, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { executable } from '../lammps/program.ts';
import { commandWords } from '../i-pi/client-process.ts';
import { IpiReferenceEngine } from '../i-pi/reference-engine.ts';
import { EngineFailedError, EngineUnconvergedError } from '../reference-engine.ts';
import { espressoInput } from './input.ts';
import type { EspressoEngineSettings } from './settings.ts';

const INSTALL = 'apt-get install quantum-espresso quantum-espresso-data, or conda install -c conda-forge qe.';

/**
 * Starts pw.x for a structure.
 * @throws EngineFailedError when it, or a pseudopotential, is missing
 */
export async function openEspressoEngine(
  settings: EspressoEngineSettings,
  atoms: Configuration,
): Promise<IpiReferenceEngine> {
  const program = await executable(settings.program ?? 'pw.x');
  if (program === undefined) {
    throw new EngineFailedError(
      settings.program
        ? `There is no program ${settings.program}.`
        : 'Quantum ESPRESSO is not installed: no pw.x is on the PATH.',
      { remedy: settings.program ? 'Give the path of pw.x.' : INSTALL },
    );
  }
  const pseudoFolder = await pseudopotentials(settings, program);
  const name = 'Quantum ESPRESSO (pw.x)';
  const { connectTimeout, timeout, vacuum } = settings;
  // pw.x reads the length of this text as a set of switches: 1 lets the cell change
  return IpiReferenceEngine.open({ connectTimeout, timeout, vacuum, initial: ' ' }, atoms, {
    name,
    async prepare(structure, folder, { address }) {
      const [input, scratch] = [join(folder, 'pw.in'), join(folder, 'scratch')];
      await mkdir(scratch, { recursive: true });
      await writeFile(input, espressoInput(structure, settings, pseudoFolder, scratch));
      const launcher = settings.launcher === undefined ? [] : commandWords(settings.launcher, {});
      return [...launcher, program, '--ipi', address, '-in', input];
    },
    explain: explainEspresso,
  });
}

/**
 * What pw.x printed before it went away, as an error.
 * @param output its lines
 */
export function explainEspresso(output: readonly string[], failure: EngineFailedError): Error {
  const stopped = output.findLast((line) => /convergence NOT achieved/.test(line));
  if (stopped !== undefined) {
    const iterations = /after\s+(\d+)\s+iterations/.exec(stopped)?.[1];
    return new EngineUnconvergedError(
      `Quantum ESPRESSO did not converge the electrons${iterations ? ` in ${iterations} iterations` : ''}.`,
      {
        remedy: 'Allow more iterations, mix less of the new density, use smearing, or check the structure.',
        cause: failure,
      },
    );
  }
  // pw.x frames its errors: %%%, 'Error in routine NAME (code):', the reason, %%%
  const at = output.findLastIndex((line) => /Error in routine/.test(line));
  if (at < 0) return failure;
  const reason = output
    .slice(at, at + 3)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('%'))
    .join(' ');
  return new EngineFailedError(`Quantum ESPRESSO stopped: ${reason}.`, {
    remedy: 'Check the structure, the pseudopotentials and the settings.',
    cause: failure,
  });
}

/** The folder that holds all the pseudopotentials that are named. */
async function pseudopotentials(settings: EspressoEngineSettings, program: string): Promise<string> {
  const named = settings.pseudoFolder ?? process.env.ESPRESSO_PSEUDO;
  const beside = join(dirname(dirname(await realpath(program))), 'share', 'espresso', 'pseudo');
  const folder = named === undefined ? beside : resolve(named);
  for (const file of Object.values(settings.pseudopotentials)) {
    await access(resolve(folder, file)).catch((cause: unknown) => {
      throw new EngineFailedError(`The pseudopotential ${file} is not in ${folder}.`, {
        remedy: 'Give the folder of the pseudopotentials.',
        cause,
      });
    });
  }
  return folder;
}
