/** Sinks as an operator has them: the whole process, a real log, a receiver on loopback, and `kill -9`. */

import { strict as assert } from 'node:assert';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { until } from '../../lab/child.ts';
import { type Receiver, startReceiver } from '../../lab/receiver.ts';
import {
  EventsWire,
  type EventWire,
  type SessionPageWire,
  type SessionWire,
  SnapshotWire,
} from '../../src/http/contract.ts';
import { logTime } from '../../src/sources/access-log/fixture.ts';
import { eventually, type Installation, install } from './process.ts';

const KILLS = 6;
/** Listeners between two kills. */
const CROWD = 15;

const cleaning: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleaning.splice(0).reverse()) await clean();
});

async function begun(sinks: (receiver: Receiver) => Record<string, unknown>[]) {
  const receiver = await startReceiver();
  cleaning.push(() => receiver.stop());
  const installation = await install({});
  cleaning.push(() => installation.remove());
  const log = join(installation.folder, 'access.log');
  writeFileSync(log, '');
  installation.configure({
    sources: [{ url: `log:${log}?gap=2s&lateness=0s`, name: 'log' }],
    geo: { enabled: false },
    sinks: sinks(receiver),
  });
  const request = (listener: number, at = Date.now()) =>
    appendFileSync(
      log,
      `192.0.2.${listener % 250} - - [${logTime(at)}] "GET /hls/rock/${listener}.ts HTTP/1.1" 200 100 "-" "player-${listener}"\n`,
    );
  return { receiver, installation, request };
}

const eventsOf = ({ received }: Receiver): EventWire[] =>
  received.flatMap(({ body }) => EventsWire.parse(JSON.parse(body)).events);

/** The sessions of all events of this type, in the order in which they were told. */
function sessionsOf(receiver: Receiver, type: EventWire['type']): SessionWire[] {
  return eventsOf(receiver).flatMap((event) => ('session' in event && event.type === type ? [event.session] : []));
}

/** Every session, once all have ended. */
async function ended(installation: Installation, count: number): Promise<SessionWire[]> {
  let sessions: SessionWire[] = [];
  await eventually('all have ended', async () => {
    sessions = await installation.sessions();
    assert.equal(sessions.length, count);
    assert.ok(sessions.every(({ endedAt }) => endedAt !== null));
  });
  return sessions;
}

test(`killed ${KILLS} times, also while it tells: every session is told, as the history has it`, async () => {
  const { receiver, installation, request } = await begun(({ url }) => [
    { kind: 'webhook', url: `${url}/hook`, secret: 'open sesame', maxEvents: 7, timeout: '2s' },
  ]);
  let child = await installation.start();
  let listeners = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    for (let i = 0; i < CROWD; i++) request(listeners++);
    const before = receiver.received.length;
    if (kill % 2 === 0) {
      // Killed when it has been told something, and before it knows that it was taken.
      receiver.answer = () => process.kill(child.pid, 'SIGKILL');
    } else {
      await until('it tells', () => receiver.received.length > before + kill);
      process.kill(child.pid, 'SIGKILL');
    }
    await child.ended;
    receiver.answer = 204;
    child = await installation.start();
  }
  // Time passes by what the log says: everybody but this one is over.
  await until('the gap is over', async () => {
    request(listeners);
    return (await installation.ask<SessionPageWire>('/sessions?state=open')).total === 1;
  });
  const everybody = listeners + 1;
  const sessions = await ended(installation, everybody);
  const ids = (type: EventWire['type']) => new Set(sessionsOf(receiver, type).map(({ id }) => id));
  await eventually('all of them are told', async () => assert.equal(ids('session.closed').size, everybody));
  assert.equal(ids('session.opened').size, everybody);
  const closed = new Map(sessionsOf(receiver, 'session.closed').map((session) => [session.id, session]));
  for (const session of sessions) assert.deepEqual(closed.get(session.id), session);
  const byId = new Map<string, string>();
  for (const event of eventsOf(receiver)) {
    const text = JSON.stringify(event);
    assert.equal(byId.get(event.id) ?? text, text, 'an id has one event');
    byId.set(event.id, text);
  }
  assert.ok(eventsOf(receiver).length > byId.size, 'something was told twice: it was killed before it knew');
  await child.stop('SIGTERM');
  assert.equal(await child.ended, 0);
});

test('while the receiver is away events wait, also over a restart; then they come in their order', async () => {
  const { receiver, installation, request } = await begun(({ url }) => [{ kind: 'webhook', url }]);
  receiver.answer = 503;
  let child = await installation.start();
  for (let i = 0; i < 5; i++) request(i);
  await child.printed(/warn .*webhook:127\.0\.0\.1:\d+: events wait, and are told later: .*HTTP 503/, 20_000);
  await child.stop('SIGTERM');
  assert.equal(await child.ended, 0);
  const refused = receiver.received.length;
  receiver.answer = 200;
  child = await installation.start();
  await until('they come', () => receiver.received.length > refused);
  const taken = receiver.received.slice(refused).flatMap(({ body }) => EventsWire.parse(JSON.parse(body)).events);
  assert.deepEqual(
    taken.slice(0, 6).map(({ type }) => type),
    ['stream.status', ...Array<string>(5).fill('session.opened')],
  );
  const metrics = await (await fetch(`${installation.url}/metrics`)).text();
  assert.match(metrics, /^headcount_events_total\{scope="sink webhook:127\.0\.0\.1:\d+",name="delivered"\} \d+$/m);
});

test('files: the audience as it is, and every event on a line; a SIGTERM leaves nothing untold', async () => {
  const { installation, request } = await begun(() => [
    { kind: 'json-file', snapshot: 'audience.json', every: '1s', lines: 'events.jsonl', events: ['session.opened'] },
  ]);
  const child = await installation.start();
  for (let i = 0; i < 4; i++) request(i);
  const file = (name: string) => readFileSync(join(installation.folder, name), 'utf8');
  await eventually('the snapshot has them', async () => {
    const { total, sessions } = SnapshotWire.parse(JSON.parse(file('audience.json')));
    assert.equal(total.sessions, 4);
    assert.equal(sessions.length, 4);
  });
  for (let i = 4; i < 9; i++) request(i);
  await eventually('they are here', async () => assert.ok((await installation.sessions()).length === 9));
  await child.stop('SIGTERM');
  assert.equal(await child.ended, 0);
  const lines = file('events.jsonl').trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line) as EventWire);
  assert.deepEqual([...new Set(events.map(({ type }) => type))], ['session.opened']);
  assert.equal(new Set(events.map(({ id }) => id)).size, 9);
});

test('a facade cannot take a path that is taken', async () => {
  const installation = await install({ sources: [], facades: [{ kind: 'hls-listeners', path: '/metrics' }] });
  cleaning.push(() => installation.remove());
  await assert.rejects(installation.start(), /A facade cannot be served at \/metrics: something else is there/);
});
