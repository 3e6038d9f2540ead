/** Option parsers made of functions that throw our own errors: commander then reports bad usage (exit 2). */
import { InvalidArgumentError } from 'commander';
import { ForcewrightError } from '../../../src-compute/errors.ts';

/** Checks an option's text with a parser and keeps the text. */
export function usage(parse: (text: string) => unknown): (text: string) => string {
  return (text) => {
    try {
      parse(text);
      return text;
    } catch (error) {
      if (error instanceof ForcewrightError)
        throw new InvalidArgumentError(`${error.message} ${error.remedy}`.trim());
      throw error;
    }
  };
}
