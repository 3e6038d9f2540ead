/**
 * Datasets and potentials that were removed and may still be brought back: they are out of sight, and their rows go when
 * the project is closed. A host that dies before that leaves them in the project.
 */

export type Removable = 'dataset' | 'potential';

export class Removals {
  private readonly waiting = new Map<string, () => void>();

  /** Takes something out of sight. @param carryOut what removes it for good */
  remove(kind: Removable, id: number, carryOut: () => void): void {
    this.waiting.set(`${kind} ${id}`, carryOut);
  }

  /** Brings it back. @returns whether it was still there */
  restore(kind: Removable, id: number): boolean {
    return this.waiting.delete(`${kind} ${id}`);
  }

  has(kind: Removable, id: number): boolean {
    return this.waiting.has(`${kind} ${id}`);
  }

  /** How many of a kind are out of sight. */
  count(kind: Removable): number {
    return [...this.waiting.keys()].filter((key) => key.startsWith(`${kind} `)).length;
  }

  /** Removes all of it for good; what cannot be removed (a disk that is full) stays. @returns what went wrong */
  carryOut(): unknown[] {
    const errors: unknown[] = [];
    for (const work of this.waiting.values()) {
      try {
        work();
      } catch (error) {
        errors.push(error);
      }
    }
    this.waiting.clear();
    return errors;
  }
}
