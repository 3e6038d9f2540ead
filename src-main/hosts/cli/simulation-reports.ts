/** Results of md and hmc: for --json, and in words. */
import type { TimeStepCheck } from '../../../src-compute/sampling/time-step-check.ts';
import type { HybridMonteCarloRunResult } from '../../services/simulations/hybrid-monte-carlo-run.ts';
import type { MolecularDynamicsRunResult } from '../../services/simulations/molecular-dynamics-run.ts';
import { plusMinus } from './simulation-options.ts';

export function dynamicsJson(result: MolecularDynamicsRunResult, check: TimeStepCheck | undefined) {
  const { temperature, energy, potential, pressure, volume } = result;
  return {
    steps: result.steps,
    atoms: result.atoms,
    seconds: result.seconds,
    time_fs: result.time,
    drift_mev_per_atom_per_ps: result.drift,
    temperature_k: { ...temperature },
    energy_ev_per_atom: { ...energy },
    potential_ev_per_atom: { ...potential },
    pressure_gpa: { ...pressure },
    volume_a3: { ...volume },
    closest_pair: result.closest && {
      pair: result.closest.pair,
      distance_a: result.closest.distance,
      data_end_a: result.closest.limit,
      step: result.closest.step,
    },
    backend: result.backend,
    threads: result.threads,
    us_per_atom_step: (result.seconds * 1e6) / (result.atoms * Math.max(1, result.stepsHere)),
    check: check && {
      timestep_fs: check.timesteps,
      energy_fluctuation_mev_per_atom: check.fluctuation,
      drift_mev_per_atom_per_ps: check.drift,
      order: check.order,
    },
  };
}

export function dynamicsText(result: MolecularDynamicsRunResult, check: TimeStepCheck | undefined): string {
  const lines = [
    `${result.steps} steps, ${(result.time / 1000).toPrecision(4)} ps, ${result.atoms} atoms in ${result.seconds.toFixed(1)} s (${result.choice})`,
    `temperature   ${plusMinus(result.temperature)} K`,
    `energy        ${plusMinus(result.energy)} eV/atom, of it potential ${plusMinus(result.potential)}`,
    `pressure      ${plusMinus(result.pressure)} GPa`,
    `volume        ${plusMinus(result.volume)} Å³`,
    `drift         ${result.drift.toPrecision(3)} meV/atom/ps of the conserved quantity`,
  ];
  if (check) {
    lines.push(
      '',
      'Time step without thermostat:',
      ...check.timesteps.map(
        (dt, k) =>
          `  ${dt} fs: energy fluctuates by ${check.fluctuation[k].toPrecision(3)} meV/atom, drifts by ${check.drift[k].toPrecision(3)} meV/atom/ps`,
      ),
      `  order in the time step: ${check.order.toFixed(2)} (2 for a smooth potential)`,
    );
  }
  return lines.join('\n');
}

export function monteCarloJson(result: HybridMonteCarloRunResult) {
  const { diagnostics: d, check } = result;
  return {
    acceptance: d.acceptance,
    expected_acceptance: d.expectedAcceptance,
    mean_exp_minus_beta_dh: { ...d.meanExpMinusBetaDh },
    mean_beta_dh: { ...d.meanBetaDh },
    potential_ev_per_atom: { ...result.potential },
    pressure_gpa: { ...result.pressure },
    volume_a3: { ...result.volume },
    ess: d.ess,
    ess_per_force_call: d.essPerForceCall,
    split_r_hat: d.splitRHat,
    lost_trajectories: d.lost,
    closest_pair: result.closest && {
      pair: result.closest.pair,
      distance_a: result.closest.distance,
      data_end_a: result.closest.limit,
      trajectory: result.closest.step,
    },
    force_calls: result.forceCalls,
    cheap_force_calls: result.cheapForceCalls,
    trajectories: result.trajectories,
    chains: result.chains,
    atoms: result.atoms,
    timestep_fs: result.timestep,
    swap_acceptance: result.swapAcceptance,
    cell_move_acceptance: result.cellMoveAcceptance,
    replica_acceptance: result.replicaAcceptance,
    biased: result.biased,
    seconds: result.seconds,
    backend: result.backend,
    threads: result.threads,
    check: check && {
      timestep_fs: check.timesteps,
      rms_dh_ev: check.rmsEnergyChange,
      order: check.order,
      expected_order: check.expectedOrder,
      reversibility_a: check.reversibility,
    },
  };
}

export function monteCarloText(result: HybridMonteCarloRunResult): string {
  const { diagnostics: d, check } = result;
  const percent = (x: number | undefined) => (x === undefined ? '–' : `${(100 * x).toFixed(1)} %`);
  const lines = [
    ...(result.biased
      ? ['BIASED: every trajectory was accepted, so the step error is in the averages.']
      : []),
    `${result.trajectories} trajectories in ${result.chains} chain(s), ${result.atoms} atoms, ${result.forceCalls} force calls in ${result.seconds.toFixed(1)} s (${result.choice})`,
    `step            ${result.timestep.map((dt) => dt.toPrecision(4)).join(', ')} fs`,
    `acceptance      ${percent(d.acceptance)}; erfc(½√⟨βΔH⟩) says ${percent(d.expectedAcceptance)}`,
    `⟨exp(−βΔH)⟩     ${plusMinus(d.meanExpMinusBetaDh)} (1 when the sampling is right)`,
    `potential       ${plusMinus(result.potential)} eV/atom`,
    `pressure        ${plusMinus(result.pressure)} GPa`,
    `volume          ${plusMinus(result.volume)} Å³`,
    `independent     ${d.ess.toFixed(0)} samples of the energy, ${d.essPerForceCall.toPrecision(3)} per force call`,
    `split R̂         ${d.splitRHat.toFixed(3)} (below 1.01 when chains have mixed)`,
  ];
  if (d.lost > 0) lines.push(`${d.lost} trajectories left the region where the potential is defined.`);
  if (result.swapAcceptance !== undefined)
    lines.push(`swaps           ${percent(result.swapAcceptance)} accepted`);
  if (result.cellMoveAcceptance !== undefined) {
    lines.push(`cell moves      ${percent(result.cellMoveAcceptance)} accepted`);
  }
  if (result.replicaAcceptance)
    lines.push(`exchanges       ${result.replicaAcceptance.map(percent).join(', ')} accepted`);
  if (check) {
    lines.push(
      '',
      ...check.timesteps.map(
        (dt, k) => `step ${dt.toPrecision(4)} fs: rms ΔH ${check.rmsEnergyChange[k].toPrecision(3)} eV`,
      ),
      `order of ΔH     ${check.order.toFixed(2)}; ${check.expectedOrder} for this integrator and a smooth potential`,
      `reversibility   ${check.reversibility.toPrecision(2)} Å after going forth and back`,
    );
  }
  return lines.join('\n');
}
