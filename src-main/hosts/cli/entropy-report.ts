/** What `forcewright entropy` prints. */
import type { MeasureReport } from '../../services/entropy/measure.ts';
import { table } from './output.ts';

/** The JSON object that --json prints. */
export function toJson(report: MeasureReport, structures: number) {
  const { entropy, novelty, completeness, overlap, differential } = report;
  return {
    structures,
    environments: entropy.environments,
    entropy_nats: entropy.entropy,
    max_nats: entropy.maximum,
    diversity: entropy.diversity,
    bandwidth: entropy.bandwidth,
    bandwidth_rule: report.bandwidthRule,
    descriptor: report.descriptor,
    sees_elements: !report.blindToElements,
    backend: report.backend,
    threads: report.threads,
    error_bound_nats: report.errorBound,
    novelty: novelty && {
      mean: novelty.mean,
      max: novelty.max,
      fraction_positive: novelty.fractionPositive,
      bandwidth: novelty.bandwidth,
      bandwidth_rule: novelty.bandwidthRule,
      unknown_elements: novelty.unknownElements,
      structure_mean: Array.from(novelty.frameMean),
      structure_max: Array.from(novelty.frameMax),
    },
    completeness: completeness?.map((point) => ({
      fraction: point.fraction,
      environments: point.environments,
      entropy_nats: point.entropy,
      deviation_nats: point.deviation,
      diversity: point.diversity,
    })),
    differential: differential && {
      gaussian_nats: finite(differential.gaussian.entropy),
      gaussian_rank: differential.gaussian.rank,
      gaussian_subspace_nats: differential.gaussian.subspaceEntropy,
      kozachenko_leonenko_nats: Array.from(differential.nearestNeighbour),
      resolution: differential.resolution,
    },
    overlap: overlap && {
      in_covered_by_reference: overlap.coveredByB,
      reference_covered_by_in: overlap.coveredByA,
      divergence_nats: overlap.divergence,
      max_divergence_nats: overlap.maximumDivergence,
    },
  };
}

/** JSON has no −∞: null. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** The table for a terminal. */
export function toText(report: MeasureReport): string {
  const { entropy, novelty, completeness, overlap, differential } = report;
  const rows = [
    ['quantity', 'value'],
    ['environments', String(entropy.environments)],
    ['entropy H, nats', entropy.entropy.toFixed(4)],
    ['largest possible ln N, nats', entropy.maximum.toFixed(4)],
    ['diversity D, nats', entropy.diversity.toFixed(4)],
    ['descriptor', report.descriptor],
    [`bandwidth (${report.bandwidthRule})`, entropy.bandwidth.toPrecision(4)],
  ];
  if (report.blindToElements) rows.push(['elements', 'not seen by this descriptor: auto keeps them apart']);
  if (novelty) {
    rows.push(
      [`bandwidth for novelty (${novelty.bandwidthRule})`, novelty.bandwidth.toPrecision(4)],
      ['mean novelty, nats', novelty.mean.toFixed(4)],
      ['largest novelty, nats', novelty.max.toFixed(4)],
      ['new atoms', `${(100 * novelty.fractionPositive).toFixed(2)} %`],
    );
  }
  if (overlap) {
    rows.push(
      ['covered by the reference', `${(100 * overlap.coveredByB).toFixed(2)} %`],
      ['reference covered', `${(100 * overlap.coveredByA).toFixed(2)} %`],
      [`divergence (≤ ${overlap.maximumDivergence.toFixed(3)}), nats`, overlap.divergence.toFixed(4)],
    );
  }
  if (differential) {
    const { gaussian, nearestNeighbour } = differential;
    const mean = nearestNeighbour.reduce((sum, x) => sum + x, 0) / nearestNeighbour.length;
    rows.push(
      [`Gaussian entropy in ${gaussian.rank} dimensions, nats`, gaussian.subspaceEntropy.toFixed(4)],
      ['Kozachenko–Leonenko entropy per component, mean, nats', mean.toFixed(4)],
    );
  }
  const curve = completeness?.map((point) => [
    `${Math.round(100 * point.fraction)} %`,
    String(point.environments),
    point.entropy.toFixed(4),
    point.deviation.toFixed(4),
  ]);
  return curve
    ? `${table(rows)}\n\n${table([['fraction', 'environments', 'H', '±'], ...curve])}`
    : table(rows);
}
