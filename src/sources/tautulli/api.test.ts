/** What is asked of Tautulli, and how it says no. */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import { startTautulli } from '../../../lab/tautulli.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { ask, askTable, TautulliRefusal } from './api.ts';

const server = await startTautulli();
after(() => server.stop());
const access = { host: server.host, port: server.port, tls: false, path: '', apiKey: server.apiKey, timeout: 10_000 };
const { signal } = new AbortController();

async function refusalOf(command: string, parameters = {}, apiKey = server.apiKey): Promise<TautulliRefusal> {
  try {
    await ask({ ...access, apiKey }, command, parameters, signal);
  } catch (error) {
    assert.ok(error instanceof TautulliRefusal, String(error));
    return error;
  }
  throw new Error('it answered');
}

test('[003t] 138, 139: errors have Tautulli’s message, within HTTP 400 and within 200; no data is no error', async () => {
  const unknown = await refusalOf('get_nonsense');
  assert.deepEqual([unknown.command, unknown.said], ['get_nonsense', 'Unknown command: get_nonsense']);
  assert.match(unknown.message, /the error "Unknown command: get_nonsense"/);
  for (const status of [200, 400] as const) {
    server.fail(() => true, 'Database is locked', status);
    assert.equal((await refusalOf('get_history')).said, 'Database is locked');
  }
  server.fail(null);
  server.isPlexReachable = false;
  assert.deepEqual(await ask(access, 'get_activity', {}, signal), {});
  server.isPlexReachable = true;
});

test('[003t] 140: what is wrong with a look-up is in the data', async () => {
  const said = async (ip_address: string) => (await refusalOf('get_geoip_lookup', { ip_address })).said;
  assert.equal(await said(''), 'No IP address provided.');
  assert.equal(await said('nonsense'), 'Invalid IP address provided: nonsense');
  assert.equal(await said('192.0.2.9'), 'Failed to lookup GeoIP info for address: 192.0.2.9');
});

test('[003t] 144: the key is in no error, whatever Tautulli says', async () => {
  const wrong = 'a-key-that-is-wrong-0123456789ab';
  const refused = await refusalOf('get_history', {}, wrong);
  assert.deepEqual([refused.code, refused.said], ['PEER_REFUSED_LOGIN', 'Invalid apikey']);
  assert.equal(refused.message.includes(wrong), false);
  server.fail(() => true, `apikey=${server.apiKey} is no good`);
  const echoed = await refusalOf('get_history');
  server.fail(null);
  assert.equal(`${echoed.message}${echoed.said}${echoed.stack}`.includes(server.apiKey), false);
  server.breakNext();
  await assert.rejects(ask(access, 'get_history', {}, signal), (error: HeadcountError) => {
    return error instanceof HeadcountError && !`${error.message}${error.stack}`.includes(server.apiKey);
  });
  const nowhere = { ...access, port: 1 };
  await assert.rejects(ask(nowhere, 'get_history', {}, signal), (error: HeadcountError) => {
    return error.code === 'PEER_UNREACHABLE' && !error.message.includes(server.apiKey);
  });
});

test('[003t] 137: tables are read until as many rows as match, whatever recordsTotal says', async () => {
  for (let i = 0; i < 7; i++) server.addRow({ user_id: 1, started: 1_790_000_000 + i });
  server.addRow({ user_id: 2 });
  const parameters = { user_id: '1', grouping: '0', include_activity: '0', order_column: 'started', order_dir: 'asc' };
  const asked = server.asked.length;
  const pages: number[] = [];
  for await (const rows of askTable(access, 'get_history', parameters, 3, signal)) pages.push(rows.length);
  assert.deepEqual(pages, [3, 3, 1]);
  const queries = server.asked.slice(asked);
  assert.deepEqual(
    queries.map((query) => [query.get('start'), query.get('length')]),
    [
      ['0', '3'],
      ['3', '3'],
      ['6', '3'],
    ],
  );
  await assert.rejects(
    askTable(access, 'get_activity', {}, 3, signal).next(),
    (error: HeadcountError) => error.code === 'PEER_ANSWERED_BADLY',
  );
});
