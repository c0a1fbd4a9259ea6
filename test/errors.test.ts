/** docs/errors.md has every code that an error can have, and no other. */

import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { STATUS_OF } from '../src/http/route.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const product = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !/(\.test|fixture|suite)\.ts$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(ROOT, 'src', name), 'utf8') }));

/** How codes are written; each way is in use. */
const WAYS: Readonly<Record<string, RegExp>> = {
  'thrown as it stands': /new HeadcountError\(\s*'([A-Z_]+)'/g,
  'thrown in place of another': /\?\? '([A-Z_]+)'/g,
  'of an error that has none': /\.code : '([A-Z_]+)'/g,
  'in a table': /\bcode: '([A-Z_]+)'/g,
  'by status': /\b\d{3}: '([A-Z_]+)'/g,
};

function codesIn(way: RegExp): string[] {
  return product.flatMap(({ text }) => [...text.matchAll(way)].map(([, code]) => code!));
}

const inSource = new Set(Object.values(WAYS).flatMap(codesIn));
const rows = readFileSync(join(ROOT, 'docs', 'errors.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const codeOf = (row: readonly string[]) => /^`([A-Z_]+)`$/.exec(row[0]!)?.[1];

test('every way in which codes are written is understood', () => {
  for (const [name, way] of Object.entries(WAYS)) assert.ok(codesIn(way).length > 0, name);
  // What is thrown with something else than its code takes it from a table, from an answer, or makes no new one.
  const computed = product.flatMap(({ name, text }) =>
    [...text.matchAll(/new HeadcountError\(\s*([^'\s][^,)]*)/g)].map(([, first]) => `${name}: ${first}`),
  );
  assert.deepEqual(computed.sort(), ["cli/owner.ts: parsed.error?.code ?? 'FAILED'", 'store/duckdb/failure.ts: code']);
});

test('every code is in docs/errors.md, once, and nothing else is', () => {
  assert.ok(inSource.size > 40, 'the codes were found');
  const documented = rows.map(codeOf);
  assert.ok(documented.every((code) => code !== undefined));
  assert.deepEqual([...documented].sort(), [...inSource].sort());
});

test('each says when it happens and what to do, in a sentence', () => {
  for (const row of rows) {
    const [when, what] = row.slice(-2);
    for (const sentence of [when, what])
      assert.match(sentence!, /^[A-Z`].+\.( Exit code 2\.| Status \d{3}\.)?$/, row[0]);
  }
});

test('where a status is written it is the one that is sent', () => {
  for (const row of rows) {
    const status = row.length === 4 ? row[1] : /Status (\d{3})/.exec(row[1]!)?.[1];
    const sent = STATUS_OF[codeOf(row)!];
    if (status !== undefined && sent !== undefined) assert.equal(Number(status), sent, row[0]);
  }
  const documented = new Set(rows.map(codeOf));
  for (const code of Object.keys(STATUS_OF))
    assert.ok(documented.has(code), `${code} has a status, and is never thrown`);
});
