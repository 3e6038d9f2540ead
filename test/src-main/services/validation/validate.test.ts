/** A validation: Stillinger–Weber silicon through the report, what fails alone, and what is gone on with. */
import { describe, expect, it } from 'vitest';
import { lennardJonesModel } from '../../../../src-compute/potentials/pair/index.ts';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import { deform, lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import { materialOf } from '../../../../src-main/services/validation/material.ts';
import { evaluationCost, planFor } from '../../../../src-main/services/validation/plan.ts';
import { prepareSubject } from '../../../../src-main/services/validation/subject.ts';
import { referencesOf } from '../../../../src-main/services/validation/references.ts';
import { checkRows, validationJson } from '../../../../src-main/services/validation/result-json.ts';
import { stateFromJson, stateToJson } from '../../../../src-main/services/validation/state.ts';
import { changedThresholds } from '../../../../src-main/services/validation/thresholds.ts';
import {
  validate,
  type ValidationRequest,
  type ValidationState,
} from '../../../../src-main/services/validation/validate.ts';
import { validationHtml } from '../../../../src-main/services/validation/validation-html.ts';

const silicon = { name: 'SW', knowledge: { model: stillingerWeberSilicon() } };
const request = (more: Partial<ValidationRequest> = {}): ValidationRequest => ({
  potentials: [silicon],
  structure: lattice('diamond', ['Si'], 5.43),
  plan: 'quick',
  published: false,
  engine: {},
  ...more,
});
/** Cowley, Phys. Rev. Lett. 60 (1988) 2379, for the constants; Balamane et al., Phys. Rev. B 46 (1992) 2250. */
const references = referencesOf({
  lattice_constant_a: 5.431,
  c11_gpa: { value: 151.4, source: 'Cowley 1988' },
  c12_gpa: 76.4,
  c44_gpa: 56.4,
  vacancy_ev: 2.8,
});

describe('a validation of Stillinger–Weber silicon', () => {
  it('reproduces what is published, verdict first', async () => {
    const only = ['lattice', 'equation-of-state', 'elastic', 'vacancy', 'dimers'];
    const validation = await validate(request({ references, only, structure: undefined }));
    const [potential] = validation.potentials;
    expect(potential.material).toContain('Si (F d -3 m, 227)');
    const rows = new Map(checkRows(potential).map((row) => [row.name, row]));
    const value = (name: string) => Number(rows.get(name)?.value);
    expect(value('lattice_constant_a')).toBeCloseTo(5.431, 3);
    expect(value('c11_gpa')).toBeCloseTo(151.4, 0);
    expect(value('c12_gpa')).toBeCloseTo(76.4, 0);
    expect(value('c44_gpa')).toBeCloseTo(56.4, 0);
    expect(value('bulk_modulus_gpa')).toBeCloseTo(101.4, 0);
    // in 64 sites; 2.69 in 216, 2.66 in 512
    expect(value('vacancy_ev')).toBeCloseTo(2.835, 2);
    for (const name of ['c11_gpa', 'c12_gpa', 'c44_gpa', 'vacancy_ev', 'dimer_jumps'])
      expect(rows.get(name)).toMatchObject({ grade: 'good' });
    expect(rows.get('c11_gpa')).toMatchObject({ reference: 151.4, source: 'Cowley 1988' });
    expect(potential.verdict[0]).toMatch(/^No check found a reason not to use it for Si/);
    expect(potential.verdict.join(' ')).toContain('dimers repel down to 0.3 Å');
    const steps = potential.checks.map(({ name, evaluations }) => [name, evaluations] as const);
    expect(steps.map(([name]) => name)).toEqual(only);
    expect(Math.min(...steps.slice(1).map(([, evaluations]) => evaluations))).toBeGreaterThan(10);
    const { html, figures } = await validationHtml(validation);
    expect(figures).toBeGreaterThan(2);
    expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
    expect(html.indexOf('Verdict')).toBeLessThan(html.indexOf('Elastic constants'));
    expect(html).toContain('Cowley 1988');
  });

  it('compares the conventional cell of the crystal at rest, whatever symmetry it was given with', async () => {
    // diamond with its c axis 1 % longer: I 4_1/a m d, whose own axes are a/√2
    const given = deform(lattice('diamond', ['Si'], 5.43), Float64Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0.01));
    const { potentials } = await validate(request({ structure: given, references, only: ['lattice'] }));
    const [a, ...others] = checkRows(potentials[0]).filter(({ name }) => String(name).startsWith('lattice'));
    expect(a).toMatchObject({ name: 'lattice_constant_a', grade: 'good' });
    expect(Number(a.value)).toBeCloseTo(5.431, 3);
    expect(others).toEqual([]);
  });

  it('grades by deviation, and by other thresholds when they are given', async () => {
    const off = referencesOf({ c44_gpa: 62, c11_gpa: 200, vacancy_ev: 2.4 });
    const run = (more: Partial<ValidationRequest>) =>
      validate(request({ references: off, only: ['elastic'], ...more }));
    const { potentials } = await run({});
    const [{ verdict }] = potentials;
    expect(verdict[0]).toMatch(/^Not safe as it is for Si .*: 1 value is bad/);
    expect(verdict.join(' ')).toMatch(/Bad: C11 24 % low/);
    const strict = await run({ thresholds: changedThresholds({ stiffness: { good: 0.01, fair: 0.3 } }) });
    expect(strict.potentials[0].verdict[0]).toMatch(/^Usable for Si .* with care: 2 values are fair/);
    expect(() => changedThresholds({ stiffness: { good: 0.5 } })).toThrow(
      /good up to 0.5 and fair up to 0.2/,
    );
  });

  it('watches ramps: what breaks is said with where and why', async () => {
    const { potentials } = await validate(request({ only: ['heating'], seconds: 0.3, microseconds: 1 }));
    const [heating] = potentials[0].checks;
    expect(heating.failed).toBeUndefined();
    expect(heating.values[0]).toMatchObject({ name: 'safe_up_to_k', judgement: 'good' });
    expect(heating.notes.join(' ')).toContain('says nothing of its data');
    expect(heating.figures).toHaveLength(2);
  });
});

