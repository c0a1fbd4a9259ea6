/** What is written about the code is true of the code. */

import { strict as assert } from 'node:assert';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { GENERATED } from '../docs/generate.ts';
import { KINDS } from '../src/sources/index.ts';

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

test('every counter of a source is on its page', () => {
  for (const { kind } of KINDS) {
    const page = read(`docs/sources/${kind}.md`);
    const code = globSync(`src/sources/${kind}/*.ts`, { cwd: ROOT }).filter(
      (path) => !/\.test\.ts$|fixture/.test(path),
    );
    const names = code.flatMap((path) => [...read(path).matchAll(/counters\.(?:add|set)\('(\w+)'/g)]);
    const missing = names.map(([, name]) => name!).filter((name) => !page.includes(`\`${name}\``));
    assert.deepEqual(missing, [], `${kind}: counters that its page does not explain`);
  }
});
