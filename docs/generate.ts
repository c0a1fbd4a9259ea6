/** `npm run docs`: writes what is made from the declarations in the code. */

import { readFileSync, writeFileSync } from 'node:fs';
import { configJsonSchema, exampleYaml, referencePage } from '../src/config/reference.ts';
import { FACADE_KINDS } from '../src/facades/index.ts';
import { SINK_KINDS } from '../src/sinks/index.ts';
import { KINDS } from '../src/sources/index.ts';
import { outlinesOf } from '../web/src/lib/map/outline.ts';

const ALL = { sources: KINDS, facades: FACADE_KINDS, sinks: SINK_KINDS };

export const GENERATED: readonly (readonly [path: string, text: () => string])[] = [
  ['headcount.example.yaml', () => exampleYaml(ALL)],
  ['docs/reference.md', () => referencePage(ALL)],
  ['docs/config.schema.json', () => `${JSON.stringify(configJsonSchema(ALL), null, 2)}\n`],
  ['src/lib/world/world.json', worldOutlines],
];

/** A line a country, so that a change can be read. */
function worldOutlines(): string {
  const atlas = readFileSync(new URL(import.meta.resolve('world-atlas/countries-110m.json')), 'utf8');
  const countries = outlinesOf(JSON.parse(atlas)).map((country) => JSON.stringify(country));
  return `[\n${countries.join(',\n')}\n]\n`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const [path, text] of GENERATED) writeFileSync(new URL(`../${path}`, import.meta.url), text());
}
