/** Logs that grow as a server writes them, with rotations and restarts in between. No real server was at hand. */

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readAsItGrows, readFromEnd, readWhole } from '../row-log.fixture.ts';
import { shoutcastLog } from './index.ts';

const recorded = (name: string) => readFileSync(new URL(`testdata/${name}`, import.meta.url), 'latin1');

for (const name of ['sc_w3c-by-documents.log', 'sc_serv-1.9-by-documents.log', 'sc_serv-2-by-its-source.log']) {
  test(`${name} that grows, is rotated and gone on with gives the sessions of the whole`, async () => {
    const text = recorded(name);
    const whole = await readWhole(shoutcastLog, text);
    assert.ok(whole.length > 1);
    assert.deepEqual(await readAsItGrows(shoutcastLog, text), whole);
  });
}

test('begun at its end, the log is read by the columns that its beginning names', async () => {
  const row = '192.0.2.9 - 2005-10-10 01:00:00 /stream?title=New 200 x 10 5 1\n';
  const sessions = await readFromEnd(shoutcastLog, recorded('sc_w3c-by-documents.log'), row);
  assert.deepEqual(
    sessions.map(({ address, title }) => [address, title]),
    [['192.0.2.9', 'New']],
  );
});
