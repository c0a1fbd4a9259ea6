/**
 * A real Icecast with a crowd of real listeners, watched three ways at once: with its access log, without, and without a
 * password. What Headcount says equals the truth.
 */

import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LabIcecast, type LabListener, startIcecast } from '../../lab/icecast.ts';
import { performCrowd, planCrowd, type TrueVisit } from '../../lab/icecast-crowd.ts';
import type { SessionWire, SourcesWire, StreamsWire, StreamWire } from '../../src/http/contract.ts';
import { eventually, type Installation, install } from './process.ts';

const SECOND = 1000;
/** Icecast cuts times to whole seconds, by a clock that is a tick of the kernel behind. */
const CUT = SECOND + 20;
/** A tenth more or less, and what the answer takes on a busy machine. */
const POLL = 3 * SECOND;
const LIVE = '/live.mp3';
const BACKUP = '/backup.mp3';
const HIDDEN = '/hidden.mp3';

let server: LabIcecast;
let headcount: Installation;
beforeEach(async () => {
  server = await startIcecast([
    { name: LIVE, fallback: BACKUP },
    { name: HIDDEN, hidden: true },
  ]);
});
afterEach(async () => {
  await headcount?.remove();
  await server?.stop();
});

const url = (password: string) => `icecast://admin:${password}@${server.host}:${server.port}?every=1s&timeout=2s`;
const paired = () => ({ url: url(server.password), name: 'paired', accessLog: server.logPath });
const polled = () => ({ url: url(server.password), name: 'polled' });
const open = () => ({ url: `icecast://${server.host}:${server.port}?every=1s`, name: 'open' });

const instant = (text: string | null) => Date.parse(text!);
const of = (sessions: readonly SessionWire[], source: string) => sessions.filter((each) => each.source === source);

async function streamOf(source: string, stream: string): Promise<StreamWire | undefined> {
  const { items } = await headcount.ask<StreamsWire>('/streams');
  return items.find((each) => each.source === source && each.stream === stream);
}

async function areRunning(count: number): Promise<void> {
  await eventually('the sources run', async () => {
    const { items } = await headcount.ask<SourcesWire>('/sources');
    assert.deepEqual(
      items.map(({ status }) => status),
      Array(count).fill('running'),
    );
  });
}

async function counterOf(source: string, name: string): Promise<number> {
  const { items } = await headcount.ask<SourcesWire>('/sources');
  return items.find((each) => each.name === source)!.counters[name] ?? 0;
}

/** Everybody has left, and every session of listeners says so. */
async function whenAllHaveLeft(): Promise<SessionWire[]> {
  let sessions: SessionWire[] = [];
  await eventually('everybody has left', async () => {
    sessions = await headcount.sessions();
    assert.deepEqual(
      sessions.filter(({ endedAt }) => endedAt === null).map(({ client }) => client.userAgent),
      [],
    );
  });
  return sessions;
}

function isBetween(at: number, from: number, to: number, what: string): void {
  assert.ok(at >= from && at <= to, `${what}: ${at - from} ms after the earliest, ${to - at} ms before the latest`);
}

test('a crowd of 200 on three mounts: with the log everybody, without it whoever was met, and the numbers', async () => {
  for (const mount of [LIVE, BACKUP, HIDDEN]) await server.broadcast(mount).then((feed) => feed.title(`On ${mount}`));
  headcount = await install({ sources: [paired(), polled(), open()] });
  await headcount.start();
  await areRunning(3);

  const plan = planCrowd({ seed: 20, visits: 200, mounts: [LIVE, BACKUP, HIDDEN], length: 12 * SECOND });
  const relay = await server.listen(LIVE, 'Icecast 2.4.4');
  const truth = await performCrowd(server, plan);
  relay.leave();
  await eventually('the log has been read', async () => {
    assert.equal(await counterOf('paired', 'rows'), truth.length + 1);
  });
  const sessions = await whenAllHaveLeft();

  const byRelay = sessions.filter(({ client }) => client.userAgent === 'Icecast 2.4.4');
  assert.deepEqual(byRelay.map(({ source, bot }) => [source, bot]).sort(), [
    ['paired', true],
    ['polled', true],
  ]);
  checkPaired(
    of(sessions, 'paired').filter(({ bot }) => !bot),
    truth,
  );
  checkPolled(
    of(sessions, 'polled').filter(({ bot }) => !bot),
    truth,
  );
  assert.deepEqual(of(sessions, 'open'), [], 'numbers are no sessions');

  for (const source of ['paired', 'polled', 'open']) {
    for (const mount of [LIVE, BACKUP, HIDDEN]) {
      const stream = await streamOf(source, mount);
      const isSeen = source !== 'open' || mount !== HIDDEN;
      assert.deepEqual(
        [stream?.status, stream?.title, stream?.contentType],
        isSeen ? ['up', `On ${mount}`, 'audio/mpeg'] : [undefined, undefined, undefined],
        `${source} ${mount}`,
      );
    }
  }
  // It says what the server says: the most that there were at a time.
  assert.equal((await streamOf('open', LIVE))!.peakListeners, (await streamOf('polled', LIVE))!.peakListeners);
});

