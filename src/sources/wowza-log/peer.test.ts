/** A log that grows as a server writes it, with rotations and restarts in between. No real server was at hand. */

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readAsItGrows, readFromEnd, readWhole } from '../row-log.fixture.ts';
import { wowzaLog } from './index.ts';

const LOG = readFileSync(
  new URL('testdata/wowzastreamingengine_access-4.7-by-documents.log', import.meta.url),
  'latin1',
);

test('a log that grows, is rotated and gone on with gives the sessions of the whole', async () => {
  const whole = await readWhole(wowzaLog, LOG);
  assert.equal(whole.length, 5);
  assert.deepEqual(await readAsItGrows(wowzaLog, LOG), whole);
});

test('begun at its end, the log is read by the columns that its beginning names', async () => {
  // Up to where the last client plays: it is gone later.
  const at = LOG.indexOf('\n', LOG.lastIndexOf('\tplay\t')) + 1;
  const stop = LOG.slice(at).replace('unpublish', 'stop');
  const sessions = await readFromEnd(wowzaLog, LOG.slice(0, at), stop.slice(0, stop.indexOf('#Fields:')));
  // What it had played was said before.
  assert.deepEqual(
    sessions.map(({ address, stream }) => [address, stream]),
    [['192.0.2.10', 'live/rock']],
  );
});
