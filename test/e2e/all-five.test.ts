/**
 * All five sources at once in one process, each watching a real server (or a stand-in) with a known crowd: what Headcount
 * says, live and afterwards, equals the truth. And once more while the process is killed again and again.
 */

import { strict as assert } from 'node:assert';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../lab/child.ts';
import { startCrowd } from '../../lab/players.ts';
import type { AudienceWire, HistoryWire, SessionWire, SourcesWire } from '../../src/http/contract.ts';
import { type Five, hlsPlans, hlsTruth, startFive, type TrueSession } from './five.ts';
import { eventually, type Installation, install } from './process.ts';

const SECOND = 1000;
const PLAYERS = 40;

let five: Five;
let headcount: Installation;
beforeEach(async () => {
  five = await startFive();
  headcount = await install({ sources: five.sources });
});
afterEach(async () => {
  await headcount?.remove();
  await five?.stop();
});

const instant = (text: string) => Date.parse(text);
const bySource = (sessions: readonly SessionWire[], source: string) =>
  sessions.filter((session) => session.source === source);

/** Everybody who is on a server right now, by source. */
async function live(): Promise<Record<string, number>> {
  const { groups } = await headcount.ask<AudienceWire>('/audience?by=source');
  return Object.fromEntries(groups.map(({ value, sessions }) => [value, sessions]));
}

/** How many allocations are open depends on the moment: they are compared afterwards. */
async function liveButCalls(): Promise<Record<string, number>> {
  const { calls: _, ...counts } = await live();
  return counts;
}

test('a crowd on each: the audience and the history equal the truth, and it ends cleanly', async () => {
  const length = 26 * SECOND;
  const child = await headcount.start();
  const areRunning = async () => {
    const { items } = await headcount.ask<SourcesWire>('/sources');
    assert.deepEqual(
      items.map(({ status }) => status),
      Array(5).fill('running'),
    );
  };
  await eventually('all sources run', areRunning, 30 * SECOND);

  const begun = Date.now();
  const crowd = startCrowd(five.hls.url, hlsPlans(PLAYERS, length));
  await five.icecast.feed('/live.mp3');
  const radio = await listenToRadio(['radio-1', 'radio-2', 'radio-3']);
  const sdr = new SpyCrowd(five);
  for (let i = 0; i < 4; i++) await sdr.connect();
  const plays = ['ann', 'ben'].map((user) =>
    five.tautulli.play({ user, friendlyName: user, title: `A film for ${user}` }),
  );
  const rows = historyRows(5);
  const calls = [
    five.turn.crowd({ user: 'alice', by: 'channels', messages: 20, bytes: 200 }),
    five.turn.crowd({ user: 'bob', by: 'indications', messages: 15, bytes: 100 }),
  ];

  await sleep(Math.max(begun + 4 * SECOND - Date.now(), 0));
  await eventually('the audience is who is there', async () => {
    assert.deepEqual(await liveButCalls(), { hls: PLAYERS, radio: 3, sdr: 4, plex: 2 });
  });
  const rotated = await five.hls.rotate();
  assert.match(rotated, /\.1$/);

  radio[0]!.left = radio[0]!.leave();
  await sdr.disconnect(1);
  const finished = plays.map((play) => play.stop());
  await Promise.all(calls);
  await sleep(begun + length - Date.now());
  await eventually('half of them have left', async () => {
    assert.deepEqual(await liveButCalls(), { hls: PLAYERS * 0.75, radio: 2, sdr: 3 });
  });

  await crowd.stop();
  for (const listener of radio.slice(1)) listener.left = listener.leave();
  await sdr.disconnectAll();
  // Each crowd of calls leaves one allocation behind that nobody gives back: it is there until its lease is over.
  await eventually('nobody else is there', async () => assert.deepEqual(await live(), { calls: 2 }), 30 * SECOND);

  const sessions = await allEnded();
  checkHls(bySource(sessions, 'hls'));
  checkRadio(bySource(sessions, 'radio'), radio, 4 * SECOND);
  checkSdr(bySource(sessions, 'sdr'), sdr.truth);
  checkPlex(bySource(sessions, 'plex'), [...rows, ...finished]);
  await checkCalls(bySource(sessions, 'calls'));
  await checkHistory(sessions);

  const before = performance.now();
  await child.stop('SIGTERM');
  assert.equal(await child.ended, 0);
  assert.ok(performance.now() - before < 5 * SECOND, 'it ends within five seconds');
  assert.equal(five.spy.pid, null, 'its spyserver has ended with it');
});

