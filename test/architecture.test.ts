/** The import rules of ARCHITECTURE.md, kept by reading every import there is. */

import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FACADE_KINDS } from '../src/facades/index.ts';
import { SINK_KINDS } from '../src/sinks/index.ts';
import { KINDS } from '../src/sources/index.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SRC = join(ROOT, 'src');

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isType: boolean;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replaceAll('\\', '/'));
const isTest = (file: string) => /(\.test|\.property\.test|fixture|suite)\.ts$/.test(file);
const product = files.filter((file) => !isTest(file) && !file.includes('testdata/'));

/** Every import of a file: `core/tracker.ts`, or the name of a package. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  const found = text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s)?'([^']+)'/gm);
  // What is loaded later is an import, too.
  const later = text.matchAll(/()\bimport\('([^']+)'\)/g);
  return [...found, ...later].map(([, type, target]) => ({
    from: file,
    to: target!.startsWith('.') ? relative(SRC, join(SRC, dirname(file), target!)) : target!,
    isType: type !== undefined && type !== '',
  }));
}

const all = product.flatMap(importsOf);
const inFolder = (path: string) => (path.includes('/') ? path.split('/')[0]! : path);
const isPackage = (path: string) => path.startsWith('node:') || (!path.endsWith('.ts') && !path.startsWith('..'));

/** What each folder of src/ may import: folders, files, or packages. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  lib: ['lib'],
  telemetry: ['telemetry', 'lib'],
  transports: ['transports', 'core', 'lib', 'telemetry'],
  sources: ['sources', 'transports', 'core', 'lib', 'telemetry'],
  enrich: ['enrich', 'transports/poll/fetch-text.ts', 'core', 'lib', 'telemetry'],
  collector: [
    'collector',
    'core',
    'lib',
    'telemetry',
    'enrich/enrich.ts',
    'enrich/identify-batch.ts',
    'store/store.ts',
    'sources/source.ts',
  ],
  store: ['store', 'core', 'lib', 'telemetry'],
  insights: ['insights', 'core', 'lib', 'store/store.ts'],
  facades: ['facades', 'core', 'lib', 'telemetry', 'store/store.ts', 'insights'],
  sinks: [
    'sinks',
    'core',
    'lib',
    'telemetry',
    'store/store.ts',
    'insights',
    // What is pushed has the shapes of what is asked for.
    'http/contract.ts',
    'http/wire.ts',
    'http/live-streams.ts',
  ],
  http: ['http', 'core', 'lib', 'telemetry', 'store/store.ts', 'insights'],
  demo: ['demo', 'lib'],
  config: [
    'config',
    'lib',
    'core/access.ts',
    'core/event.ts',
    'sources/source.ts',
    'facades/facade.ts',
    'sinks/sink.ts',
  ],
};

for (const [folder, allowed] of Object.entries(MAY)) {
  test(`${folder} imports only ${allowed.join(', ')}`, () => {
    const wrong = all.filter(
      ({ from, to }) =>
        inFolder(from) === folder && !isPackage(to) && !allowed.includes(inFolder(to)) && !allowed.includes(to),
    );
    assert.deepEqual(wrong, []);
  });
}

test('the core is pure: it imports no package, and asks for no time, chance or environment', () => {
  const core = product.filter((file) => inFolder(file) === 'core');
  assert.deepEqual(
    core.flatMap(importsOf).filter(({ to }) => isPackage(to)),
    [],
  );
  for (const file of core) {
    const text = readFileSync(join(SRC, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    assert.doesNotMatch(
      text,
      /Date\.now|new Date\(\)|Math\.random|performance\.|process\.|setTimeout|setInterval|console\./,
      file,
    );
  }
});

test('only app.ts and the commands put the parts together', () => {
  const outside = new Set(['app.ts', 'main.ts', 'version.ts', ...Object.keys(MAY), 'cli']);
  assert.deepEqual(
    [...new Set(product.map(inFolder))].filter((folder) => !outside.has(folder)),
    [],
  );
});

test('there are no import cycles', () => {
  const next = new Map<string, string[]>();
  // A type leaves no trace at run time: two files may know each other's types.
  for (const { from, to, isType } of all)
    if (!isType && !isPackage(to)) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    assert.ok(!path.includes(file), `a cycle: ${[...path, file].join(' → ')}`);
    if (done.has(file)) return;
    for (const to of next.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of product) visit(file, []);
});

test('only main.ts exits', () => {
  for (const file of product.filter((each) => each !== 'main.ts')) {
    assert.doesNotMatch(readFileSync(join(SRC, file), 'utf8'), /process\.exit\(/, file);
  }
});

test('shared code never asks for a kind', () => {
  const shared = product.filter((file) => !/^(sources|facades|sinks)\/[^/]+\//.test(file));
  for (const { kind } of [...KINDS, ...FACADE_KINDS, ...SINK_KINDS]) {
    for (const file of shared) {
      assert.doesNotMatch(readFileSync(join(SRC, file), 'utf8'), new RegExp(`[!=]== '${kind}'|case '${kind}'`), file);
    }
  }
});

test('files are kebab-case and their names say something', () => {
  for (const file of files.filter((each) => !each.includes('testdata/'))) {
    const name = file.split('/').at(-1)!;
    assert.match(name, /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.ts$/, file);
    assert.doesNotMatch(name, /^(utils?|helpers?|common|manager|data|info)\./, file);
  }
});

test('the dashboard takes nothing from the server but types of the contract', () => {
  const web = join(ROOT, 'web', 'src');
  const sources = readdirSync(web, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(ts|svelte)$/.test(name));
  assert.ok(sources.length > 0);
  for (const file of sources) {
    const text = readFileSync(join(web, file), 'utf8');
    for (const [line, target] of text.matchAll(/^\s*(?:import|export)[^;]*?from\s+'([^']*\/src\/[^']*)'/gm)) {
      assert.match(target!, /\/src\/http\/contract\.ts$/, file);
      assert.match(line!, /^\s*import type/, file);
    }
  }
});
