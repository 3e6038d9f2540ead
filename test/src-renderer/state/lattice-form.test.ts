/** The lattice builder's form: what it asks the host to build. */
import { describe, expect, it } from 'vitest';
import { nextTick, ref } from 'vue';
import { structureSourceSchema } from '../../../src-main/services/simulations/structure-source.ts';
import { useLatticeForm } from '../../../src-renderer/state/lattice-form.ts';

describe('the lattice builder', () => {
  it('begins with the crystal of the element, and asks for nothing that the host refuses', async () => {
    const species = ref<readonly string[]>(['Mo']);
    const { form, source } = useLatticeForm(
      () => species.value,
      () => 7,
    );
    expect(structureSourceSchema.parse(source.value)).toMatchObject({
      lattice: 'bcc',
      a: 3.15,
      symbols: ['Mo'],
      repeat: [3, 3, 3],
    });
    form.repeat = [4, 2, 1];
    form.surfaceAxis = 2;
    form.vacuum = 15;
    form.vacancies = 1;
    await nextTick();
    expect(structureSourceSchema.parse(source.value)).toMatchObject({
      repeat: [4, 2, 1],
      surface: { axis: 2, vacuum: 15 },
      vacancies: 1,
    });
  });

  it('deals the species of an alloy by their shares, and gives every site a species of the potential', async () => {
    const species = ref<readonly string[]>(['Si', 'O', 'C']);
    const { form, source } = useLatticeForm(
      () => species.value,
      () => 1,
    );
    form.lattice = 'perovskite';
    await nextTick();
    expect(structureSourceSchema.parse(source.value)).toMatchObject({ symbols: ['Si', 'O', 'C'] });
    form.alloy = true;
    form.shares = { Si: 2, O: 1, C: 0 };
    await nextTick();
    expect(structureSourceSchema.parse(source.value)).toMatchObject({ alloy: { Si: 2, O: 1 } });
    species.value = ['Si'];
    await nextTick();
    expect(form.alloy).toBe(false);
    expect(structureSourceSchema.parse(source.value)).toMatchObject({ lattice: 'diamond', symbols: ['Si'] });
  });

  it('asks for nothing while a number is missing', async () => {
    const { form, source } = useLatticeForm(
      () => ['Si'],
      () => 1,
    );
    form.repeat = [0, 1, 1];
    await nextTick();
    expect(source.value).toBeUndefined();
  });
});
