/** Data of the charts' scenes: real silicon where it can be, else numbers from a seeded generator. */
import { findBonds } from '../../../src-renderer/viewer/bond-search.ts';
import { errorSummary } from '../../../src-renderer/charts/statistics.ts';
import { evaluatedSilicon, seeded } from './silicon.ts';

type ChartName =
  | 'CurveChart'
  | 'DistributionChart'
  | 'ErrorByGroup'
  | 'HeatmapChart'
  | 'LossCurve'
  | 'ParetoChart'
  | 'ParityPlot'
  | 'ResidualHistogram'
  | 'ScatterMap'
  | 'TimeSeriesChart';

export interface SceneContent {
  readonly component: ChartName;
  readonly props: Record<string, unknown>;
}

/** Two independent normal numbers (Box and Muller). */
function normals(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

async function parityEnergy(): Promise<SceneContent> {
  const frames = await evaluatedSilicon();
  const tags = [...new Set(frames.map(({ tag }) => tag))];
  const atoms = (k: number) => frames[k].configuration.kinds.length;
  // Stillinger–Weber and DFT count energies from different zeros: compared relative to their means
  const relative = (energies: number[]) => {
    const perAtom = energies.map((energy, k) => energy / atoms(k));
    const mean = perAtom.reduce((sum, energy) => sum + energy, 0) / perAtom.length;
    return Float64Array.from(perAtom, (energy) => energy - mean);
  };
  return {
    component: 'ParityPlot',
    props: {
      reference: relative(frames.map(({ configuration }) => configuration.energy!)),
      predicted: relative(frames.map(({ energy }) => energy)),
      quantity: 'Energy',
      unit: 'eV/atom',
      errorUnit: 'meV/atom',
      errorFactor: 1000,
      groups: Uint16Array.from(frames, ({ tag }) => tags.indexOf(tag)),
      groupNames: tags,
      caption: 'Stillinger–Weber against PBE on the silicon test split, both relative to their means.',
      citation: 'Zuo et al., J. Phys. Chem. A 124 (2020) 731.',
    },
  };
}

async function forceComponents(): Promise<{ reference: Float64Array; predicted: Float64Array }> {
  const frames = await evaluatedSilicon();
  const join = (parts: Float64Array[]) => Float64Array.from(parts.flatMap((part) => Array.from(part)));
  return {
    reference: join(frames.map(({ configuration }) => configuration.forces!)),
    predicted: join(frames.map(({ forces }) => forces)),
  };
}

function million(): SceneContent {
  const gauss = normals(seeded(11));
  const reference = Float64Array.from({ length: 1_000_000 }, () => 1.4 * gauss());
  const predicted = reference.map((x) => x + (0.03 + 0.05 * Math.abs(x)) * gauss());
  return {
    component: 'ParityPlot',
    props: {
      reference,
      predicted,
      quantity: 'Force component',
      unit: 'eV/Å',
      errorUnit: 'meV/Å',
      errorFactor: 1000,
      caption: 'A million pairs with an error that grows with the force (generated).',
    },
  };
}

function loss(): SceneContent {
  const gauss = normals(seeded(5));
  const x = Float64Array.from({ length: 400 }, (_, k) => k + 1);
  const decay = (scale: number, rate: number, floor: number) =>
    x.map((k) => (scale * k ** -rate + floor) * Math.exp(0.06 * gauss()));
  return {
    component: 'LossCurve',
    props: {
      curves: [
        { name: 'training', x, y: decay(30, 1.3, 0.011) },
        { name: 'validation', x, y: decay(34, 1.22, 0.016), style: 'dashed' },
      ],
      xName: 'Iteration',
      yName: 'Loss',
      live: true,
    },
  };
}

async function errorsByTag(): Promise<SceneContent> {
  const frames = await evaluatedSilicon();
  const tags = [...new Set(frames.map(({ tag }) => tag))];
  const groups = tags.map((name) => {
    const members = frames.filter(({ tag }) => tag === name);
    const { mae, rmse, count } = errorSummary(
      members.flatMap(({ configuration }) => Array.from(configuration.forces!)),
      members.flatMap(({ forces }) => Array.from(forces)),
    );
    return { name, mae: 1000 * mae, rmse: 1000 * rmse, count };
  });
  return {
    component: 'ErrorByGroup',
    props: {
      groups,
      quantity: 'Force',
      unit: 'meV/Å',
      caption: 'Stillinger–Weber on the silicon test split.',
    },
  };
}

function pareto(): SceneContent {
  const random = seeded(21);
  const points = [6, 8, 10, 12, 14, 16, 18, 20, 22, 24].map((level) => ({
    id: `level-${level}`,
    name: `level ${level}`,
    cost: 0.9 * 1.28 ** (level - 6) * (1 + 0.15 * random()),
    error: 160 * 0.87 ** (level - 6) * (1 + 0.3 * random()) + 12,
  }));
  return {
    component: 'ParetoChart',
    props: {
      points,
      costName: 'Cost (µs per atom and step)',
      errorName: 'Force RMSE (meV/Å)',
      selected: 'level-16',
    },
  };
}

async function distribution(): Promise<SceneContent> {
  const frames = await evaluatedSilicon();
  const tags = [...new Set(frames.map(({ tag }) => tag))];
  const norms = (tag: string) =>
    frames
      .filter((frame) => frame.tag === tag)
      .flatMap(({ configuration: { forces } }) =>
        Array.from({ length: forces!.length / 3 }, (_, atom) =>
          Math.hypot(...forces!.slice(3 * atom, 3 * atom + 3)),
        ),
      );
  return {
    component: 'DistributionChart',
    props: {
      columns: tags.map((name) => ({ name, values: norms(name) })),
      quantity: 'Force on an atom',
      unit: 'eV/Å',
      range: [2.5, 4],
    },
  };
}

function thermo(): SceneContent {
  const gauss = normals(seeded(2));
  const x = Float64Array.from({ length: 20_000 }, (_, k) => 0.005 * k);
  const walk = (middle: number, size: number) => {
    let deviation = 0;
    return x.map(() => middle + (deviation = 0.97 * deviation + size * gauss()));
  };
  return {
    component: 'TimeSeriesChart',
    props: {
      panels: [
        { name: 'Temperature (K)', curves: [{ name: 'temperature', x, y: walk(300, 4) }], target: 300 },
        { name: 'Energy (eV/atom)', curves: [{ name: 'potential energy', x, y: walk(-4.29, 0.0004) }] },
        { name: 'Pressure (GPa)', curves: [{ name: 'pressure', x, y: walk(0, 0.04) }], target: 0 },
      ],
    },
  };
}

/** g(r) of two tags of the bundled set, from the pairs that the viewer's own search finds. */
async function curves(): Promise<SceneContent> {
  const frames = await evaluatedSilicon();
  const [reach, step] = [6, 0.06];
  const x = Float64Array.from({ length: reach / step }, (_, k) => (k + 0.5) * step);
  const curve = (name: string, tag: string) => {
    const members = frames.filter((frame) => frame.tag === tag);
    const each = members.map(({ configuration }) => {
      const { positions, cell, kinds, periodic } = configuration;
      const bonds = findBonds({ positions, kinds, cell, periodic, limits: Float64Array.of(reach) });
      const counts = new Float64Array(x.length);
      for (let bond = 0; bond < bonds.first.length; bond++) {
        let squared = 0;
        for (let k = 0; k < 3; k++) {
          let d = positions[3 * bonds.second[bond] + k] - positions[3 * bonds.first[bond] + k];
          for (let axis = 0; axis < 3; axis++) d += bonds.shifts[3 * bond + axis] * cell[3 * axis + k];
          squared += d * d;
        }
        counts[Math.min(x.length - 1, Math.floor(Math.sqrt(squared) / step))]++;
      }
      const [a, b, c] = [0, 3, 6].map((at) => cell.subarray(at, at + 3));
      const volume = Math.abs(
        a[0] * (b[1] * c[2] - b[2] * c[1]) +
          a[1] * (b[2] * c[0] - b[0] * c[2]) +
          a[2] * (b[0] * c[1] - b[1] * c[0]),
      );
      const density = kinds.length / volume;
      return counts.map(
        (count, k) => (2 * count) / (kinds.length * density * 4 * Math.PI * x[k] ** 2 * step),
      );
    });
    const y = x.map((_, k) => each.reduce((sum, g) => sum + g[k], 0) / each.length);
    const error = x.map((_, k) =>
      Math.sqrt(each.reduce((sum, g) => sum + (g[k] - y[k]) ** 2, 0) / Math.max(1, each.length - 1)),
    );
    return { name, x, y, error };
  };
  return {
    component: 'CurveChart',
    props: {
      curves: [curve('AIMD', 'AIMD-NVT'), curve('vacancy', 'Vacancy')],
      x: { name: 'r (Å)', min: 0, max: 6 },
      y: { name: 'g(r)', min: 0 },
      references: [{ axis: 'y', value: 1, label: 'ideal gas' }],
      caption: 'Mean and spread over the configurations of a tag.',
    },
  };
}

function map(): SceneContent {
  const [random, gauss] = [seeded(9), normals(seeded(10))];
  const centres = [0, 1, 2, 3].map(() => [6 * random() - 3, 6 * random() - 3, 0.3 + 0.6 * random()]);
  const n = 40_000;
  const groups = Uint16Array.from({ length: n }, (_, k) => k % centres.length);
  const x = Float32Array.from(
    { length: n },
    (_, k) => centres[groups[k]][0] + centres[groups[k]][2] * gauss(),
  );
  const y = Float32Array.from(
    { length: n },
    (_, k) => centres[groups[k]][1] + centres[groups[k]][2] * gauss(),
  );
  const values = Float32Array.from(
    { length: n },
    (_, k) => Math.hypot(x[k], y[k]) * 0.05 * (1 + 0.2 * gauss()),
  );
  return {
    component: 'ScatterMap',
    props: {
      x,
      y,
      xName: 'Component 1',
      yName: 'Component 2',
      scalar: { name: 'Error (eV/Å)', values },
      label: 'Descriptor map',
    },
  };
}

function heatmap(): SceneContent {
  const names = ['xx', 'yy', 'zz', 'yz', 'xz', 'xy'];
  // elastic constants of silicon in GPa (silicon-testing-framework, PW91), cubic symmetry
  const [c11, c12, c44] = [153.3, 56.3, 72.2];
  const values = Float64Array.from({ length: 36 }, (_, k) => {
    const [i, j] = [Math.floor(k / 6), k % 6];
    if (i < 3 && j < 3) return i === j ? c11 : c12;
    return i === j ? c44 : 0;
  });
  return {
    component: 'HeatmapChart',
    props: { rows: names, columns: names, values, quantity: 'Elastic constants', unit: 'GPa' },
  };
}

const SCENES: Record<string, () => SceneContent | Promise<SceneContent>> = {
  'parity-energy': parityEnergy,
  'parity-force': async () => ({
    component: 'ParityPlot',
    props: {
      ...(await forceComponents()),
      quantity: 'Force component',
      unit: 'eV/Å',
      errorUnit: 'meV/Å',
      errorFactor: 1000,
    },
  }),
  'parity-million': million,
  residuals: async () => ({
    component: 'ResidualHistogram',
    props: { ...(await forceComponents()), quantity: 'Force component', unit: 'eV/Å' },
  }),
  loss,
  errors: errorsByTag,
  pareto,
  distribution,
  thermo,
  curves,
  map,
  heatmap,
};

/** What a scene shows. */
export async function chartScene(name: string): Promise<SceneContent> {
  return SCENES[name]();
}
