/** All checks, in the order of the report. A new one is one file and one line here. */
import type { Check } from '../check.ts';
import { barrierCheck, interstitialCheck, surfaceCheck } from './defects.ts';
import { elasticCheck } from './elastic.ts';
import { equationOfStateCheck, latticeCheck } from './lattice.ts';
import { meltingCheck } from './melting.ts';
import { phononCheck } from './phonons.ts';
import { heatingCheck, pressingCheck } from './ramps.ts';
import { compressionCheck, dimerCheck } from './short-range.ts';
import { timeStepCheck } from './time-step.ts';
import { vacancyCheck } from './vacancy.ts';

export const CHECKS: readonly Check[] = [
  latticeCheck,
  equationOfStateCheck,
  elasticCheck,
  phononCheck,
  vacancyCheck,
  barrierCheck,
  interstitialCheck,
  surfaceCheck,
  timeStepCheck,
  dimerCheck,
  compressionCheck,
  heatingCheck,
  pressingCheck,
  meltingCheck,
];