/** A commit a second, a batch a second, and the machine is busy. */
const COMMIT_INTERVAL = 2.5 * SECOND;

test('killed twenty times at random: equal again for those that resume, and within a commit for the rest', async () => {
  const length = 75 * SECOND;
  const begun = Date.now();
  const sdr = new SpyCrowd(five);
  const up = async () => {
    const started = five.spy.starts;
    const child = await headcount.start();
    await until('the spyserver has been started', () => five.spy.starts > started && five.spy.pid !== null);
    for (let i = 0; i < 2; i++) await sdr.connect();
    return child;
  };
  let child = await up();
  const crowd = startCrowd(five.hls.url, hlsPlans(PLAYERS, length));
  await five.icecast.feed('/live.mp3');
  const radio = await listenToRadio(['radio-1', 'radio-2', 'radio-3']);
  const rows = historyRows(5);
  const calls: Promise<void>[] = [];

  for (let kill = 1; kill <= 20; kill++) {
    const isCalling = kill % 7 === 1;
    if (isCalling) {
      await packetsAreSeen();
      calls.push(five.turn.crowd({ user: 'alice', by: 'channels', messages: 150, bytes: 200 }));
    }
    const play = five.tautulli.play({ user: `kill-${kill}`, friendlyName: `kill-${kill}` });
    await sleep((isCalling ? COMMIT_INTERVAL : 200) + Math.random() * 3500);
    if (kill % 3 === 0) await sdr.disconnect(sdr.truth.length - 1);
    process.kill(child.pid, 'SIGKILL');
    await child.ended;
    sdr.killed();
    // What happens while nobody looks.
    rows.push(play.stop());
    if (kill === 10) radio[0]!.left = radio[0]!.leave();
    if (kill === 15) await five.hls.rotate();
    child = await up();
  }
  await sleep(Math.max(begun + length - Date.now(), 0));
  await Promise.all(calls);
  await eventually('the audience is right again', async () => {
    assert.deepEqual(await liveButCalls(), { hls: PLAYERS * 0.75, radio: 2, sdr: 2 });
  });
  await crowd.stop();
  for (const listener of radio.slice(1)) listener.left = listener.leave();
  await sdr.disconnectAll();
  await eventually(
    'nobody is there',
    async () => {
      assert.deepEqual(await liveButCalls(), {});
    },
    30 * SECOND,
  );

  const sessions = await allEnded();
  checkHls(bySource(sessions, 'hls'));
  checkPlex(bySource(sessions, 'plex'), rows);
  checkRadio(bySource(sessions, 'radio'), radio, 4 * SECOND + COMMIT_INTERVAL);
  checkSdrCut(bySource(sessions, 'sdr'), sdr.truth);
  await checkCallsCut(bySource(sessions, 'calls'), calls.length);
  await checkHistory(sessions);
});

/** Every session, once those that have ended are in the store. */
async function allEnded(): Promise<SessionWire[]> {
  let sessions: SessionWire[] = [];
  await eventually('the store has it all', async () => {
    sessions = await headcount.sessions();
    assert.ok(sessions.every(({ source, endedAt }) => source === 'calls' || endedAt !== null));
  });
  return sessions;
}

/** The sessions, told in one line each, so that a difference can be read. */
const told = ({ who, stream, from, to, requests, bytes, quality }: TrueSession) =>
  `${who} ${stream} ${new Date(from).toISOString()}–${new Date(to).toISOString()} ${requests} requests ${bytes} bytes ${quality}`;

function checkHls(sessions: readonly SessionWire[]): void {
  const ours = sessions.map((session): string =>
    told({
      ...{ who: session.client.userAgent!, stream: session.stream, quality: session.quality },
      ...{ from: instant(session.startedAt), to: instant(session.lastSeenAt) },
      ...{ requests: session.requests, bytes: session.bytes },
    }),
  );
  assert.deepEqual(ours.sort(), hlsTruth(five.hls.logPath).map(told).sort());
  assert.deepEqual([...new Set(sessions.map(({ endReason }) => endReason))], ['expired']);
}

