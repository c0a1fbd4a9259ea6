/** Configurations of other products as ours: as a value for the loader, and as text for `headcount convert`. */

import { stringify } from 'yaml';
import { readProxyConfig } from './proxy-config.ts';
import { type Converted, toHeadcount } from './to-headcount.ts';

export { isMarkup } from './proxy-config.ts';
export type { Converted } from './to-headcount.ts';

/** Throws `BAD_CONFIG`: one line a mistake, each with `file` and the line in it. */
export function readForeignConfig(text: string, file: string): Converted {
  return toHeadcount(readProxyConfig(text, file));
}

/** As YAML, with what there is to know of it as comments. */
export function asYaml({ document, notes }: Pick<Converted, 'document' | 'notes'>): string {
  const comments = notes.map((note) => `# ${note.replaceAll(/\s+/g, ' ')}\n`).join('');
  const text = stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
  return `# Made from the configuration of CasterStats Proxy. It holds its passwords: keep it to yourself.\n${comments}\n${text}`;
}
