/**
 * A long history of a Tautulli comes in whole, however often Headcount is killed meanwhile; then it is asked who shares an
 * account, through the running Headcount and from its files. `HEADCOUNT_TAUTULLI_ROWS=1000000` makes it as long as that.
 */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import { until } from '../../lab/child.ts';
import { type LabTautulli, startTautulli } from '../../lab/tautulli.ts';
import { type GeneratedRows, generatedRow } from '../../lab/tautulli-rows.ts';
import { sharing } from '../../src/cli/sharing.ts';
import { keptTerminal } from '../../src/cli/terminal.fixture.ts';
import type { SessionPageWire, SourcesWire } from '../../src/http/contract.ts';
import { type Installation, install } from './process.ts';

const ROWS = Number(process.env['HEADCOUNT_TAUTULLI_ROWS'] ?? 30_000);
const KILLS = 5;
const TIMEOUT = 60_000 + ROWS / 2;

const toRemove: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const remove of toRemove.reverse()) await remove();
});

async function started(generated?: GeneratedRows): Promise<{ server: LabTautulli; installation: Installation }> {
  const server = await startTautulli(generated === undefined ? {} : { generated });
  toRemove.push(server.stop);
  const url = `tautulli://${server.host}:${server.port}`;
  const source = { url, apiKey: server.apiKey, name: 'plex', every: '1s', historyEvery: '1s' };
  const installation = await install({ sources: [source], retention: { addresses: '36500d', sessions: '36500d' } });
  toRemove.push(installation.remove);
  return { server, installation };
}

const kept = async ({ ask }: Installation) =>
  (await ask<SessionPageWire>('/sessions?state=closed&bot=all&limit=1')).total;

test('a history is read whole, each row once, over five times kill -9', { timeout: TIMEOUT * 4 }, async () => {
  const everySeconds = 300;
  const firstStarted = Math.floor(Date.now() / 1000) - ROWS * everySeconds - 86_400;
  const generated = { rows: ROWS, users: 50, firstStarted, everySeconds };
  const { server, installation } = await started(generated);
  const begun = performance.now();
  let seen = 0;
  for (let kills = 0; kills < KILLS; kills++) {
    server.slowness = ROWS > 100_000 ? 0 : 400;
    const child = await installation.start();
    const enough = Math.min(Math.max(seen + 1, (ROWS * (kills + 1)) / (KILLS + 2)), ROWS - 1);
    seen = await until(
      'more of it is kept',
      async () => {
        const count = await kept(installation);
        return count >= enough ? count : null;
      },
      TIMEOUT,
    );
    await child.stop('SIGKILL');
  }
  assert.ok(seen < ROWS, 'it was killed before the end');
  server.slowness = 0;
  const child = await installation.start();
  await until('all of it is kept', async () => (await kept(installation)) >= ROWS, TIMEOUT);
  const seconds = (performance.now() - begun) / 1000;
  if (ROWS > 100_000) process.stderr.write(`${ROWS} rows in ${seconds.toFixed(0)} s, killed ${KILLS} times\n`);
  await until('the reading ends', async () => {
    const { items } = await installation.ask<SourcesWire>('/sources');
    return items[0]!.counters['rowsLeft'] === 0;
  });

  const starts = new Map<string, string>();
  let sessions = 0;
  for (let cursor: string | null = ''; cursor !== null; ) {
    const after = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: SessionPageWire = await installation.ask(`/sessions?state=all&bot=all&limit=1000${after}`);
    sessions += page.items.length;
    for (const { startedAt, stream } of page.items) starts.set(startedAt, stream);
    cursor = page.nextCursor;
  }
  assert.equal(sessions, ROWS, 'each once');
  for (let i = 0; i < ROWS; i++) {
    const row = generatedRow(generated, i);
    const startedAt = new Date(row.started! * 1000).toISOString();
    if (starts.get(startedAt) !== row.full_title) assert.fail(`row ${i} is not there as it was`);
  }
  await child.stop();
});

test('headcount sharing says the same of our own history, running or not, as of Tautulli', {
  timeout: 120_000,
}, async () => {
  const { server, installation } = await started();
  const evening = Math.floor(Date.now() / 1000) - 6 * 86_400;
  for (let day = 0; day < 4; day++) {
    const row = (machine_id: string, started: number, ip_address: string) =>
      server.addRow({
        ...{ user: 'anna', friendly_name: 'Anna', user_id: 5, machine_id, ip_address, full_title: `Film ${day}` },
        ...{ started, stopped: started + 3600, play_duration: 3500, duration: 3500 },
      });
    row('tv', evening + day * 86_400, '192.0.2.1');
    row('phone', evening + day * 86_400 + 600, '198.51.100.2');
  }
  const env = { TAUTULLI_HOST: `${server.host}:${server.port}`, TAUTULLI_API_KEY: server.apiKey };
  const told = async (...args: string[]) => {
    const terminal = keptTerminal({ env });
    assert.equal(await sharing.run(['-z', 'UTC', ...args], terminal), 0);
    return terminal.written();
  };
  const ask = async (...args: string[]) => {
    const { users } = JSON.parse((await told('--classic', '--json', '--timeline', ...args)).out) as {
      users: { id: string }[];
    };
    return users.map(({ id: _, ...user }) => user);
  };
  const child = await installation.start();
  await until('all rows are kept', async () => (await kept(installation)) === 8, 30_000);
  const straight = await ask();
  assert.equal(straight.length, 1);
  const data = ['--data', installation.data];
  assert.deepEqual(await ask(...data), straight, 'while it runs');
  assert.deepEqual(await ask(...data, '--user', 'ANNA', '--days', '36500'), straight);
  await child.stop();
  assert.deepEqual(await ask(...data), straight, 'when it has ended');
  const { out } = await told(...data, '--classic', '--geo');
  assert.match(out, /geo lookups enabled[\s\S]*Anna\.\.\. 2 devices, score \d+/);
  const terminal = keptTerminal();
  assert.equal(await sharing.run([...data, '--user', 'nobody'], terminal), 1);
  assert.equal(terminal.written().err, "User 'nobody' not found.\n");
});
