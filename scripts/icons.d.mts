export const ICO_SIZES: readonly number[];
export const ICNS_TYPES: Readonly<Record<string, number>>;
