/** Names of the features in which our writer keeps what .cfg has no place for; MLIP carries features along unread. */

/** Names of the types 0, 1, …, separated by blanks. */
export const SPECIES_FEATURE = 'species';

/** Frame keys as JSON. */
export const INFO_FEATURE = 'forcewright_info';
