/** Configurations of other products as ours: as a value for the loader, and as text for `headcount convert`. */

import { existsSync } from 'node:fs';
import { homedir, networkInterfaces } from 'node:os';
import { dirname, resolve } from 'node:path';
import { stringify } from 'yaml';
import { fromUserIni } from './from-user-ini.ts';
import { isMarkup, readProxyConfig } from './proxy-config.ts';
import { type Converted, toHeadcount } from './to-headcount.ts';
import { readUserIni, type Surroundings } from './user-ini.ts';

export { isMarkup } from './proxy-config.ts';
export type { Converted } from './to-headcount.ts';

/** Throws `BAD_CONFIG`: one line a mistake, each with `file` and the line in it. */
export function readForeignConfig(text: string, file: string): Converted {
  if (isMarkup(text)) return toHeadcount(readProxyConfig(text, file));
  return fromUserIni(readUserIni(text, file, surroundingsOf(file)));
}

function surroundingsOf(file: string): Surroundings {
  return {
    home: homedir(),
    folder: dirname(resolve(file)),
    exists: existsSync,
    localAddress: () => {
      const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
      return addresses.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? null;
    },
  };
}

/** As YAML, with what there is to know of it as comments. */
export function asYaml({ origin, document, notes }: Pick<Converted, 'origin' | 'document' | 'notes'>): string {
  const comments = notes.map((note) => `# ${note.replaceAll(/\s+/g, ' ')}\n`).join('');
  const text = stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
  return `# Made from the configuration of ${origin}. It holds its passwords: keep it to yourself.\n${comments}\n${text}`;
}
