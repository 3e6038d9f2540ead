import { describe, expect, it } from 'vitest';

import { found, score } from '../../../src-renderer/state/palette-search.ts';

const command = (title: string, group: string) => ({ id: title, title, group, run: () => undefined });

describe('the palette', () => {
  const list = [
    command('Import structure files …', 'Data'),
    command('silicon small', 'Dataset'),
    command('Si MTP 6', 'Potential'),
    command('Elastic constants', 'Recipe'),
    command('Simulate', 'Go to'),
    command('warm silicon', 'Run'),
  ];
  it.each([
    ['silicon small', 'silicon small'],
    ['si mtp', 'Si MTP 6'],
    ['elas', 'Elastic constants'],
    ['warm', 'warm silicon'],
    ['import', 'Import structure files …'],
    ['WARM SILICON', 'warm silicon'],
  ])('finds %s', (text, title) => expect(found(list, text)[0].title).toBe(title));

  it('finds nothing where letters are missing, and everything where nothing is written', () => {
    expect(found(list, 'zzz')).toEqual([]);
    expect(found(list, ' ')).toHaveLength(list.length);
    expect(score('abc', 'ca')).toBe(-1);
  });

  it('shows no more than can be read', () => {
    const many = Array.from({ length: 5000 }, (_, k) => command(`run ${k}`, 'Run'));
    expect(found(many, 'run').length).toBeLessThanOrEqual(60);
  });
});
