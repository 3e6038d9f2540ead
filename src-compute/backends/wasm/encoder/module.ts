/** A WebAssembly module: imports, functions, exports; `encode` gives the binary. */
import { Bytes } from './bytes.ts';
import { Local, TYPE_CODE } from './expressions.ts';
import type { ValueType } from './expressions.ts';
import { FunctionBody } from './function.ts';
import type { Callable } from './function.ts';

/** Locals of the parameters, by position: ['i32', 'f64'] becomes [Local<'i32'>, Local<'f64'>]. */
type ParameterLocals<P extends readonly ValueType[]> = { [K in keyof P]: Local<P[K]> };

interface Defined extends Callable {
  readonly body: FunctionBody;
}

interface ImportedFunction extends Callable {
  readonly module: string;
  readonly name: string;
}

/** Pages are 64 KiB; 65536 of them (4 GiB) is the limit of 32-bit addresses. */
export interface MemoryImport {
  readonly module: string;
  readonly name: string;
  readonly initialPages: number;
  readonly maximumPages: number;
  readonly shared: boolean;
}

export class ModuleBuilder {
  private readonly importedFunctions: ImportedFunction[] = [];
  private readonly defined: Defined[] = [];
  private readonly exports: { name: string; index: number }[] = [];
  private memory: MemoryImport | undefined;

  /** The module's memory comes from outside: `{ env: { memory } }` with the defaults. */
  importMemory(options: Partial<MemoryImport> = {}): void {
    this.memory = {
      module: 'env',
      name: 'memory',
      initialPages: 1,
      maximumPages: 65536,
      shared: false,
      ...options,
    };
  }

  /** A function given by the embedder. Imports come before the first definition. */
  importFunction<const P extends readonly ValueType[], R extends ValueType | undefined = undefined>(
    module: string,
    name: string,
    parameters: P,
    result?: R,
  ): Callable & { readonly result: R } {
    if (this.defined.length > 0) throw new Error('import functions before defining any');
    const imported = { module, name, parameters, result: result as R, index: this.importedFunctions.length };
    this.importedFunctions.push(imported);
    return imported;
  }

  /**
   * Defines a function; the body is written by the callback, which gets the code and the parameters.
   * Without a name it is internal, with one it is exported.
   */
  function<const P extends readonly ValueType[], R extends ValueType | undefined = undefined>(
    options: { readonly export?: string; readonly parameters: P; readonly result?: R },
    write: (code: FunctionBody, ...parameters: ParameterLocals<P>) => void,
  ): Callable & { readonly result: R } {
    const body = new FunctionBody(options.parameters.length);
    const index = this.importedFunctions.length + this.defined.length;
    const defined = { index, parameters: options.parameters, result: options.result as R, body };
    this.defined.push(defined);
    if (options.export !== undefined) this.exports.push({ name: options.export, index });
    const locals = options.parameters.map((type, k) => new Local(type, k));
    write(body, ...(locals as unknown as ParameterLocals<P>));
    return defined;
  }

  /** Exports a function that was defined without a name. */
  exportFunction(name: string, target: Callable): void {
    this.exports.push({ name, index: target.index });
  }

  encode(): Uint8Array<ArrayBuffer> {
    const out = new Bytes();
    out.append([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    const types = new Map<string, number>();
    const typeSection = new Bytes();
    const typeIndex = (f: Callable): number => {
      const key = `${f.parameters.join(',')}:${f.result ?? ''}`;
      let index = types.get(key);
      if (index === undefined) {
        index = types.size;
        types.set(key, index);
        typeSection.byte(0x60);
        typeSection.unsigned(f.parameters.length);
        for (const parameter of f.parameters) typeSection.byte(TYPE_CODE[parameter]);
        typeSection.unsigned(f.result ? 1 : 0);
        if (f.result) typeSection.byte(TYPE_CODE[f.result]);
      }
      return index;
    };
    const imports = this.importSection(typeIndex);
    const functions = new Bytes();
    const code = new Bytes();
    functions.unsigned(this.defined.length);
    code.unsigned(this.defined.length);
    for (const f of this.defined) {
      functions.unsigned(typeIndex(f));
      code.section(f.body.encode());
    }
    const typesWithCount = new Bytes();
    typesWithCount.unsigned(types.size);
    typesWithCount.append(typeSection.toUint8Array());
    const exported = new Bytes();
    exported.unsigned(this.exports.length);
    for (const { name, index } of this.exports) {
      exported.text(name);
      exported.byte(0);
      exported.unsigned(index);
    }
    const section = (id: number, content: Bytes) => {
      out.byte(id);
      out.section(content);
    };
    section(1, typesWithCount);
    section(2, imports);
    section(3, functions);
    section(7, exported);
    section(10, code);
    return out.toUint8Array();
  }

  private importSection(typeIndex: (f: Callable) => number): Bytes {
    const imports = new Bytes();
    imports.unsigned(this.importedFunctions.length + (this.memory ? 1 : 0));
    for (const f of this.importedFunctions) {
      imports.text(f.module);
      imports.text(f.name);
      imports.byte(0);
      imports.unsigned(typeIndex(f));
    }
    if (this.memory) {
      imports.text(this.memory.module);
      imports.text(this.memory.name);
      imports.byte(2);
      imports.byte(this.memory.shared ? 3 : 1);
      imports.unsigned(this.memory.initialPages);
      imports.unsigned(this.memory.maximumPages);
    }
    return imports;
  }
}
