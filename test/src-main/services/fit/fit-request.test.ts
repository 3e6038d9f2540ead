/** Requests of fits: one form each; those of earlier versions, in jobs and checkpoints, mean what they meant. */
import { describe, expect, it } from 'vitest';
import { earlierShape, fitRequestSchema } from '../../../../src-main/services/fit/fit-request.ts';

describe('requests of earlier versions', () => {
  it('are read as the form that they were for', () => {
    // all settings of both forms, as the job of an earlier version keeps them
    const tensor = { rank: 3, radialSize: 4, elements: 'atomic-number', bondDimension: 2, sweeps: 9 };
    const bag = { level: 12, cutoff: 4.5, radialBasisSize: 7, linear: true, starts: 2, zbl: false, tensor };
    expect(fitRequestSchema.parse({ model: 'mtp', ...bag })).toMatchObject({
      ...{ form: 'moment-tensor', level: 12, cutoff: 4.5, radialBasisSize: 7, linear: true, zbl: false },
    });
    const found = fitRequestSchema.parse({ model: 'tensor', ...bag, auto: { seconds: 5 } });
    expect(found).toMatchObject({
      ...{ form: 'tensor-regression', cutoff: 4.5, zbl: false, ...tensor, auto: { seconds: 5, fixed: [] } },
    });
    expect(found).not.toHaveProperty('level');
    expect(fitRequestSchema.parse({})).toMatchObject({ form: 'moment-tensor', level: 16 });
  });

  it('have the digests that their checkpoints name', () => {
    const text = (request: object) =>
      JSON.stringify(
        Object.entries(earlierShape(fitRequestSchema.parse(request)))
          .filter(([, value]) => value !== undefined)
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      );
    // written by the version before
    expect(text({ level: 8, linear: true, auto: { seconds: 5 } })).toBe(
      '[["auto",{"seconds":5,"fixed":[]}],["cutoff",5],["level",8],["linear",true],["maximumIterations",60],["model","mtp"],["radialBasisSize",12],["seed",1],["starts",9],["tensor",{"rank":2,"elements":"one-hot","perAtom":false,"ridgeChoice":"evidence","sweeps":30}],["uncertainty",true],["validation",0.1],["weights",{"energy":1,"force":0.3,"virial":0.01,"energyScaling":1,"forceScaling":1}],["zbl",true]]',
    );
    const tensor = { rank: 3, bondDimension: 'auto', radialSize: 4 };
    expect(text({ model: 'tensor', tensor, weights: { force: 1 }, minimumDistance: 1.5 })).toBe(
      '[["cutoff",5],["level",16],["linear",false],["maximumIterations",60],["minimumDistance",1.5],["model","tensor"],["radialBasisSize",12],["seed",1],["starts",9],["tensor",{"rank":3,"radialSize":4,"elements":"one-hot","perAtom":false,"bondDimension":"auto","ridgeChoice":"evidence","sweeps":30}],["uncertainty",true],["validation",0.1],["weights",{"energy":1,"force":1,"virial":0.01,"energyScaling":1,"forceScaling":1}],["zbl",true]]',
    );
  });

  it.each([
    [{ form: 'nonsense' }, 'form'],
    [{ form: 'moment-tensor', level: 7 }, 'level'],
    [{ form: 'tensor-regression', rank: 9 }, 'rank'],
  ])('name what is out of range: %j', (request, field) => {
    const { error } = fitRequestSchema.safeParse(request);
    expect(error?.issues[0].path).toEqual([field]);
  });
});
