/** `headcount check`: is the configuration right, and what does it come to? */

import { existsSync } from 'node:fs';
import { loadConfig } from '../config/load.ts';
import { mapTilesOf } from '../config/map.ts';
import { trustOf } from '../config/trust.ts';
import { FACADE_KINDS } from '../facades/index.ts';
import { formatDuration } from '../lib/duration.ts';
import { HeadcountError } from '../lib/errors.ts';
import { SINK_KINDS } from '../sinks/index.ts';
import { KINDS } from '../sources/index.ts';
import { printable } from '../telemetry/log.ts';
import { readArgs } from './args.ts';
import type { Command } from './command.ts';

const REGISTRIES = { kinds: KINDS, facades: FACADE_KINDS, sinks: SINK_KINDS };

export const DEFAULT_FILE = 'headcount.yaml';

export const check: Command = {
  help: `Check a configuration and say what it comes to.

  headcount check
  headcount check /etc/headcount.yaml

Checks FILE (default: ${DEFAULT_FILE}) and prints what will be watched and where
it will be served. Every mistake is told with its place in the file. Nothing is
started and nothing is contacted; secrets are never printed.

Exit code: 0 if it is right, 2 if it is not.
`,
  run: async (args, terminal) => {
    const { positionals } = readArgs(args, {});
    if (positionals.length > 1) throw new HeadcountError('BAD_USAGE', 'check takes one file.');
    const file = positionals[0] ?? DEFAULT_FILE;
    if (!existsSync(file)) throw new HeadcountError('BAD_CONFIG', `There is no file ${file}.`);
    const config = loadConfig({ ...REGISTRIES, file, env: terminal.env });
    // What would not be served is not right, either.
    trustOf(config);
    const sources = config.sources.map(({ kind, common }) => {
      const audience = common.audience === null ? '' : `, audience ${common.audience}`;
      return `  ${common.name} (${kind.kind}, gap ${common.autoGap === true ? 'auto' : formatDuration(common.gap)}${audience})`;
    });
    const outputs = [
      ...config.facades.map(({ kind }) => `Speaks as ${kind.kind}.\n`),
      ...config.sinks.map(({ kind, common }) => `Pushes to ${common.name} (${kind.kind}).\n`),
    ].join('');
    const map = mapTilesOf(config.map);
    const tiles = map === null ? '' : `Lets browsers ask ${new URL(map.tiles).host} for the map.\n`;
    const notes = config.notes.map((note) => `${note}\n`).join('');
    const access = config.users.length + config.tokens.length === 0 ? 'without sign-in' : 'with sign-in';
    terminal.out(
      printable(`${file} is right.
Serves on ${config.listen.host}:${config.listen.port}, ${access}; keeps its history in ${config.data}.
${sources.length === 0 ? 'Watches nothing: add sources.' : `Watches:\n${sources.join('\n')}`}
${outputs}${tiles}${notes}`),
    );
    return 0;
  },
};
