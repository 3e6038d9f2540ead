/** Structures as text for the input of other programs. */
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { FORMATS } from '../formats/index.ts';

/** One configuration as extended XYZ, in pieces. */
export function extendedXyzText(configuration: Configuration): AsyncIterable<string> {
  const format = FORMATS.find(({ name }) => name === 'extxyz');
  if (!format?.write) throw new Error('The format extxyz is not registered.');
  const bare: Configuration = {
    symbols: configuration.symbols,
    kinds: configuration.kinds,
    positions: configuration.positions,
    cell: configuration.cell,
    periodic: configuration.periodic,
  };
  return format.write(once(bare), { significantDigits: 17 }, 'start.xyz');
}

async function* once(configuration: Configuration): AsyncGenerator<Configuration> {
  yield await Promise.resolve(configuration);
}
