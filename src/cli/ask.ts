/** From the arguments of the process to what it does: a command, its help, the overview, the version. */

import { HeadcountError } from '../lib/errors.ts';
import { VERSION } from '../version.ts';
import { nearest } from './args.ts';
import type { Terminal } from './command.ts';
import { COMMANDS, type ListedCommand, STANDARD } from './index.ts';

/** Answers the exit code. Rejects with what the command rejects with, and `BAD_USAGE`. */
export async function ask(args: readonly string[], terminal: Terminal): Promise<number> {
  const [first, ...rest] = args;
  if (first === '--version' || first === '-v' || first === 'version') return say(`${VERSION}\n`, terminal);
  if (first === '--help' || first === '-h' || first === 'help') {
    return say(rest[0] === undefined ? overview() : (await commandOf(rest[0]).load()).help, terminal);
  }
  // A word alone is a command, perhaps mistyped, and no file.
  const isNamed = first !== undefined && /^[a-z]+$/.test(first);
  const command = await (isNamed ? commandOf(first) : STANDARD).load();
  const own = isNamed ? rest : args;
  const options = own.slice(0, own.includes('--') ? own.indexOf('--') : undefined);
  if (options.includes('--help') || options.includes('-h')) return say(command.help, terminal);
  return command.run(own, terminal);
}

function say(text: string, terminal: Terminal): number {
  terminal.out(text);
  return 0;
}

function commandOf(name: string): ListedCommand {
  const command = COMMANDS.find((each) => each.name === name);
  if (command !== undefined) return command;
  const near = nearest(
    name,
    COMMANDS.map((each) => each.name),
  );
  const hint = near === null ? 'See headcount --help.' : `Did you mean "${near}"?`;
  throw new HeadcountError('BAD_USAGE', `There is no command "${name}". ${hint}`);
}

function overview(): string {
  return `Headcount ${VERSION} – who is connected to your streams right now, from where, on
what, for how long.

  headcount                                a demo, to look around
  headcount /var/log/nginx/access.log      your own listeners, live
  headcount -c headcount.yaml              what the configuration says
  headcount analyze access.log             what was in a log
  headcount analyze -O report.html x.log   the same as a page with charts

Commands
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`).join('\n')}

headcount COMMAND --help says more about a command. Every option of the
configuration is in docs/reference.md.
`;
}