/** Everybody once; times are whole seconds, cut. */
function checkPaired(sessions: readonly SessionWire[], truth: readonly TrueVisit[]): void {
  assert.deepEqual(whoWhere(sessions), whoWhere(truth.map(asSession)));
  for (const { userAgent, connectedAt, heardAt, leftAt } of truth) {
    const session = sessions.find(({ client }) => client.userAgent === userAgent)!;
    isBetween(instant(session.startedAt), connectedAt - CUT, heardAt, `${userAgent} came`);
    // No session is shorter than a second.
    const latest = Math.max(leftAt + SECOND, instant(session.startedAt) + SECOND);
    isBetween(instant(session.endedAt), leftAt - CUT, latest, `${userAgent} left`);
    assert.deepEqual([session.provisional, session.bytes > 0], [false, true], userAgent);
  }
}

/** Nobody is invented or doubled; whoever was there for two polls is known. */
function checkPolled(sessions: readonly SessionWire[], truth: readonly TrueVisit[]): void {
  const met = new Set(sessions.map(({ client }) => client.userAgent));
  const unmet = truth.filter(({ userAgent }) => !met.has(userAgent));
  for (const { userAgent, heardAt, leftAt } of unmet)
    assert.ok(leftAt - heardAt < POLL, `${userAgent} was there for ${leftAt - heardAt} ms`);
  const known = truth.filter(({ userAgent }) => met.has(userAgent));
  assert.deepEqual(whoWhere(sessions), whoWhere(known.map(asSession)));
  for (const { userAgent, connectedAt, heardAt, leftAt } of known) {
    const session = sessions.find(({ client }) => client.userAgent === userAgent)!;
    isBetween(instant(session.startedAt), connectedAt - CUT, heardAt, `${userAgent} came`);
    isBetween(instant(session.endedAt), leftAt - POLL, leftAt + POLL, `${userAgent} left`);
    assert.equal(session.provisional, false, userAgent);
  }
}

const asSession = ({ userAgent, mount }: TrueVisit) => ({ client: { userAgent }, stream: mount });
const whoWhere = (list: readonly { client: { userAgent: string | null }; stream: string }[]) =>
  list.map(({ client, stream }) => `${client.userAgent} ${stream}`).sort();

test('a fallback: a listener who is moved to and fro is one connection, and counts once at a time', async () => {
  const feed = await server.broadcast(LIVE);
  await server.broadcast(BACKUP);
  headcount = await install({ sources: [paired(), polled()] });
  await headcount.start();
  await areRunning(2);
  const listener = await server.listen(LIVE, 'mover');
  const isOn = (mount: string) =>
    eventually(`it is on ${mount}`, async () => {
      const now = await headcount.ask<{ items: SessionWire[] }>('/sessions');
      assert.deepEqual(now.items.map(({ source, stream }) => `${source} ${stream}`).sort(), [
        `paired ${mount}`,
        `polled ${mount}`,
      ]);
    });
  await isOn(LIVE);
  await feed.stop();
  await isOn(BACKUP);
  await server.broadcast(LIVE);
  await isOn(LIVE);
  const leftAt = listener.leave();
  await eventually('the log has been read', async () => assert.equal(await counterOf('paired', 'rows'), 1));
  const sessions = await whenAllHaveLeft();
  assert.equal(await counterOf('paired', 'unseenListeners'), 0);
  for (const source of ['paired', 'polled']) {
    const path = of(sessions, source).sort((a, b) => instant(a.startedAt) - instant(b.startedAt));
    assert.deepEqual(
      path.map(({ stream }) => stream),
      [LIVE, BACKUP, LIVE],
      source,
    );
    isBetween(instant(path[0]!.startedAt), listener.connectedAt - CUT, listener.heardAt, `${source}: it came`);
    isBetween(instant(path[2]!.endedAt), leftAt - POLL, leftAt + POLL, `${source}: it left`);
    for (const i of [1, 2]) {
      const between = instant(path[i]!.startedAt) - instant(path[i - 1]!.endedAt);
      // No session is shorter than a second, even if one poll alone met it there.
      assert.ok(between >= -SECOND, `${source}: not on two mounts at a time (${between} ms)`);
    }
  }
});

