/** Tensor-regression potentials: a polynomial of some rank in radial and angular descriptors. */
import {
  descriptorLayout,
  evaluateTensorRegression,
  rankOf,
  tensorParameterCount,
  tensorRegressionSchema,
  validateTensorRegressionModel,
  type TensorRegressionModel,
} from '../../potentials/tensor-regression/index.ts';
import { PROVIDES, type Form } from '../form.ts';
import { tensorRegressionFit } from './fit.ts';

export const tensorRegressionForm: Form<TensorRegressionModel> = {
  title: 'tensor-regression potential',
  schema: tensorRegressionSchema,
  validate: validateTensorRegressionModel,
  parameters: tensorParameterCount,
  provides: PROVIDES,
  requires: ({ mode }) => (mode === 'per-atom' ? 'the very atoms that it was fitted to' : undefined),
  evaluate: evaluateTensorRegression,
  exports: ['kim'],
  fit: tensorRegressionFit,
  methods: (model, { parameters }) => [
    `a tensor-regression potential of rank ${rankOf(model.head)}${model.head.kind === 'tensor-train' ? ' in tensor-train form' : ''} ` +
      `over ${descriptorLayout(model).size - 1} radial and angular descriptors with ${parameters} fitted parameters and a cutoff of ${model.cutoff} Å.`,
  ],
};
