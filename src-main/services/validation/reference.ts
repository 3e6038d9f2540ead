/** A value to compare with, and where it comes from. */
export interface Reference {
  readonly value: number;
  readonly source: string;
}
export type References = Readonly<Record<string, Reference>>;
