/** What patterns mean, against real folders. */

import { strict as assert } from 'node:assert';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fixedFolder, isMatch, isPattern, matchesOf, ownLogs } from './glob.ts';

let folder = '';
const FILES = ['a.log', 'b.log', 'b.log.1', 'ab.log', '.hidden.log', 'c+(1).log', 'x/a.log', 'y/a.log', 'y/deep/a.log'];
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'headcount-glob-'));
  mkdirSync(join(folder, 'x'));
  mkdirSync(join(folder, 'y', 'deep'), { recursive: true });
  for (const file of FILES) writeFileSync(join(folder, file), '');
});
after(() => rmSync(folder, { recursive: true }));

const MEANT: Readonly<Record<string, readonly string[]>> = {
  '*.log': ['a.log', 'ab.log', 'b.log', 'c+(1).log'],
  '?.log': ['a.log', 'b.log'],
  '[b-z].log': ['b.log'],
  '[!b].log': ['a.log'],
  'a*.log': ['a.log', 'ab.log'],
  '.*.log': ['.hidden.log'],
  'c+(?).log': ['c+(1).log'],
  'b.log*': ['b.log', 'b.log.1'],
  '*/a.log': ['x/a.log', 'y/a.log'],
  '[xy]/*.log': ['x/a.log', 'y/a.log'],
  'y/*/a.log': ['y/deep/a.log'],
  'nowhere/*.log': [],
  'a.log/*': [],
};

for (const [pattern, meant] of Object.entries(MEANT)) {
  test(`${pattern} means ${meant.join(', ') || 'nothing'}`, async () => {
    const whole = join(folder, pattern);
    assert.ok(isPattern(whole));
    assert.deepEqual(await matchesOf(whole), meant.map((each) => join(folder, each)).sort());
    for (const file of FILES) assert.equal(isMatch(whole, join(folder, file)), meant.includes(file), file);
  });
}

test('the folder that must be there is the one without a pattern', () => {
  assert.equal(fixedFolder('/var/log/nginx/*.log'), '/var/log/nginx');
  assert.equal(fixedFolder('/var/*/nginx/access.log'), '/var');
  assert.ok(!isPattern('/var/log/nginx/access.log'));
});

test('a path without a folder is one of the working folder', async () => {
  assert.equal(fixedFolder('*.json'), '.');
  assert.ok((await matchesOf('package*.json')).includes('package.json'));
  assert.ok(isMatch('package*.json', 'package.json'));
});

const OWN: readonly [string, readonly string[], readonly string[]][] = [
  ['/l/*', ['a.log', 'a.log.1', 'a.log.2.gz', 'a.log-20261121', 'a-20261120.log.gz', 'a.log.gz'], ['a.log']],
  ['/l/*', ['a.log.1', 'a.log.2.gz'], []],
  ['/l/*.log', ['a.log', 'a.1.log', 'b-1.log', 'b.log'], ['a.log', 'b-1.log', 'b.log']],
  ['/l/a.log.*', ['a.log.1', 'a.log.2.gz'], ['a.log.1', 'a.log.2.gz']],
  ['/l/*.log', ['a-20261120.log', 'a-20261121.log'], ['a-20261120.log', 'a-20261121.log']],
  ['/l/*.gz', ['a.log.1.gz', 'a.log.2.gz'], ['a.log.1.gz', 'a.log.2.gz']],
];

for (const [pattern, names, own] of OWN) {
  test(`of ${names.join(', ')} the logs of ${pattern} are ${own.join(', ') || 'none'}`, () => {
    const paths = names.map((name) => `/l/${name}`);
    assert.deepEqual(
      ownLogs(pattern, paths, () => false),
      own.map((name) => `/l/${name}`),
    );
  });
}

test('a dated file is of the log that was followed under the name without a date', () => {
  assert.deepEqual(
    ownLogs('/l/*.log', ['/l/a-20261121.log'], (path) => path === '/l/a.log'),
    [],
  );
});
