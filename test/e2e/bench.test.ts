/** The benchmarks of live and past logs and of polls run, and find what they must find; their figures are nobody's business here. */

import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { missingPrograms } from '../../lab/install.ts';

const MAIN = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));

/** And the peer that it needs. */
const BENCHES = [
  ['access-log', 'goaccess'],
  ['live', null],
  ['polled', 'wrk'],
] as const;

for (const [name, peer] of BENCHES) {
  const lacks = peer !== null && missingPrograms().includes(peer) ? `${peer} is not installed` : false;
  test(`npm run bench -- ${name}, small`, { skip: lacks }, () => {
    const env = { ...process.env, HEADCOUNT_BENCH: 'small' };
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, name], { env, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /all of them were found|runs found the|all answers were right/);
  });
}
