/** `headcount spyservers`: what spyserver_user_monitor prints, once and to the letter. */

import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { readConfigFile } from '../config/load.ts';
import { HeadcountError } from '../lib/errors.ts';
import { PROGRAM } from '../sources/spyserver/attached.ts';
import { type PortNames, portNames } from '../sources/spyserver/names.ts';
import { printable } from '../telemetry/log.ts';
import { parseNetstat, type TcpSocket } from '../transports/sockets/parse.ts';
import { listenersOf, readSockets } from '../transports/sockets/sockets.ts';
import { readArgs } from './args.ts';
import type { Command } from './command.ts';

export const spyservers: Command = {
  help: `Say which spyservers run on this machine, and how many use them.

  headcount spyservers
  headcount spyservers --names 5020:20m_band,5040:40m_band
  headcount spyservers --config config.yml
  ssh sdr.example netstat -tanpW | headcount spyservers --netstat -

Prints the ports on which programs with "spyserver" in their name listen, and
the established connections of each, IPv4 and IPv6. Programs of other users are
seen by root only.

Options
  --names NAMES    what is at which port: 5020:20m_band,5040:40m_band
  --config FILE    the same from the map "spyservers" of a YAML file, such as
                   the config.yml of spyserver_user_monitor
  --netstat FILE   read what netstat -tanp has printed, instead of looking;
                   - is standard input

Exit code: 0 fine, 1 if sockets cannot be read, 2 for wrong usage.
`,
  run: async (args, terminal) => {
    const string = { type: 'string' } as const;
    const { values, positionals } = readArgs(args, { names: string, config: string, netstat: string });
    if (positionals.length > 0) throw new HeadcountError('BAD_USAGE', 'spyservers takes options only.');
    const names = {
      ...(values['config'] === undefined ? {} : namesIn(values['config'] as string)),
      ...(values['names'] === undefined ? {} : namesOf('--names', values['names'])),
    };
    const { sockets, listening, hidden } = await look(values['netstat'] as string | undefined);
    const ports = [...new Set(listening.map(({ local }) => local.port))].sort((a, b) => a - b);
    terminal.out(printable(`Detected Spyservers: [${ports.join(', ')}]\n`));
    for (const port of ports) {
      const users = sockets.filter(({ state, local }) => state === 'established' && local.port === port).length;
      terminal.out(printable(`Spyserver Port ${port} (${names[port] ?? 'Unknown'}): ${users} users\n`));
    }
    if (hidden > 0) terminal.err('There are spyservers of other users, whose ports cannot be seen: ask as root.\n');
    return 0;
  },
};

interface Look {
  readonly sockets: readonly TcpSocket[];
  /** Those of spyservers that listen. */
  readonly listening: readonly TcpSocket[];
  readonly hidden: number;
}

async function look(netstat: string | undefined): Promise<Look> {
  if (netstat === undefined) {
    const { sockets } = await readSockets();
    const { sockets: listening, hidden } = await listenersOf(PROGRAM, sockets);
    return { sockets, listening, hidden };
  }
  const { sockets } = parseNetstat(await textOf(netstat));
  const listening = sockets.filter(({ state, program }) => state === 'listening' && program?.includes(PROGRAM));
  return { sockets, listening, hidden: 0 };
}

async function textOf(file: string): Promise<string> {
  if (file === '-') return await text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new HeadcountError('FILE_UNREADABLE', `The file ${file} cannot be read.`, { cause });
  }
}

function namesIn(file: string): PortNames {
  const content = z.looseObject({ spyservers: z.unknown() }).safeParse(parsed(file));
  return namesOf(`the map spyservers of ${file}`, content.data?.spyservers);
}

function parsed(file: string): unknown {
  try {
    return parseYaml(readConfigFile(file));
  } catch (cause) {
    if (cause instanceof HeadcountError) throw cause;
    throw new HeadcountError('BAD_CONFIG', `${file} is no YAML.`, { cause });
  }
}

function namesOf(where: string, written: unknown): PortNames {
  const names = portNames.safeParse(written);
  if (names.success) return names.data;
  throw new HeadcountError('BAD_USAGE', `Write ${where} as ports and names, such as 5020:20m_band,5040:40m_band.`);
}
