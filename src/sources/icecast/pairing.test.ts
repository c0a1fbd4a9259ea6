/** Rosters and lines of the log put together, and what a tracker makes of it. */

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { clientFacts, type Departure, FOREVER, type Presence, presence } from '../../core/observation.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { accessLog } from '../access-log/index.ts';
import { LogReader } from '../access-log/reader.ts';
import { readerOptions } from '../access-log/reader-options.ts';
import { LINE_WITHIN, Pairing } from './pairing.ts';

const T0 = Date.UTC(2026, 10, 21, 12, 0, 0);
const at = (seconds: number) => T0 + seconds * 1000;

interface Who {
  readonly address?: string | null;
  readonly agent?: string;
  readonly mount?: string;
}

function listed(
  id: number,
  since: number,
  now: number,
  { address = '192.0.2.1', agent = 'vlc', mount = '/a' }: Who = {},
) {
  const client = clientFacts({ address, userAgent: agent, connection: `boot#${id}` });
  return presence({ stream: mount, client, from: at(now), since: at(since), until: FOREVER, provisional: true });
}

/** `from` and `to` are whole seconds, as the log has them. */
function row(from: number, to: number, { address = '192.0.2.1', agent = 'vlc', mount = '/a' }: Who = {}) {
  const client = clientFacts({ address, userAgent: agent, connection: `row|${from}|${to}|${agent}` });
  return presence({ stream: mount, client, from: at(from), to: at(to), over: true, bytes: 100, requests: 1 });
}

/** In short: whose session, on which mount, from when to when, whether it is a finished row; and departures. */
function told(pairing: Pairing, present: Presence[], rows: Presence[], now: number, ahead = 0) {
  const { observations, unseen, nameless } = pairing.take(present, rows, at(now), ahead);
  const lines = observations.map((each) => {
    const { client, stream } = each as Presence | Departure;
    const who = `${client.connection} ${stream}`;
    if (each.kind === 'departure') return `${who} left at ${(each.at - T0) / 1000}`;
    const { from, to, over, provisional } = each as Presence;
    return `${who} ${(from - T0) / 1000}-${(to - T0) / 1000}${over ? ' over' : ''}${provisional ? ' provisional' : ''}`;
  });
  return { lines, unseen, nameless };
}

test('a line ends the session of the listener who is gone, at the time that it says', () => {
  const pairing = new Pairing();
  told(pairing, [listed(1, 1, 10), listed(2, 5, 10, { address: '192.0.2.2' })], [], 10);
  const { lines, unseen } = told(pairing, [listed(2, 5, 20, { address: '192.0.2.2' })], [row(1, 14)], 20);
  assert.deepEqual(lines, ['boot#1 /a 1-14', 'boot#1 /a left at 14']);
  assert.equal(unseen, 0);
});

test('who came and went between two polls is a session of its own, beside others of the same address', () => {
  const pairing = new Pairing();
  told(pairing, [listed(1, 1, 10)], [], 10);
  const { lines, unseen } = told(pairing, [listed(1, 1, 20)], [row(12, 15)], 20);
  assert.deepEqual(lines, ['row|12|15|vlc /a 12-15', 'row|12|15|vlc /a left at 15']);
  assert.equal(unseen, 1);
});

test('one of two who came in the same second has left: the one who is no longer there', () => {
  const pairing = new Pairing();
  told(pairing, [listed(1, 5, 10), listed(2, 5, 10)], [], 10);
  assert.deepEqual(told(pairing, [listed(1, 5, 20)], [row(5, 15)], 20).lines[0], 'boot#2 /a 5-15');
  assert.deepEqual(told(pairing, [], [row(5, 25)], 30).lines[0], 'boot#1 /a 5-25');
});

test('a player that connects twice in a second: the first, whom no poll met, does not take the line of the other', () => {
  const pairing = new Pairing();
  told(pairing, [], [], 0);
  told(pairing, [listed(2, 5, 10)], [], 10);
  const { lines, unseen } = told(pairing, [], [row(5, 5), row(5, 15)], 20);
  assert.deepEqual([lines[0], lines[2], unseen], ['row|5|5|vlc /a 5-5', 'boot#2 /a 5-15', 1]);
});

test('many come at once from one address: a line takes nobody with another user agent', () => {
  const pairing = new Pairing();
  told(pairing, [], [], 0);
  told(pairing, [listed(1, 5, 10, { agent: 'mpv' })], [], 10);
  const { lines, unseen } = told(pairing, [], [row(5, 12), row(5, 14, { agent: 'mpv' })], 20);
  assert.deepEqual([lines[0], lines[2], unseen], ['row|5|12|vlc /a 5-12', 'boot#1 /a 5-14', 1]);
});

