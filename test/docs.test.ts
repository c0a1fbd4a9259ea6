/** What is written about the code is true of the code. */

import { strict as assert } from 'node:assert';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { GENERATED } from '../docs/generate.ts';
import * as contract from '../src/http/contract.ts';
import { FORMAT_NAMES } from '../src/sources/access-log/formats/index.ts';
import { FAULTS } from '../src/sources/access-log/line.ts';
import { config as logOptions } from '../src/sources/access-log/options.ts';
import { KINDS } from '../src/sources/index.ts';
import { texts } from '../web/src/lib/texts.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const pages = globSync(['*.md', 'docs/**/*.md', 'bench/*.md', 'test/**/*.md', 'src/**/*.md'], { cwd: ROOT });

for (const [path, text] of GENERATED) {
  test(`${path} is what the declarations say: otherwise, npm run docs`, () => {
    assert.equal(read(path), text());
  });
}

test('every link within the project leads somewhere', () => {
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, target]) => target!)
      .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(ROOT, dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  );
  assert.deepEqual(broken, []);
});

test('the README names every kind of source, and its page is there', () => {
  for (const { kind } of KINDS)
    assert.match(read('README.md'), new RegExp(`\\| \`${kind}\` \\|.*docs/sources/${kind}\\.md`));
});

test('every npm script that is written about is there', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = pages.flatMap((page) => [...read(page).matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!));
  assert.ok(named.length > 5);
  assert.deepEqual(
    named.filter((name) => scripts[name] === undefined),
    [],
  );
});

/** Files of code in and below a folder, without tests. */
function codeBelow(folder: string): string[] {
  const files = globSync(`${folder}/**/*.ts`, { cwd: ROOT });
  return files.filter((path) => !/\.test\.ts$|fixture/.test(path));
}

/** Names of counters that code adds to, itself or as `#tell('NAME', TOTAL)`. */
function countersIn(code: readonly string[]): string[] {
  return code.flatMap((path) => {
    const found = read(path).matchAll(/(?:counters\.(?:add|set)|\.#tell)\(\s*'(\w+)'/g);
    return [...found].map(([, name]) => name!);
  });
}

/** The folders of transports that a source takes its bytes from. */
function transportsOf(code: readonly string[]): string[] {
  const imports = code.flatMap((path) => [...read(path).matchAll(/'(?:\.\.\/)+transports\/(\w+)\//g)]);
  return [...new Set(imports.map(([, name]) => `src/transports/${name}`))];
}

test('every counter of a source, and of what brings it its bytes, is on its page', () => {
  for (const { kind } of KINDS) {
    const page = read(`docs/sources/${kind}.md`);
    const code = codeBelow(`src/sources/${kind}`);
    const names = countersIn([...code, ...transportsOf(code).flatMap(codeBelow)]);
    assert.ok(names.length > 0, `${kind}: it counts nothing`);
    const missing = names.filter((name) => !page.includes(`\`${name}\``));
    assert.deepEqual(missing, [], `${kind}: counters that its page does not explain`);
  }
});

test('every reason for which a line of a log is rejected is on its page', () => {
  const page = read('docs/sources/access-log.md');
  assert.match(read('src/sources/access-log/reader.ts'), /`rejected\$\{fault\}`/);
  assert.deepEqual(
    FAULTS.map((fault) => `rejected${fault}`).filter((name) => !page.includes(`\`${name}\``)),
    [],
  );
});

test('every option and every format of access logs is on their page', () => {
  const page = read('docs/sources/access-log.md');
  const names = [...Object.keys(logOptions.shape), ...FORMAT_NAMES, 'gap', 'lateness'];
  assert.ok(names.length > 25);
  assert.deepEqual(
    names.filter((name) => !page.includes(`\`${name}\``)),
    [],
  );
});

const METRICS = read('docs/metrics.md');
/** Field names as they are written there: `name`, `outer.name`, or `name`: `inner`. */
const explained = new Set([...METRICS.matchAll(/`([\w.]+)`/g)].flatMap(([, name]) => name!.split('.')));

interface Shape {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly $defs?: Readonly<Record<string, Shape>>;
}

/** Names of all fields within it that are `meant`. */
function fieldsOf(
  { properties = {}, items, anyOf = [], $defs = {} }: Shape,
  meant: (field: Shape) => boolean,
): string[] {
  const own = Object.entries(properties).filter(([, field]) => meant(field));
  const inner = [
    ...Object.values(properties),
    ...(items === undefined ? [] : [items]),
    ...anyOf,
    ...Object.values($defs),
  ];
  return [...own.map(([name]) => name), ...inner.flatMap((each) => fieldsOf(each, meant))];
}

const schemaOf = (answer: z.ZodType) => z.toJSONSchema(answer, { unrepresentable: 'any' }) as Shape;

test('docs/metrics.md has every field of the audience report, and every parameter', () => {
  const all = fieldsOf(schemaOf(contract.AudienceReportWire), () => true);
  assert.ok(all.length > 25);
  const own = ['from', 'to', 'timeZone', 'step', 'minSession', 'cumeRule', 'stream', 'source', 'bot'];
  assert.deepEqual(
    [...all, ...own].filter((name) => !explained.has(name)),
    [],
  );
});

/** These number nothing: they tell one thing from another. */
const NO_MEASURES = ['port', 'asn'];

test('docs/metrics.md has every number that the API answers', () => {
  const isNumber = ({ type, anyOf }: Shape): boolean =>
    type === 'number' || type === 'integer' || (anyOf ?? []).some(isNumber);
  const answers = Object.entries(contract).filter(([name]) => name.endsWith('Wire') || name.startsWith('Live'));
  assert.ok(answers.length > 10);
  const numbers = answers.flatMap(([, shape]) => fieldsOf(schemaOf(shape as z.ZodType), isNumber));
  assert.ok(numbers.length > 60);
  assert.deepEqual(
    numbers.filter((name) => !explained.has(name) && !NO_MEASURES.includes(name)),
    [],
  );
});

test('docs/metrics.md has every metric of Prometheus, and no other', () => {
  const names = [...read('src/http/metrics.ts').matchAll(/page\.metric\(\s*'(\w+)'/g)].map(([, name]) => name!);
  const rows = [...METRICS.matchAll(/^\| `((?:headcount|process)_\w+)` \|/gm)].map(([, name]) => name!);
  assert.ok(names.length > 10);
  assert.deepEqual(rows.sort(), names.sort());
});

test('docs/metrics.md has every counter that is of no source', () => {
  const code = globSync('src/{collector,store,enrich,facades,sinks}/**/*.ts', { cwd: ROOT }).filter(
    (path) => !/\.test\.ts$|fixture|suite/.test(path),
  );
  const counted = code.flatMap((path) => [...read(path).matchAll(/counters\.(?:add|set)\('(\w+)'/g)]);
  const tracker = /interface TrackerCounters \{(.*?)\n\}/s.exec(read('src/core/tracker.ts'))![1]!;
  const names = [...counted, ...tracker.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name!);
  assert.ok(names.length > 20);
  assert.deepEqual(
    names.filter((name) => !explained.has(name)),
    [],
  );
});

test('docs/metrics.md explains every number of the dashboard under the name that it has there', () => {
  const missing = Object.values(texts.glossary.terms).filter(({ name }) => !METRICS.includes(`**${name}**`));
  assert.deepEqual(
    missing.map(({ name }) => name),
    [],
  );
});