interface RadioListener {
  readonly agent: string;
  readonly connectedAt: number;
  left: number;
  leave(): number;
}

async function listenToRadio(agents: readonly string[]): Promise<RadioListener[]> {
  const listeners: RadioListener[] = [];
  for (const agent of agents) {
    const { connectedAt, leave } = await five.icecast.listen('/live.mp3', agent);
    listeners.push({ agent, connectedAt, leave, left: Number.NaN });
  }
  return listeners;
}

/** Icecast says whole seconds, and notices only when it writes that somebody has left. */
function checkRadio(sessions: readonly SessionWire[], truth: readonly RadioListener[], endWithin: number): void {
  assert.deepEqual(
    sessions.map(({ client }) => client.userAgent).sort(),
    truth.map(({ agent }) => agent).sort(),
    'one session each',
  );
  for (const { agent, connectedAt, left } of truth) {
    const session = sessions.find(({ client }) => client.userAgent === agent)!;
    assert.equal(session.identity, 'connection');
    isNear(instant(session.startedAt), connectedAt, 2 * SECOND, `${agent} came`);
    isNear(instant(session.endedAt!), left, endWithin, `${agent} left`);
  }
}

interface SpyClient {
  readonly port: number;
  readonly from: number;
  to: number;
}

/** Clients of the spyserver: each connection has a port of its own. */
class SpyCrowd {
  readonly truth: SpyClient[] = [];
  readonly #five: Five;

  constructor(servers: Five) {
    this.#five = servers;
  }

  async connect(): Promise<void> {
    const port = 41_000 + this.truth.length;
    this.truth.push({ port, from: Date.now(), to: Number.NaN });
    await this.#five.spy.connect('192.0.2.7', port, 'SDR# 1700.0.0.1 on Windows');
  }

  async disconnect(i: number): Promise<void> {
    const client = this.truth[i]!;
    client.to = Date.now();
    await this.#five.spy.disconnect('192.0.2.7', client.port);
  }

  async disconnectAll(): Promise<void> {
    for (const [i, { to }] of this.truth.entries()) if (Number.isNaN(to)) await this.disconnect(i);
  }

  /** The server has been killed with whoever was connected. */
  killed(): void {
    const now = Date.now();
    for (const client of this.truth) if (Number.isNaN(client.to)) client.to = now;
  }
}

function checkSdr(sessions: readonly SessionWire[], truth: readonly SpyClient[]): void {
  const ports = (list: readonly { port: number | null }[]) => list.map(({ port }) => port).sort();
  assert.deepEqual(ports(sessions.map(({ client }) => client)), ports(truth));
  for (const { port, from, to } of truth) {
    const session = sessions.find(({ client }) => client.port === port)!;
    assert.equal(session.endReason, 'left');
    isNear(instant(session.startedAt), from, SECOND, `${port} came`);
    isNear(instant(session.endedAt!), to, SECOND, `${port} left`);
  }
}

/** Nothing is invented; who was there for longer than a commit takes is known, and the end is off by that at most. */
function checkSdrCut(sessions: readonly SessionWire[], truth: readonly SpyClient[]): void {
  assert.equal(new Set(sessions.map(({ client }) => client.port)).size, sessions.length, 'one session each');
  const unknown = sessions.filter(({ client }) => !truth.some(({ port }) => port === client.port));
  assert.deepEqual(unknown, []);
  for (const { port, from, to } of truth) {
    const session = sessions.find(({ client }) => client.port === port);
    if (session === undefined) {
      assert.ok(to - from < COMMIT_INTERVAL, `${port} was there for ${to - from} ms`);
      continue;
    }
    isNear(instant(session.startedAt), from, SECOND, `${port} came`);
    isNear(instant(session.endedAt!), to, COMMIT_INTERVAL, `${port} left`);
  }
}

