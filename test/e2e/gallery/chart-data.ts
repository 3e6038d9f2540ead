/** Data of the charts' scenes: real silicon where it can be, else numbers from a seeded generator. */
import { evaluatedSilicon, seeded } from './silicon.ts';

type ChartName = 'ParityPlot' | 'LossCurve';

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
  loss,
};

/** What a scene shows. */
export async function chartScene(name: string): Promise<SceneContent> {
  return SCENES[name]();
}
