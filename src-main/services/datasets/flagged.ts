/** A flag of one configuration. */
export interface Flagged {
  readonly position: number;
  readonly flag: number;
  readonly score: number | null;
  readonly message: string;
}
