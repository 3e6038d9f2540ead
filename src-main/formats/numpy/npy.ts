/** Arrays of numbers as NumPy keeps them in files (.npy, version 1.0), C order, 64 bits, little-endian. */

/** Bytes of a file that numpy.load reads. */
export function npyOf(shape: readonly number[], values: Float64Array): Uint8Array {
  const lengths = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '<f8', 'fortran_order': False, 'shape': (${lengths}), }`;
  // magic, version and length are ten bytes; the data begin at a multiple of 64
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + length + 8 * values.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8]);
  bytes.set(new TextEncoder().encode(text.padEnd(length - 1) + '\n'), 10);
  const view = new DataView(bytes.buffer, 10 + length);
  for (let k = 0; k < values.length; k++) view.setFloat64(8 * k, values[k], true);
  return bytes;
}