test('a line that is read a poll late still ends its session', () => {
  const pairing = new Pairing();
  told(pairing, [listed(1, 1, 10)], [], 10);
  assert.deepEqual(told(pairing, [], [], 20).lines, []);
  assert.deepEqual(told(pairing, [], [row(1, 14)], 30).lines, ['boot#1 /a 1-14', 'boot#1 /a left at 14']);
});

test('who was moved to another mount is found there, whatever mount the log has', () => {
  const pairing = new Pairing();
  told(pairing, [listed(1, 1, 10, { mount: '/fallback' }), listed(2, 1, 10)], [], 10);
  told(pairing, [listed(1, 1, 20), listed(2, 1, 20, { mount: '/fallback' })], [], 20);
  const first = told(pairing, [listed(2, 1, 30, { mount: '/fallback' })], [row(1, 26)], 30);
  assert.deepEqual(first.lines, ['boot#1 /a 20-26', 'boot#1 /a left at 26']);
  const second = told(pairing, [], [row(1, 36)], 40);
  assert.deepEqual(second.lines, ['boot#2 /fallback 20-36', 'boot#2 /fallback left at 36']);
});

test('of several, the one with the same user agent, on the same mount; quotes are dots in the log', () => {
  const pairing = new Pairing();
  const quoted = { agent: 'Player "Q" Ü' };
  told(pairing, [listed(1, 5, 10), listed(2, 5, 10, quoted), listed(3, 5, 10, { mount: '/b' })], [], 10);
  const rows = [row(5, 12, { mount: '/b' }), row(5, 12, { agent: 'Player .Q. Ü' }), row(5, 12)];
  assert.deepEqual(
    told(pairing, [], rows, 20).lines.filter((line) => line.includes('left')),
    ['boot#3 /b left at 12', 'boot#2 /a left at 12', 'boot#1 /a left at 12'],
  );
});

test('lines from before the first poll are finished rows: of their listeners nothing is known', () => {
  const pairing = new Pairing();
  const { lines, unseen } = told(pairing, [listed(1, 1, 10)], [row(2, 8)], 10);
  assert.deepEqual([lines, unseen], [['row|2|8|vlc /a 2-8 over'], 0]);
});

test('a server whose clock is wrong: the log is brought into our time', () => {
  const pairing = new Pairing();
  told(pairing, [listed(1, 1, 10)], [], 10, 3600);
  const { lines } = told(pairing, [], [row(1 - 30, 14 - 30)], 20, 30_000);
  assert.deepEqual(lines, ['boot#1 /a 1-14', 'boot#1 /a left at 14']);
});

test('a line without an address is counted and left out: nobody knows whose it is', () => {
  const pairing = new Pairing();
  told(pairing, [listed(1, 1, 10, { address: null })], [], 10);
  const { lines, nameless } = told(pairing, [], [row(1, 14, { address: null })], 20);
  assert.deepEqual([lines, nameless], [[], 1]);
});

test('addresses are the same however they are written', () => {
  const pairing = new Pairing();
  told(pairing, [listed(1, 1, 10, { address: '::ffff:192.0.2.1' })], [], 10);
  assert.match(told(pairing, [], [row(1, 14)], 20).lines[0]!, /^boot#1/);
});

test('what is remembered is bounded: then a line is a finished row again, and nobody is doubled', () => {
  const pairing = new Pairing(2);
  told(pairing, [listed(1, 1, 10), listed(2, 2, 10), listed(3, 3, 10)], [], 10);
  assert.deepEqual(told(pairing, [], [row(1, 14)], 20).lines, ['row|1|14|vlc /a 1-14 over']);
});

test('a line that comes much too late finds nobody', () => {
  const pairing = new Pairing();
  told(pairing, [listed(1, 1, 10)], [], 10);
  const late = 10 + LINE_WITHIN / 1000 + 1;
  told(pairing, [], [], late);
  assert.equal(told(pairing, [], [row(1, 14)], late + 10).unseen, 1);
});

test('2.4.4: of its access.log just the connections of listeners are rows', () => {
  const options = accessLog.config.parse({ path: 'access.log', format: 'icecast' });
  const reader = new LogReader(readerOptions(options, accessLog.traits, new ScopedCounters()));
  reader.take(
    readFileSync(new URL('testdata/icecast-2.4.4/access-fallback.log', import.meta.url)),
    Number.POSITIVE_INFINITY,
  );
  const rows = reader.cut().observations.filter((each) => each.kind === 'presence');
  assert.deepEqual(
    rows.map(({ stream, client, over }) => [stream, client.userAgent, client.isPublisher, over]),
    [
      ['/v.mp3', 'Lavf/59.27.100', true, true],
      ['/hid.mp3', 'HidPlayer/1', false, true],
      ['/v.mp3', 'FallbackPlayer/1', false, true],
      ['/live.mp3', 'Lavf/59.27.100', true, true],
      ['/hid.mp3', 'Lavf/59.27.100', true, true],
    ],
  );
});
