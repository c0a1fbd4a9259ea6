/** The catalogues say the same in every language, all of it is used, and no component has words of its own. */

import { strict as assert } from 'node:assert';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'svelte/compiler';
import { german } from './texts.de.ts';
import { english } from './texts.ts';

const SRC = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = globSync('**/*.{svelte,ts}', { cwd: SRC }).filter(
  (name) => !/\.test\.ts$|texts(\.\w+)?\.ts$/.test(name),
);
const CODE = new Map(SOURCES.map((name) => [name, readFileSync(join(SRC, name), 'utf8')]));

/** What is one word in both, is a name, or is to be typed as it stands: by the end of its path. */
const SAME = new Set([
  ...['title', 'titleOf', 'connection.live', 'pages.turn', 'turn.perSecond', 'columns.client', 'columns.realm'],
  ...['sharing.offCommand', 'sharing.bar', 'sharing.fineBy', 'banner.demo', 'signIn.name', 'signIn.token'],
  ...['period.between', 'ways.0.name', 'ways.1.name', 'ways.3.name', 'ways.4.name'],
  ...['ways.5.name', 'ways.5.what', 'ways.6.name', 'ways.6.what', 'ways.9.name', 'url', 'checkCommand'],
  ...['streams.heading', 'streams.kbps', 'moment.cursor', 'moment.pause', 'moment.speeds', 'moment.tops.stream'],
  ...['sessions.stream', 'sessions.player', 'columns.stream', 'columns.player', 'facets.stream', 'facets.player'],
  ...['explorer.perSecond', 'filters.network', 'bots.true', 'drawer.bot', 'drawer.perSecond', 'drawer.until'],
  ...['drawer.player', 'drawer.port', 'csv.name', 'parquet.name', 'rate.perSecond', 'rate.perMinute'],
  ...['kinds.azuracast', 'kinds.icecast', 'kinds.mediamtx', 'kinds.owncast', 'kinds.shoutcast', 'kinds.spyserver'],
  ...['kinds.srs', 'kinds.tautulli', 'kinds.windows-media', 'kinds.wowza', 'terms.bots.name', 'terms.streams.name'],
  ...['footer.version', 'names.en', 'names.de', 'codes.en', 'codes.de'],
]);

/** Arguments of those that take no plain text or count. */
const ARGUMENTS: Readonly<Record<string, readonly unknown[]>> = {
  'footer.you': [{ name: '⟦0⟧', allStreams: false, addresses: false }],
};

type Leaf = string | ((...given: unknown[]) => string);

function leavesOf(value: unknown, path = ''): [path: string, leaf: Leaf][] {
  if (value === null) return [];
  if (typeof value === 'string' || typeof value === 'function') return [[path, value as Leaf]];
  return Object.entries(value as object).flatMap(([key, each]) => leavesOf(each, path === '' ? key : `${path}.${key}`));
}

/** As it is shown, for a count of things; what is put in says where it stood. */
function shown(path: string, leaf: Leaf, count: number): string {
  if (typeof leaf === 'string') return leaf;
  const given = Array.from({ length: leaf.length }, (_, i) => {
    const isCount = i < leaf.length - 1 && isCountOf(leaf, i);
    return isCount ? count : `⟦${i}⟧`;
  });
  return leaf(...(ARGUMENTS[path] ?? given));
}

/** A count decides the form of a word, and is written by the text after it. */
function isCountOf(leaf: Exclude<Leaf, string>, at: number): boolean {
  const given = Array.from({ length: leaf.length }, (_, i) => `⟦${i}⟧`);
  return !leaf(...given).includes(`⟦${at}⟧`);
}

const marksOf = (text: string) => (text.match(/⟦\d⟧/g) ?? []).sort();
const isListed = (path: string) => [...SAME].some((end) => path === end || path.endsWith(`.${end}`));
const ours = new Map(leavesOf(english));
const theirs = new Map(leavesOf(german));

test('both languages have the same texts', () => {
  assert.deepEqual([...theirs.keys()].sort(), [...ours.keys()].sort());
});

