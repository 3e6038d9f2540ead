/** Fields of a YAML document, each with the line on which it stands, so that what is wrong with it can be said. */
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type YAMLMap } from 'yaml';
import { PotentialError } from '../../errors.ts';

/** A document's text, to name lines. */
export class YamlText {
  readonly root: Field;
  private readonly lines = new LineCounter();

  /** @throws PotentialError where the text is no YAML */
  constructor(text: string) {
    const document = parseDocument(text, {
      lineCounter: this.lines,
      prettyErrors: false,
      // the library compares every key with all before it; fields look for repeated ones themselves
      uniqueKeys: false,
    });
    // the library reports keys that are lists, one after the other, as impossible, and reads them rightly
    const [error] = document.errors.filter(({ code }) => code !== 'IMPOSSIBLE');
    if (error !== undefined) {
      const { line } = this.lines.linePos(error.pos[0]);
      // it goes down into lists by recursion, and says so when it cannot
      const what = /call stack/.test(error.message)
        ? 'Lists stand within lists, too deep to be read'
        : error.message;
      throw new PotentialError(`Line ${line}: ${what}.`, { remedy: 'The file may be cut short or edited.' });
    }
    this.root = new Field(this, document.contents ?? undefined, 'the file');
  }

  line(node: Node | undefined): number | undefined {
    const start = node?.range?.[0];
    return start === undefined ? undefined : this.lines.linePos(start).line;
  }
}

/** A value of the document, its name and its place. */
export class Field {
  private readonly text: YamlText;
  private readonly node: Node | undefined;
  private known: ReadonlyMap<string, Node | undefined> | undefined;
  readonly name: string;

  constructor(text: YamlText, node: Node | undefined, name: string) {
    this.text = text;
    this.node = node;
    this.name = name;
  }

  /** @throws PotentialError that names the line and the field */
  fail(
    what: string,
    remedy = 'The file may be cut short or edited, or a newer program has written it.',
  ): never {
    const line = this.text.line(this.node);
    throw new PotentialError(`${line === undefined ? '' : `Line ${line}: `}${this.name} ${what}.`, {
      remedy,
    });
  }

  private get map(): YAMLMap {
    if (!isMap(this.node)) return this.fail('should hold names and values');
    return this.node;
  }

  /** Values by name. @throws PotentialError where a name stands twice: which of both is meant cannot be told */
  private values(): ReadonlyMap<string, Node | undefined> {
    if (this.known) return this.known;
    const known = new Map<string, Node | undefined>();
    for (const { key, value } of this.map.items) {
      if (!isScalar(key)) continue;
      const name = String(key.value);
      if (known.has(name)) new Field(this.text, key as Node, name).fail(`stands twice in ${this.name}`);
      known.set(name, (value ?? undefined) as Node | undefined);
    }
    this.known = known;
    return known;
  }

  has(key: string): boolean {
    return isMap(this.node) && this.values().has(key);
  }

  get(key: string): Field {
    const node = this.values().get(key);
    if (node === undefined) return this.fail(`lacks ${key}`);
    return new Field(this.text, node, key);
  }

  /** Entries in the order of the file; the key as the numbers that it holds. */
  entries(): { readonly key: number[]; readonly value: Field }[] {
    return this.map.items.map(({ key, value }) => {
      const own = new Field(this.text, key as Node, `a key of ${this.name}`);
      const numbers = isSeq(key) ? own.reals() : [own.real()];
      const name = `${this.name} ${numbers.join(', ')}`;
      return { key: numbers, value: new Field(this.text, (value ?? undefined) as Node | undefined, name) };
    });
  }

  list(): Field[] {
    if (!isSeq(this.node)) return this.fail('should be a list');
    return this.node.items.map((item, k) => new Field(this.text, item as Node, `${this.name} ${k + 1}`));
  }

  word(): string {
    if (!isScalar(this.node)) return this.fail('should be a word');
    return this.node.source ?? String(this.node.value);
  }

  real(): number {
    const value = isScalar(this.node) ? this.node.value : undefined;
    if (typeof value !== 'number' || !Number.isFinite(value)) return this.fail('should be a number');
    return value;
  }

  integer(least: number, most: number): number {
    const value = this.real();
    if (!Number.isInteger(value) || value < least || value > most)
      return this.fail(`is ${value}: a whole number from ${least} to ${most} was expected`);
    return value;
  }

  reals(count?: number): number[] {
    return this.counted(count).map((item) => item.real());
  }

  integers(count: number, least: number, most: number): number[] {
    return this.counted(count).map((item) => item.integer(least, most));
  }

  private counted(count?: number): Field[] {
    const list = this.list();
    if (count !== undefined && list.length !== count)
      return this.fail(`holds ${list.length} numbers where ${count} were expected`);
    return list;
  }
}
