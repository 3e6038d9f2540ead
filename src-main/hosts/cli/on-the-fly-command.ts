/** `forcewright md --on-the-fly`. */
import { writeOrKeep } from '../../platform/whole-file.ts';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { SimulationError } from '../../../src-compute/errors.ts';
import {
  completeOnlineLearnerSettings,
  createOnlineLearner,
} from '../../../src-compute/fitting/online/index.ts';
import { potentialDocumentPieces } from '../../../src-compute/potentials/document.ts';
import type { MolecularDynamicsInput } from '../../../src-compute/sampling/settings.ts';
import { openReferenceEngine, referenceEngineSchema } from '../../engines/registry.ts';
import { learnedDocument } from '../../services/on-the-fly/document.ts';
import {
  replaceFile,
  runOnTheFly,
  type OnTheFlyRunResult,
} from '../../services/on-the-fly/on-the-fly-run.ts';
import { interruptible } from './interrupt.ts';
import { learnerOf, policyOf, type OnTheFlyOptions } from './on-the-fly-options.ts';
import { endProgress, note, printResult, showProgress, type Json } from './output.ts';
import { referenceEngineOf } from './reference-engine-options.ts';
import { requireEffect, requireVelocities, type SamplerOptions } from './sampler-options.ts';
import { requireSeparateFiles } from './simulation-files.ts';
import { loadStructure, maskOf, plusMinus, sayHowToResume } from './simulation-options.ts';

export async function onTheFlyCommand(
  options: SamplerOptions & OnTheFlyOptions & { keepVelocities?: boolean; thermostatted?: number[] },
  command: Command,
  settings: MolecularDynamicsInput,
): Promise<void> {
  requireEffect(command, [
    { option: 'write', holds: options.out !== undefined, otherwise: 'needs --out' },
    { option: 'every', holds: options.out !== undefined, otherwise: 'needs --out' },
    { option: 'scheme', holds: options.perAtom === true, otherwise: 'needs --per-atom' },
  ]);
  const base = options.out ?? 'forcewright-md';
  const checkpoint = options.checkpoint ?? `${base}.checkpoint`;
  const log = options.log ?? (options.out === undefined ? undefined : `${base}.log.csv`);
  const { structure, out, modelOut, learned, learnedOut } = options;
  requireSeparateFiles(
    { '--structure': structure, '--learned': learned },
    {
      '--out': out,
      '--log': log,
      '--checkpoint': checkpoint,
      '--model-out': modelOut,
      '--learned-out': learnedOut,
    },
  );
  const engine = referenceEngineSchema.parse(referenceEngineOf(options, command, options.species));
  const learnerSettings = completeOnlineLearnerSettings(learnerOf(options));
  using interrupt = interruptible();
  const configuration = await loadStructure(structure, options.species ?? [], options);
  if (options.keepVelocities) requireVelocities(options, configuration);
  const learner = createOnlineLearner(configuration, learnerSettings);
  if (learned !== undefined && !options.resume) learner.restore(await learnedBytes(learned));
  const reference = await openReferenceEngine(engine, configuration);
  let result: OnTheFlyRunResult;
  try {
    result = await runOnTheFly({
      configuration,
      settings,
      policy: policyOf(options),
      learnerSettings,
      learner,
      reference,
      fixed: maskOf(options.fix, configuration.kinds.length),
      thermostatted: maskOf(options.thermostatted, configuration.kinds.length),
      out,
      every: options.every,
      columns: options.write,
      log,
      checkpoint,
      resume: options.resume,
      signal: interrupt.signal,
      onNote: note,
      onProgress: (view) =>
        showProgress(
          view.step / Math.max(1, view.steps),
          `step ${view.step}/${view.steps}, ${view.temperature?.toFixed(0) ?? '–'} K, ${view.phase}, ${view.referenceCalls} reference calls`,
        ),
    })
      .finally(endProgress)
      .catch(sayHowToResume);
    if (modelOut !== undefined)
      await writeOrKeep(modelOut, (path) =>
        replaceFile(path, potentialDocumentPieces(learnedDocument(learner, result.view, learnerSettings))),
      );
    if (learnedOut !== undefined) await writeOrKeep(learnedOut, (path) => replaceFile(path, learner.save()));
  } finally {
    await reference.close();
    learner.dispose();
  }
  const files = { log, modelOut, learnedOut };
  printResult(options.json ?? false, toJson(result, files), () => toText(result));
}

async function learnedBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new SimulationError(`--learned: ${file} cannot be read.`, {
      remedy: 'Give the file that an earlier run wrote with --learned-out.',
      cause,
    });
  }
}

function toJson(
  { summary, view, atoms, seconds }: OnTheFlyRunResult,
  files: { log?: string; modelOut?: string; learnedOut?: string },
): Json {
  const path = (file: string | undefined) => (file === undefined ? undefined : resolve(file));
  return {
    steps: summary.steps,
    atoms,
    seconds,
    time_fs: summary.time,
    drift_mev_per_atom_per_ps: summary.drift,
    temperature_k: { ...summary.temperature },
    energy_ev_per_atom: { ...summary.energy },
    potential_ev_per_atom: { ...summary.potential },
    pressure_gpa: { ...summary.pressure },
    reference: view.reference,
    parameters: view.parameters,
    reference_calls: view.referenceCalls,
    model_steps: view.modelSteps,
    steps_per_reference_call: view.saving,
    took_over_at_step: view.tookOverAt,
    updates: view.updates,
    handed_back: view.handedBack,
    uncertain_calls: view.uncertainCalls,
    checks: {
      count: view.checks.count,
      force_mae_mev_per_a: view.checks.forceMae,
      force_rmse_mev_per_a: view.checks.forceRmse,
      energy_mae_mev_per_atom: view.checks.energyMae,
    },
    milliseconds: { ...view.milliseconds },
    distances: { ...view.distances },
    log: path(files.log),
    model: path(files.modelOut),
    learned: path(files.learnedOut),
  };
}

function toText({ summary, view, atoms, seconds }: OnTheFlyRunResult): string {
  const { checks, milliseconds: ms } = view;
  const number = (x: number | null, digits = 1) => (x === null ? '–' : x.toFixed(digits));
  return [
    `${summary.steps} steps, ${(summary.time / 1000).toPrecision(4)} ps, ${atoms} atoms in ${seconds.toFixed(1)} s`,
    `reference     ${view.reference}: ${view.referenceCalls} calls, one for ${number(view.saving)} steps; ${view.uncertainCalls} of them because of uncertainty`,
    `model         ${view.parameters} parameters, ${view.modelSteps} steps${view.tookOverAt === null ? '; it never took over' : `, since step ${view.tookOverAt}`}; ${view.updates} updates, handed back ${view.handedBack} times`,
    `checks        ${checks.count}: forces ${number(checks.forceMae)} meV/Å MAE, ${number(checks.forceRmse)} RMSE; energy ${number(checks.energyMae, 3)} meV/atom`,
    `time          reference ${number(ms.reference, 2)} ms a call, model ${number(ms.model, 2)} ms a step, update ${number(ms.update, 2)} ms (longest ${number(ms.longestUpdate)})`,
    `temperature   ${plusMinus(summary.temperature)} K`,
    `energy        ${plusMinus(summary.energy)} eV/atom, of it potential ${plusMinus(summary.potential)}`,
    `drift         ${summary.drift.toPrecision(3)} meV/atom/ps of the conserved quantity`,
  ].join('\n');
}
