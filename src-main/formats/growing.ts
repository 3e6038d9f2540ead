/**
 * Arrays that grow while a frame is read. A file may claim any number of atoms; memory is taken only for lines
 * that are really there.
 */
const FIRST_LENGTH = 4096;

/** Growing Float64Array. */
export class GrowingReals {
  values: Float64Array;
  length = 0;

  /** @param expected length the file claims; at most a bounded part of it is taken at once */
  constructor(expected: number) {
    this.values = new Float64Array(Math.max(1, Math.min(expected, FIRST_LENGTH)));
  }

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Float64Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = value;
  }

  /** Exactly what was pushed. */
  finish(): Float64Array {
    return this.length === this.values.length ? this.values : this.values.slice(0, this.length);
  }
}

/** Kinds of atoms by name while a frame is read: `symbols` in order of first appearance. */
export class GrowingKinds {
  readonly symbols: string[] = [];
  private values: Uint16Array;
  length = 0;
  private readonly byName = new Map<string, number>();

  /** @param expected atoms the file claims; at most a bounded part of it is taken at once */
  constructor(expected = FIRST_LENGTH) {
    this.values = new Uint16Array(Math.max(1, Math.min(expected, FIRST_LENGTH)));
  }

  kindOf(name: string): number {
    let kind = this.byName.get(name);
    if (kind === undefined) {
      kind = this.symbols.length;
      this.byName.set(name, kind);
      this.symbols.push(name);
    }
    return kind;
  }

  push(kind: number): void {
    if (this.length === this.values.length) {
      const larger = new Uint16Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = kind;
  }

  pushName(name: string): void {
    this.push(this.kindOf(name));
  }

  finish(): Uint16Array {
    return this.length === this.values.length ? this.values : this.values.slice(0, this.length);
  }
}
