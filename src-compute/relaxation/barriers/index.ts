/** Barriers: paths between two minima, and saddles found from one. */
export { relaxBand, type BandResult, type BandSettings, type BandStep } from './band.ts';
export { climbByDimer, type DimerResult, type DimerSettings } from './dimer.ts';
export { pathEnds, type Ends } from './endpoints.ts';
export { bendPath } from './idpp.ts';
export { pathProfile, type PathProfile } from './profile.ts';
export { AtomicSurface, type Surface } from './surface.ts';
