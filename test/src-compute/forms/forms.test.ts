/** What descriptors of forms say against what is done: exports, words and citations. */
import { describe, expect, it } from 'vitest';
import type { ExportName } from '../../../src-compute/forms/form.ts';
import { WORKS } from '../../../src-compute/forms/works.ts';
import type { PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import { exportsOf, methodsOf, requirementOf } from '../../../src-compute/potentials/registry.ts';
import { formatParameterFile } from '../../../src-main/services/export/parameter-file.ts';
import { partsWithRepulsion } from '../../../src-main/services/export/parts.ts';
import { potentials } from '../../conformance/potentials.ts';

/** What the exporters do first, and refuse with. */
const ATTEMPTS: Readonly<Record<ExportName, (model: PotentialModelBase) => unknown>> = {
  kim: (model) => formatParameterFile(model, []),
  mlip: (model) => partsWithRepulsion(model, 'moment-tensor', ''),
  snap: (model) => partsWithRepulsion(model, 'snap', ''),
  pace: (model) => partsWithRepulsion(model, 'ace', ''),
};

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

describe('descriptors of forms', () => {
  it.each(potentials.map(({ name, model }) => [name, model] as const))('exports of %s', (_, model) => {
    const names = Object.keys(ATTEMPTS) as ExportName[];
    expect(exportsOf(model)).toEqual(names.filter((name) => succeeds(() => ATTEMPTS[name](model))));
  });

  it('say in a sentence what was used, and cite works that there are', () => {
    const cited = new Set<string>();
    for (const { model } of potentials) {
      const sentences = methodsOf(model, {
        parameters: 7,
        settings: { linear: false },
        cite: (work) => {
          cited.add(work);
          return '';
        },
      });
      sentences?.forEach((sentence) => expect(sentence).toMatch(/^\S.*\.$/));
    }
    expect([...cited].sort()).toEqual(
      Object.keys(WORKS)
        .filter((work) => work !== 'ziegler1985')
        .sort(),
    );
  });

  it('name what a structure must have where elements are not enough', () => {
    const { model } = potentials.find(({ model: { form } }) => form === 'tensor-regression')!;
    const perAtom = { ...model, mode: 'per-atom' };
    expect(requirementOf(perAtom)).toContain('atoms');
    expect(exportsOf(perAtom)).toEqual([]);
    expect(requirementOf(potentials[0].model)).toBeUndefined();
  });
});