test('both put in the same, whatever the count is', () => {
  for (const [path, leaf] of ours) {
    for (const count of [0, 1, 2, 1000]) {
      const [first, second] = [shown(path, leaf, count), shown(path, theirs.get(path)!, count)];
      assert.deepEqual(marksOf(second), marksOf(first), `${path}: ${first} – ${second}`);
      assert.doesNotMatch(`${first}${second}`, /undefined|null|NaN|\[object/, path);
      assert.equal(second, second.trim(), path);
    }
  }
});

test('one is not said as many are', () => {
  const counted = [...theirs].filter(([, leaf]) => typeof leaf === 'function' && leaf.length > 1 && isCountOf(leaf, 0));
  assert.ok(counted.length > 10);
  const same = counted.filter(([path, leaf]) => shown(path, leaf, 1) === shown(path, leaf, 2)).map(([path]) => path);
  // In German the listeners are called like the listener, and "open" does not bend.
  assert.deepEqual(
    same.filter((path) => !/^now\.at$|\.unplaced$|places\.listeners$|sessions\.total$/.test(path)),
    [],
  );
});

test('nothing is left in English', () => {
  const left = [...ours].filter(
    ([path, leaf]) => shown(path, leaf, 2) === shown(path, theirs.get(path)!, 2) && !isListed(path),
  );
  assert.deepEqual(
    left.map(([path]) => path),
    [],
  );
  const inVain = [...SAME].filter((end) => {
    const path = [...ours.keys()].find((each) => each === end || each.endsWith(`.${end}`));
    return path === undefined || shown(path, ours.get(path)!, 2) !== shown(path, theirs.get(path)!, 2);
  });
  assert.deepEqual(inVain, []);
});

test('every text is used', () => {
  const code = [...CODE.values()].join('\n');
  const isNamed = (key: string) =>
    new RegExp(`[.?{,\\s]${key}\\b|['"]${key}['"]`).test(code.replaceAll(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*/gm, ''));
  // `texts.tops[dimension]`, `Object.entries(words.from)`, or handed on as a whole.
  const isIndexed = (key: string) => new RegExp(`[.]${key}\\s*(\\[|\\)|,|;|}|\\? ?\\.\\[)`).test(code);
  const unused = [...ours.keys()].filter((path) => {
    const keys = path.split('.');
    return !isNamed(keys.at(-1)!) && !keys.slice(0, -1).some(isIndexed);
  });
  assert.deepEqual(unused, []);
});

test('no file keeps a text from before the language was known', () => {
  for (const [name, code] of CODE) {
    if (name.endsWith('.svelte')) assert.doesNotMatch(code, /<script[^>]*\bmodule\b[^>]*>[\s\S]*?\btexts\./, name);
    else assert.doesNotMatch(code, /^(export )?(const|let) [^=\n]*= [^(\n]*\btexts\.(?!.*=>)/m, name);
  }
});

/** What a template says by itself: text, and attributes that people read. */
function wordsOf(code: string, name: string): string[] {
  const found: string[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const each of node) visit(each);
    if (Array.isArray(node) || typeof node !== 'object' || node === null) return;
    const { type, data, name: attribute, value } = node as Record<string, unknown>;
    if (type === 'Text') found.push(String(data));
    if (type === 'StyleDirective') return;
    if (type === 'Attribute') {
      if (/^(title|alt|placeholder|aria-label|aria-description)$/.test(String(attribute))) visit(value);
      return;
    }
    for (const [key, each] of Object.entries(node)) if (key !== 'css' && key !== 'instance') visit(each);
  };
  visit(parse(code, { modern: true, filename: basename(name) }).fragment);
  return found.map((text) => text.trim()).filter((text) => /\p{L}{2}/u.test(text));
}

test('no component holds a sentence', () => {
  for (const [name, code] of CODE) if (name.endsWith('.svelte')) assert.deepEqual(wordsOf(code, name), [], name);
  assert.deepEqual(wordsOf('<p title="Hello">{count} listeners <b>×</b></p>', 'Example.svelte'), [
    'Hello',
    'listeners',
  ]);
});
