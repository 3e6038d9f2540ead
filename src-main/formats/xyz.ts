/** Plain XYZ: a count, a comment, and one line with a symbol and a position for each atom. */
import { isExtendedHeader } from './extended-xyz/header.ts';
import { ExtendedXyzParser } from './extended-xyz/reader.ts';
import { writePlainXyz } from './extended-xyz/writer.ts';
import type { StructureFormat } from './format.ts';

export const plainXyz: StructureFormat = {
  name: 'xyz',
  title: 'plain XYZ',
  extensions: ['.xyz'],
  namedLabels: true,
  recognise: (head) => {
    const [count, comment, atom] = head.replace(/^\s+/, '').split(/\r?\n/, 3);
    return (
      /^\s*\d+\s*$/.test(count ?? '') &&
      comment !== undefined &&
      !isExtendedHeader(comment) &&
      /^\s*\S+(?:\s+[-+.\d*nNiI]\S*){3}/.test(atom ?? '')
    );
  },
  conventions: [
    'Plain XYZ: positions in Å, no cell, so each configuration is a free cluster; a comment that consists of keys, such as energy=-31.7 (eV), is read.',
  ],
  open: (input, context) => new ExtendedXyzParser(input, context),
  write: writePlainXyz,
};
