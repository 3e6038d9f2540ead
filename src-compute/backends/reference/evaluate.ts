/** Plain evaluation of any potential: what every other backend is tested against. Forms bring it along (forms/NAME/form.ts). */
export { evaluatePlainly as evaluateReference } from '../../potentials/registry.ts';
