/** docs/command-line-json.md names every command that prints JSON, and no others. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { expect, it } from 'vitest';
import { COMMANDS } from '../../../../src-main/hosts/cli/commands/index.ts';
import { repositoryRoot } from '../../../support/shared.ts';

/** Every command that does something by itself, with whether it takes --json. */
function leaves(command: Command, path: readonly string[] = []): { name: string; json: boolean }[] {
  const name = [...path, command.name()];
  const below = command.commands.flatMap((inner) => leaves(inner, name));
  const groups = new Set(['recipe']);
  if (below.length > 0 && groups.has(command.name())) return below;
  return [{ name: name.join(' '), json: command.options.some(({ long }) => long === '--json') }, ...below];
}

it('every command takes --json, but the one that opens the window; the table names them all', async () => {
  const program = new Command('forcewright');
  for (const load of Object.values(COMMANDS)) (await load()).register(program);
  const all = program.commands.flatMap((command) => leaves(command));
  expect(all.filter(({ json }) => !json).map(({ name }) => name)).toEqual(['start']);
  const text = readFileSync(join(repositoryRoot, 'docs', 'command-line-json.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `([a-z -]+)`/gm)].map(([, name]) => name);
  expect([...rows].sort()).toEqual(
    all
      .filter(({ json }) => json)
      .map(({ name }) => name)
      .sort(),
  );
});
