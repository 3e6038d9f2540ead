/** Name and version as they appear in provenance. */
export const VERSION = '0.1.0';
export const PROGRAM = `Forcewright ${VERSION}`;
