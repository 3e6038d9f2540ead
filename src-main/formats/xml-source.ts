/**
 * XML files as a stream of elements: what a reader gets is "element opened" and "element closed, with its text".
 * Only the text of the element at hand is kept, so memory does not grow with the file.
 */
import { SaxesParser } from 'saxes';
import { FrameFailure } from './format.ts';
import type { TextInput } from './text-input.ts';

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface XmlHandler {
  /** `path` is the chain of open elements, this one last. */
  open(element: XmlElement, path: readonly XmlElement[]): void;
  /** `text` is what stands directly in the element, `path` ends with it. */
  close(element: XmlElement, text: string, path: readonly XmlElement[]): void;
}

const DEEPEST = 200;

/** Characters without a tag, as text or comment: the forces of a million atoms are 70 million. */
const LONGEST = 100_000_000;

/** Feeds a file to a handler, piece by piece. */
export class XmlSource {
  private readonly parser = new SaxesParser<{ position: true; xmlns: false }>({
    position: true,
    xmlns: false,
  });
  private readonly path: XmlElement[] = [];
  private readonly texts: string[] = [];
  private readonly pieces: AsyncGenerator<string>;
  private broken: FrameFailure | undefined;
  private rootSeen = false;

  /** Characters since the last tag. */
  private silent = 0;
  private readonly longest: number;

  /** @param longest characters without a tag that are read before the file is given up */
  constructor(input: TextInput, handler: XmlHandler, longest = LONGEST) {
    this.longest = longest;
    this.pieces = input.pieces();
    this.parser.on('opentag', (tag) => {
      if (this.path.length >= DEEPEST)
        throw new FrameFailure(
          'Expected an XML file of a first-principles program; the elements are nested too deeply.',
          this.line,
        );
      this.rootSeen = true;
      this.silent = 0;
      const element = { name: tag.name, attributes: tag.attributes };
      this.path.push(element);
      this.texts.push('');
      handler.open(element, this.path);
    });
    this.parser.on('text', (text) => {
      if (this.texts.length > 0) this.texts[this.texts.length - 1] += text;
    });
    this.parser.on('closetag', () => {
      this.silent = 0;
      const text = this.texts.pop() ?? '';
      const element = this.path[this.path.length - 1];
      if (element !== undefined) handler.close(element, text, this.path);
      this.path.pop();
    });
    this.parser.on('error', (error) => {
      // the first error is the one that means something
      this.broken ??= new FrameFailure(
        this.path.length > 0 && /unclosed|unexpected end/i.test(error.message)
          ? `The file ends inside <${this.path[this.path.length - 1].name}>.`
          : `Expected well-formed XML: ${error.message.replace(/^\d+:\d+:\s*|\.$/g, '')}.`,
        this.line,
        'The file was cut off or damaged: copy it again, or leave the last frame out with --skip-bad.',
      );
    });
  }

  /** Line of the file that is being read, from 1. */
  get line(): number {
    return this.parser.line;
  }

  /**
   * Reads on; false at the end of the file.
   * @throws FrameFailure when the XML is broken or ends early
   */
  async advance(): Promise<boolean> {
    if (this.broken !== undefined) throw this.broken;
    const { value, done } = await this.pieces.next();
    if (done === true) this.parser.close();
    else {
      this.silent += value.length;
      this.parser.write(value);
      if (this.silent > this.longest)
        throw new FrameFailure(
          `Expected XML elements; the last ${Math.round(this.silent / 1e6)} million characters hold none.`,
          this.line,
          'This is no output of a first-principles program, or it was damaged: write it again.',
        );
    }
    if (this.broken !== undefined) throw this.broken;
    if (done === true && !this.rootSeen)
      throw new FrameFailure('The file ends before its first XML element.', this.line);
    return done !== true;
  }
}