test('a server that hangs, one that is killed, and one that has listeners while nobody looks', async () => {
  await server.broadcast(LIVE);
  headcount = await install({ sources: [paired(), polled()] });
  let child = await headcount.start();
  await areRunning(2);
  const stays = await server.listen(LIVE, 'stays');
  const there = (...agents: string[]) =>
    eventually(`there: ${agents.join()}`, async () => {
      const { items } = await headcount.ask<{ items: SessionWire[] }>('/sessions');
      const expected = ['paired', 'polled'].flatMap((source) => agents.map((agent) => `${source} ${agent}`));
      assert.deepEqual(items.map(({ source, client }) => `${source} ${client.userAgent}`).sort(), expected.sort());
    });
  await there('stays');
  const statusIs = (status: string) =>
    eventually(`the stream is ${status}`, async () => {
      assert.equal((await streamOf('paired', LIVE))?.status, status);
      assert.equal((await streamOf('polled', LIVE))?.status, status);
    });

  server.pause();
  await sleep(5 * SECOND);
  await statusIs('unreachable');
  await there('stays');
  server.resume();
  await statusIs('up');

  // Nobody looks: one leaves, one comes and goes.
  const leaver = await server.listen(LIVE, 'leaver');
  await there('stays', 'leaver');
  await areCommitted();
  process.kill(child.pid, 'SIGKILL');
  await child.ended;
  const leftAt = leaver.leave();
  const missed = await server.listen(LIVE, 'missed');
  missed.leave();
  await eventually('the server has noticed', async () => {
    await server.listen(LIVE, null).then((listener) => listener.leave());
    assert.deepEqual(await linesOf(['leaver', 'missed']), [1, 1]);
  });
  child = await headcount.start();
  await there('stays');
  await eventually('the log has been read', async () => {
    const missing = of(await headcount.sessions(), 'paired').filter(({ client }) => client.userAgent === 'missed');
    assert.equal(missing.length, 1);
  });

  await server.kill();
  const killedAt = Date.now();
  await statusIs('unreachable');
  await server.restart();
  await server.broadcast(LIVE);
  const after = await server.listen(LIVE, 'after');
  await there('after');
  await statusIs('up');
  // The history is asked below: who comes is in it with the next commit.
  await areCommitted();
  after.leave();
  const sessions = (await whenAllHaveLeft()).filter(({ client }) => client.userAgent !== null);
  const names = (source: string) =>
    of(sessions, source)
      .map(({ client }) => client.userAgent)
      .sort();
  assert.deepEqual(names('paired'), ['after', 'leaver', 'missed', 'stays']);
  assert.deepEqual(names('polled'), ['after', 'leaver', 'stays']);
  checkStay(of(sessions, 'paired'), stays, killedAt);
  checkStay(of(sessions, 'polled'), stays, killedAt);
  const told = of(sessions, 'paired').find(({ client }) => client.userAgent === 'leaver')!;
  isBetween(instant(told.endedAt), leftAt - CUT, leftAt + SECOND, 'the end of who left unseen, by the log');
});

/** A killed server writes no lines: what the polls saw stays, one session through hang and restart of Headcount. */
function checkStay(sessions: readonly SessionWire[], { connectedAt, heardAt }: LabListener, killedAt: number): void {
  const session = sessions.find(({ client }) => client.userAgent === 'stays')!;
  isBetween(instant(session.startedAt), connectedAt - CUT, heardAt, 'it came');
  isBetween(instant(session.endedAt), killedAt - POLL, killedAt, 'it was last seen');
  assert.equal(session.provisional, session.source === 'paired');
}

/** What is known now is in the store: a commit that begins from here on has been made. */
async function areCommitted(): Promise<void> {
  const commits = async () => {
    const text = await fetch(`${headcount.url}/metrics`).then((response) => response.text());
    return Number(/^headcount_events_total\{[^}]*collector[^}]*"commits"[^}]*\} (\d+)$/m.exec(text)![1]);
  };
  const before = await commits();
  await eventually('it is committed', async () => assert.ok((await commits()) >= before + 2));
}

async function linesOf(agents: readonly string[]): Promise<number[]> {
  const log = await readFile(server.logPath, 'utf8');
  return agents.map((agent) => log.split('\n').filter((line) => line.includes(`"${agent}"`)).length);
}

test('a wrong password is said to be one, and is not printed', async () => {
  headcount = await install({ sources: [{ url: url('hunter2'), name: 'locked' }] });
  const child = await headcount.start();
  await eventually('it says so', async () => {
    const { items } = await headcount.ask<SourcesWire>('/sources');
    assert.equal(items[0]!.lastError?.code, 'PEER_REFUSED_LOGIN');
    assert.match(items[0]!.lastError!.message, /refused the login/);
  });
  assert.doesNotMatch(child.output(), /hunter2/);
  assert.deepEqual(await headcount.sessions(), []);
});