describe('the defects of the twenty-minute plan', () => {
  it('are the barrier of a vacancy, interstitials and surfaces', async () => {
    const only = ['barrier', 'interstitials', 'surfaces'];
    const { potentials } = await validate(request({ only, plan: 'standard' }));
    const rows = new Map(checkRows(potentials[0]).map((row) => [row.name, Number(row.value)]));
    expect(rows.get('vacancy_barrier_ev')).toBeCloseTo(0.517, 2);
    // one bond per a²√3/4 of each surface
    expect(rows.get('surface_111_j_per_m2')).toBeCloseTo(
      (16.02176634 * 2.1683 * 2) / (Math.sqrt(3) * 5.431 ** 2),
      2,
    );
    expect(rows.get('tetrahedral_interstitial_si_ev')).toBeGreaterThan(3);
    expect(potentials[0].checks.map(({ failed }) => failed)).toEqual([undefined, undefined, undefined]);
  });
});

describe('what goes wrong', () => {
  it('says what cannot be done, and does the rest', async () => {
    // repulsive only: no crystal, but two atoms can be looked at
    const { triplets } = stillingerWeberSilicon();
    const repulsive = {
      ...stillingerWeberSilicon(),
      triplets: triplets.map((t) => ({ ...t, B: 1e3, lambda: 0 })),
    };
    const potentials = [{ name: 'repulsive', knowledge: { model: repulsive } }, silicon];
    const validation = await validate(
      request({ potentials, only: ['lattice', 'elastic', 'dimers'], structure: undefined }),
    );
    const [bad, good] = validation.potentials;
    expect(bad.checks.map(({ failed }) => failed === undefined)).toEqual([false, false, true]);
    expect(bad.checks[0].failed).toMatch(/binds none of the crystals/);
    expect(bad.verdict.at(-1)).toMatch(/^Missing: Crystal at rest \(.*; Elastic constants \(/);
    expect(good.checks.every(({ failed }) => failed === undefined)).toBe(true);
    const json = validationJson(validation);
    expect(JSON.stringify(json.verdict)).toContain('SW: No check found');
    expect((await validationHtml(validation)).html).toContain('Side by side');
  });

  it('takes no molecule for a crystal, and no elements that the potential does not know', async () => {
    const molecule = { ...lattice('diamond', ['Si'], 5.43), periodic: [false, false, false] as const };
    const { potentials } = await validate(request({ structure: molecule, only: ['elastic', 'dimers'] }));
    expect(potentials[0].checks[0].failed).toMatch(
      /A crystal was expected, and the structure is not periodic/,
    );
    expect(potentials[0].checks[1].failed).toBeUndefined();
    const foreign = await validate(request({ structure: lattice('fcc', ['Cu'], 3.6), only: ['lattice'] }));
    expect(foreign.potentials[0].checks[0].failed).toMatch(
      /The structure has Cu, and this potential knows Si/,
    );
    expect(foreign.potentials[0].verdict[0]).toMatch(/^Nothing can be said/);
  });

  it('finds a hole at short distances', async () => {
    // without its core the pair term attracts all the way
    const { triplets } = stillingerWeberSilicon();
    const model = { ...stillingerWeberSilicon(), triplets: triplets.map((t) => ({ ...t, B: 0 })) };
    const { potentials } = await validate(
      request({ potentials: [{ name: 'hole', knowledge: { model } }], only: ['dimers'] }),
    );
    const [dimers] = potentials[0].checks;
    expect(dimers.values[0]).toMatchObject({ judgement: 'bad' });
    expect(potentials[0].verdict.join(' ')).toMatch(/atoms fall into each other: Si–Si below 3\.\d+ Å/);
  });

  it('goes on after it was stopped, and does nothing twice', async () => {
    const only = ['lattice', 'equation-of-state', 'dimers'];
    let kept: ValidationState | undefined;
    const abort = new AbortController();
    await expect(
      validate(request({ only }), {
        signal: abort.signal,
        onState(state) {
          kept = stateFromJson(stateToJson(state));
          if (state.outcomes.size === 2) abort.abort();
        },
      }),
    ).rejects.toThrow();
    const seen: string[] = [];
    const resume = kept;
    const finished = await validate(request({ only }), {
      resume,
      onState: ({ outcomes }) => void seen.push([...outcomes.keys()].at(-1) ?? ''),
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toContain('dimers');
    const whole = await validate(request({ only }));
    const values = ({ potentials: [{ checks }] }: typeof whole) => checks.map((check) => check.values);
    expect(values(finished)).toEqual(values(whole));
    await expect(validate(request({ only, plan: 'standard' }), { resume })).rejects.toThrow(
      /another validation/,
    );
  });
});

describe('the plan', () => {
  const context = { model: silicon.knowledge.model, engine: {}, onProgress: () => undefined };
  it('spends its time by counted work: little time leaves checks out, more makes them more thorough', async () => {
    const subject = await prepareSubject(
      'SW',
      silicon.knowledge,
      { structure: undefined, origin: '' },
      context,
    );
    const names = (seconds: number, cost: number) =>
      planFor(subject, 'quick', seconds, cost).checks.map(({ check }) => check.name);
    expect(names(120, 1)).toEqual(expect.arrayContaining(['lattice', 'phonons', 'heating', 'compression']));
    expect(names(120, 1e5)).not.toContain('heating');
    expect(
      planFor(subject, 'quick', 120, 1e5)
        .leftOut.map(({ why }) => why)
        .join(' '),
    ).toMatch(/Heating ramp: left out, since it would take about \d+/);
    const work = (plan: 'quick' | 'standard') =>
      planFor(subject, plan, 1e6, 1).checks.reduce((sum, { variant }) => sum + variant.work, 0);
    expect(work('standard')).toBeGreaterThan(3 * work('quick'));
    expect(await evaluationCost(subject, {})).toBeGreaterThan(0);
  });
});

describe('the material of a dataset', () => {
  it('is the crystal of least energy, from strained frames as well', () => {
    const crystal = lattice('diamond', ['Si'], 5.4);
    const strained = deform(crystal, [0.004, 0, 0, 0, 0, 0, 0, 0, 0]);
    const frames = [
      { ...supercell(strained, [2, 1, 1]), energy: -16 * 4.31 },
      { ...crystal, energy: -8 * 4.33 },
      { ...lattice('bcc', ['Si'], 3), energy: -2 * 4.0 },
      { ...crystal, periodic: [false, false, false] as const, energy: -8 * 9 },
    ];
    const found = materialOf(frames, 'Si.xyz');
    expect(found?.structure.kinds).toHaveLength(8);
    expect(found?.origin).toContain(
      'Si in the space group F d -3 m (227), the crystal of least energy per atom in Si.xyz',
    );
    expect(materialOf([], 'x')).toBeUndefined();
  });

  it('serves potentials of other materials, too', async () => {
    const argon = { name: 'LJ', knowledge: { model: lennardJonesModel('Ar', 0.0104, 3.4, 8.5) } };
    const { potentials } = await validate(
      request({ potentials: [argon], only: ['lattice'], structure: undefined }),
    );
    expect(potentials[0].material).toMatch(/^Ar/);
    expect(potentials[0].checks.every(({ failed }) => failed === undefined)).toBe(true);
  });
});