/** Nothing is invented, and nobody's payload is more than it was; whoever was there for long is known. */
async function checkCallsCut(sessions: readonly SessionWire[], crowds: number): Promise<void> {
  const logged = await five.turn.sessions();
  assert.equal(sessions.length, logged.length, `${crowds} crowds`);
  const closed = sessions.filter(({ endedAt }) => endedAt !== null);
  for (const { client, traffic, startedAt } of closed) {
    const same = logged.filter((each) => each.client === `${client.ip}:${client.port}`);
    assert.equal(same.length, 1, `one allocation of ${client.ip}:${client.port}, begun at ${startedAt}`);
    assert.equal(client.user, same[0]!.user);
    assert.ok((traffic?.up.bytes ?? 0) <= same[0]!.up.bytes && (traffic?.down.bytes ?? 0) <= same[0]!.down.bytes);
  }
  const ports = closed.map(({ client }) => client.port);
  assert.equal(new Set(ports).size, ports.length, 'one session each');
}

/** Capturing has begun: what we send to the TURN server is noticed. */
async function packetsAreSeen(): Promise<void> {
  await eventually('packets are seen', async () => {
    await five.turn.ping();
    const { items } = await headcount.ask<SourcesWire>('/sources');
    assert.ok((items.find(({ name }) => name === 'calls')?.counters['packets'] ?? 0) > 0);
  });
}

type Row = ReturnType<LabRow>;
type LabRow = ReturnType<Five['tautulli']['play']>['stop'];

/** Rows of plays of yesterday. */
function historyRows(count: number): Row[] {
  const yesterday = Math.floor(Date.now() / 1000) - 86_400;
  return Array.from({ length: count }, (_, i) => {
    const started = yesterday + i * 100;
    const row = {
      user: `viewer-${i}`,
      friendly_name: `viewer-${i}`,
      started,
      date: started,
      stopped: started + 60 + i,
    };
    five.tautulli.addRow(row);
    return row as Row;
  });
}

function checkPlex(sessions: readonly SessionWire[], truth: readonly Row[]): void {
  assert.deepEqual(
    sessions
      .map(({ client, startedAt, endedAt, provisional }) => [
        client.user,
        instant(startedAt) / 1000,
        endedAt === null ? null : instant(endedAt) / 1000,
        provisional,
      ])
      .sort(),
    // No session is shorter than a second.
    truth.map(({ user, started, stopped }) => [user, started, Math.max(stopped!, started! + 1), false]).sort(),
  );
}

/** Equal to coturn's own log: every allocation with its user and its payload. */
async function checkCalls(sessions: readonly SessionWire[]): Promise<void> {
  const line = (user: string | null, up: unknown, down: unknown) => JSON.stringify({ user, up, down });
  const ours = sessions.map(({ client, traffic }) => line(client.user, traffic?.up, traffic?.down));
  const logged = await five.turn.sessions();
  assert.ok(logged.length >= 10);
  const nothing = { packets: 0, bytes: 0 };
  assert.deepEqual(
    ours.map((text) => text.replaceAll('undefined', JSON.stringify(nothing))).sort(),
    logged.map(({ user, up, down }) => line(user, up, down)).sort(),
  );
}

/** The history says of each stream what its sessions amount to. */
async function checkHistory(sessions: readonly SessionWire[]): Promise<void> {
  const from = new Date(Date.now() - 2 * 86_400 * SECOND).toISOString();
  const { groups } = await headcount.ask<HistoryWire>(`/history?by=stream&bot=all&from=${from}`);
  const streams = [...new Set(sessions.map(({ stream }) => stream))];
  assert.deepEqual(groups.map(({ value }) => value).sort(), streams.sort());
  for (const { value, sessions: count, bytes, listeningSeconds } of groups) {
    const of = sessions.filter(({ stream }) => stream === value);
    assert.equal(count, of.length, `sessions of ${value}`);
    assert.equal(
      bytes,
      of.reduce((sum, session) => sum + session.bytes, 0),
      `bytes of ${value}`,
    );
    if (of.some(({ endedAt }) => endedAt === null)) continue;
    const seconds = of.reduce((sum, session) => sum + session.durationSeconds, 0);
    assert.ok(Math.abs(listeningSeconds - seconds) < 0.01, `${value}: ${listeningSeconds} s, not ${seconds} s`);
  }
}

function isNear(ours: number, truth: number, within: number, what: string): void {
  assert.ok(Math.abs(ours - truth) <= within, `${what}: off by ${ours - truth} ms`);
}
