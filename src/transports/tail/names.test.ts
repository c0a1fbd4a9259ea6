/** Names as logrotate, cronolog and people give them. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { ageBehindLink, ageOf, logsOf } from './names.ts';

/** Each is older than the one before it. */
const OLDER: Readonly<Record<string, readonly string[]>> = {
  'counts of rotations': ['access.log', 'access.log.1', 'access.log.2.gz', 'access.log.10.gz', 'access.log.365.gz'],
  'counts before the extension': ['access.log', 'access.1.log', 'access.2.log.gz', 'access.10.log.gz'],
  dates: ['access.log', 'access.log-20261121', 'access.log-20261120.gz', 'access.log-20251231.gz'],
  'dates before the extension': ['access.log', 'access-20261121.log', 'access-20261120.log.gz'],
  'dates with dashes': ['access.log', 'access.log.2026-11-21', 'access.log.2026-11-20.gz'],
  'dates with hours': ['access.log', 'access.log-20261121-02', 'access.log-2026112101', 'access.log-20261121'],
  seconds: ['access.log', 'access.log-1795267201', 'access.log-1795267200.gz'],
  'packed by hand': ['access.log', 'access.log.gz', 'access.log.1'],
  'no extension': ['access', 'access.1', 'access.2.gz'],
};

for (const [what, names] of Object.entries(OLDER)) {
  test(`${what} are understood`, () => {
    const ages = names.map((name) => ageOf(names[0]!, name)?.age ?? Number.NaN);
    assert.deepEqual(
      ages,
      [...ages].sort((a, b) => a - b),
    );
    assert.equal(new Set(ages).size, names.length);
    assert.ok(ages.every((age) => age >= 0));
    for (const name of names.slice(1)) assert.ok(logsOf(name).includes(names[0]!), name);
  });
}

test('other files are no files of the log', () => {
  const names =
    'error.log edge.log.old edge-1.log edge2.log edge.log.1.bz2 edge.log.tmp ledge.log edge.log1 edge.log.-1';
  for (const name of names.split(' ')) assert.equal(ageOf('edge.log', name), null, name);
  for (const name of ['edge.log.old', 'edge.log', 'edge-1.log', '.1', '1.gz'])
    assert.ok(!logsOf(name).includes('edge.log'));
});

test('behind a link, files of the same shape with an earlier date are older', () => {
  const age = (name: string) => ageBehindLink('access-2026-11-21.log', name)?.age ?? null;
  assert.equal(age('access-2026-11-21.log'), 0);
  assert.ok(age('access-2026-11-20.log')! > 0);
  assert.ok(age('access-2026-10-31.log.gz')! > age('access-2026-11-20.log')!);
  for (const name of ['access-2026-11-22.log', 'error-2026-11-20.log', 'access.log', 'access-2026-11-1.log'])
    assert.equal(age(name), null, name);
  assert.equal(ageBehindLink('edge2.log', 'edge1.log'), null, 'that is another log');
});
