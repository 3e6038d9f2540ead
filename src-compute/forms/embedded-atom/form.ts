/** Embedded atoms (Daw and Baskes 1984). */
import {
  embeddedAtomSchema,
  evaluateEmbeddedAtom,
  validateEmbeddedAtomModel,
  type EmbeddedAtomModel,
} from '../../potentials/embedded-atom/index.ts';
import { PROVIDES, type Form } from '../form.ts';

export const embeddedAtomForm: Form<EmbeddedAtomModel> = {
  title: 'embedded-atom potential',
  schema: embeddedAtomSchema,
  validate: validateEmbeddedAtomModel,
  provides: PROVIDES,
  evaluate: evaluateEmbeddedAtom,
  exports: ['kim'],
  methods: ({ cutoff }, { cite }) => [
    `an embedded-atom potential ${cite('daw1984')} with a cutoff of ${cutoff} Å.`,
  ],
};
