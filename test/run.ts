/**
 * `npm test`: every test file, in Node's own runner. Arguments are paths, or parts of paths, of the files to run.
 * Files that measure or that start many servers run by themselves, after the others.
 */

import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const wanted = process.argv.slice(2).filter((each) => !each.startsWith('-'));
const flags = process.argv.slice(2).filter((each) => each.startsWith('-'));
const files = globSync([
  'src/**/*.test.ts',
  'web/src/**/*.test.ts',
  'lab/**/*.test.ts',
  'bench/**/*.test.ts',
  'test/**/*.test.ts',
])
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();
const isAlone = (file: string) => file.startsWith('test/e2e/');

function run(paths: readonly string[], concurrency: number): boolean {
  if (paths.length === 0) return true;
  const args = ['--test', `--test-concurrency=${concurrency}`, '--test-timeout=600000', ...flags, ...paths];
  return spawnSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

const isFine = run(
  files.filter((file) => !isAlone(file)),
  2,
);
const areAlone = run(files.filter(isAlone), 1);
if (files.length === 0) process.stderr.write('no test file has such a name\n');
process.exitCode = isFine && areAlone && files.length > 0 ? 0 : 1;
