/** `npm run docs`: writes what is made from the declarations in the code. */

import { writeFileSync } from 'node:fs';
import { configJsonSchema, exampleYaml, referencePage } from '../src/config/reference.ts';
import { KINDS } from '../src/sources/index.ts';

export const GENERATED: readonly (readonly [path: string, text: () => string])[] = [
  ['headcount.example.yaml', () => exampleYaml(KINDS)],
  ['docs/reference.md', () => referencePage(KINDS)],
  ['docs/config.schema.json', () => `${JSON.stringify(configJsonSchema(KINDS), null, 2)}\n`],
];

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const [path, text] of GENERATED) writeFileSync(new URL(`../${path}`, import.meta.url), text());
}
