/** MLIP-2 and MLIP-3 configuration files (.cfg). */
import type { StructureFormat } from '../format.ts';
import { MlipCfgParser } from './reader.ts';
import { writeMlipCfg } from './writer.ts';

export const mlipCfg: StructureFormat = {
  name: 'mlip',
  title: 'MLIP .cfg',
  extensions: ['.cfg'],
  recognise: (head) => /^\s*BEGIN_CFG\s/.test(head),
  conventions: [
    'MLIP .cfg: positions in Å, energy in eV, forces in eV/Å; PlusStress and Virial are taken as W = −∂E/∂ε in eV (positive: wants to expand), the old keyword Stress as −W.',
    'The configuration is periodic along as many axes as Supercell has vectors.',
    'Types are numbered from 0 and have no names; name them in their order, else they are called type1, type2, ….',
  ],
  open: (input, context) => new MlipCfgParser(input, context),
  write: writeMlipCfg,
};
