/** `/api/v1/live` over real connections: what is told, how much of it, and what becomes of those who do not listen. */

import { strict as assert } from 'node:assert';
import { type ClientRequest, type IncomingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { clientFacts, FOREVER, type Observation, presence } from '../core/observation.ts';
import { LiveAudience, LiveSession, StreamWire } from './contract.ts';
import { HERE, isBot, listenerOf, NOW, OPEN } from './crowd.fixture.ts';
import { errorOf, type Site, startSite, until } from './fixture.ts';

interface LiveEvent {
  readonly event: string;
  readonly data: unknown;
}

interface Follower {
  readonly headers: IncomingHttpHeaders;
  readonly events: LiveEvent[];
  /** Everything that came that is no event, by line. */
  readonly otherLines: string[];
  hasEnded(): boolean;
  leave(): void;
}

function follow(site: Site, query = '', headers: Record<string, string> = {}): Promise<Follower> {
  return new Promise((resolve, reject) => {
    const asking: ClientRequest = request(
      {
        host: '127.0.0.1',
        port: site.port,
        path: `/api/v1/live${query}`,
        headers: { accept: 'text/event-stream', ...headers },
        agent: false,
      },
      (response) => {
        assert.equal(response.statusCode, 200);
        const events: LiveEvent[] = [];
        const otherLines: string[] = [];
        let hasEnded = false;
        let rest = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          const blocks = (rest + text).split('\n\n');
          rest = blocks.pop()!;
          for (const block of blocks) events.push(readEvent(block, otherLines));
        });
        response.on('close', () => {
          hasEnded = true;
        });
        response.on('error', () => {});
        const { headers: own } = response;
        resolve({ headers: own, events, otherLines, hasEnded: () => hasEnded, leave: () => asking.destroy() });
      },
    );
    asking.on('error', reject);
    asking.end();
  });
}

function readEvent(block: string, otherLines: string[]): LiveEvent {
  let name = '';
  let data = '';
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) name = line.slice(7);
    else if (line.startsWith('data: ')) data += line.slice(6);
    else otherLines.push(line);
  }
  return { event: name, data: JSON.parse(data) };
}

const audiences = ({ events }: Follower): LiveAudience[] =>
  events.filter(({ event }) => event === 'audience').map(({ data }) => LiveAudience.parse(data));
const sessions = ({ events }: Follower): LiveSession[] =>
  events.filter(({ event }) => event === 'session').map(({ data }) => LiveSession.parse(data));

/** Waits for the `count`th audience event from now on. */
async function moreAudiences(follower: Follower, count: number): Promise<void> {
  const before = audiences(follower).length;
  await until(`${count} more audience events`, () => audiences(follower).length >= before + count);
}

async function siteOf(t: TestContext, isEmpty = false): Promise<Site> {
  const site = await startSite({ isEmpty });
  t.after(() => site.close());
  return site;
}

const guest = (name: string, userAgent: string | null = 'VLC/3') =>
  clientFacts({ address: '203.0.113.9', connection: name, userAgent });
const join = (name: string, userAgent?: string): Observation =>
  presence({ stream: '/talk', client: guest(name, userAgent), from: NOW - 5000, until: FOREVER });
const leave = (name: string, userAgent?: string): Observation => ({
  kind: 'departure',
  stream: '/talk',
  client: guest(name, userAgent),
  at: NOW,
});
const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

test('the audience is told at once, and then every second', async (t) => {
  const site = await siteOf(t);
  const follower = await follow(site);
  await until('the first event', () => follower.events.length > 0);
  assert.match(String(follower.headers['content-type']), /^text\/event-stream/);
  assert.equal(follower.headers['cache-control'], 'no-store');
  assert.ok(follower.headers['content-security-policy']);
  assert.deepEqual(follower.otherLines, ['retry: 2000']);
  const [first] = audiences(follower);
  assert.deepEqual(
    { at: first?.at, sessions: first?.sessions, listeners: first?.listeners, bots: first?.bots },
    {
      at: new Date(NOW).toISOString(),
      sessions: HERE.length,
      listeners: new Set(HERE.map(listenerOf)).size,
      bots: OPEN.filter(isBot).length,
    },
  );
  assert.deepEqual([first?.joined, first?.left, first?.stalled], [0, 0, false]);
  const sum = Object.values(first!.streams).reduce((total, count) => total + count, 0);
  assert.equal(sum, HERE.length);
  assert.deepEqual(Object.keys(first!.top), ['country', 'city', 'player', 'quality', 'asn']);
  await moreAudiences(follower, 2);
  follower.leave();
});

test('who joins and who leaves is told, with all that is known of them', async (t) => {
  const site = await siteOf(t);
  const follower = await follow(site);
  await site.tell('radio', [join('anna')]);
  await site.settle();
  await until('the join', () => sessions(follower).length === 1);
  const [joined] = sessions(follower);
  assert.equal(joined?.change, 'joined');
  assert.equal(joined.session.stream, '/talk');
  assert.equal(joined.session.client.ip, '203.0.113.9');
  assert.deepEqual(await site.get(`/api/v1/sessions/${joined.session.id}`), joined.session);
  await moreAudiences(follower, 1);
  assert.equal(audiences(follower).at(-1)?.sessions, HERE.length + 1);

  await site.tell('radio', [leave('anna')]);
  await site.settle();
  await until('the departure', () => sessions(follower).length === 2);
  const left = sessions(follower)[1];
  assert.equal(left?.change, 'left');
  assert.equal(left.session.id, joined.session.id);
  assert.equal(left.session.endedAt, new Date(NOW).toISOString());
  assert.equal(left.session.endReason, 'left');
  await moreAudiences(follower, 1);
  const all = audiences(follower);
  assert.equal(all.at(-1)?.sessions, HERE.length);
  const total = (count: 'joined' | 'left') => all.reduce((sum, each) => sum + each[count], 0);
  assert.deepEqual([total('joined'), total('left')], [1, 1]);
  follower.leave();
});

test('a stream is told when its title or status changes, and not for a count', async (t) => {
  const site = await siteOf(t);
  const follower = await follow(site);
  const report = { kind: 'report', stream: '/jazz', at: NOW, status: 'up', title: 'So What', name: 'Jazz' } as const;
  await site.tell('radio', [{ ...report, listeners: 99 }]);
  await site.tell('radio', [{ ...report, title: 'Freddie Freeloader', at: NOW + 1 }]);
  await site.settle();
  await until('the stream', () => follower.events.some(({ event }) => event === 'stream'));
  const [told] = follower.events.filter(({ event }) => event === 'stream').map(({ data }) => StreamWire.parse(data));
  assert.equal(told?.title, 'Freddie Freeloader');
  await site.tell('radio', [{ ...report, title: 'Freddie Freeloader', at: NOW + 2, listeners: 100 }]);
  await site.settle();
  site.collector.failed('radio');
  await site.settle();
  const streams = () => follower.events.filter(({ event }) => event === 'stream');
  await until('the failure', () => streams().length >= 2);
  assert.equal(StreamWire.parse(streams()[1]?.data).status, 'unreachable');
  follower.leave();
});

test('of many who join at once twenty are told, and all are counted', async (t) => {
  const site = await siteOf(t, true);
  const follower = await follow(site);
  await moreAudiences(follower, 1);
  await site.tell(
    'radio',
    many(500, (i) => join(`guest ${i}`)),
  );
  await site.settle();
  await until('the count', () => audiences(follower).some(({ joined }) => joined > 0));
  const counting = audiences(follower).find(({ joined }) => joined > 0);
  assert.equal(counting?.joined, 500);
  assert.equal(counting.sessions, 500);
  assert.equal(sessions(follower).length, 20);

  await site.tell(
    'radio',
    many(3, (i) => leave(`guest ${i}`)),
  );
  await site.settle();
  await until('a new second, with room again', () => sessions(follower).length === 23);
  follower.leave();
});

test('bots take no place among the twenty, and are not counted as joining', async (t) => {
  const site = await siteOf(t, true);
  const follower = await follow(site);
  await moreAudiences(follower, 1);
  await site.tell('radio', [...many(30, (i) => join(`bot ${i}`, 'ExampleBot/1')), join('anna'), join('bela')]);
  await site.settle();
  await until('the people', () => sessions(follower).length === 2);
  assert.ok(sessions(follower).every(({ session }) => !session.bot));
  await until('the count', () => audiences(follower).some(({ joined }) => joined > 0));
  const counting = audiences(follower).find(({ joined }) => joined > 0);
  assert.deepEqual([counting?.joined, counting?.sessions, counting?.bots], [2, 2, 30]);
  follower.leave();
});

test('whoever asks for all sessions gets all of them, and the others get no more for it', async (t) => {
  const site = await siteOf(t, true);
  const [all, some] = await Promise.all([follow(site, '?events=sessions'), follow(site)]);
  // More than may wait for somebody who wants a sample.
  await site.tell('radio', [...many(5000, (i) => join(`guest ${i}`)), join('bot', 'ExampleBot/1')]);
  await site.settle();
  await until('all of them', () => sessions(all).length === 5001, 40_000);
  const ids = new Set(sessions(all).map(({ session }) => session.id));
  assert.equal(ids.size, 5001);
  assert.ok(sessions(some).length <= 20);
  assert.match((await site.ask('/metrics')).text, /^headcount_live_dropped_total 0$/m);
  all.leave();
  some.leave();
});

test('a wrong choice of events is refused before anything is followed', async (t) => {
  const site = await siteOf(t, true);
  for (const query of ['?events=everything', '?events=', '?x=1', '?events=sessions&events=sessions']) {
    const answer = await site.ask(`/api/v1/live${query}`);
    assert.equal(answer.status, 400, query);
    assert.equal(errorOf(answer).code, 'BAD_REQUEST');
  }
});

test('events are not compressed, so that they come when they happen', async (t) => {
  const site = await siteOf(t, true);
  const follower = await follow(site, '', { 'accept-encoding': 'gzip, deflate, br' });
  assert.equal(follower.headers['content-encoding'], undefined);
  await until('an event', () => audiences(follower).length > 0);
  follower.leave();
});

test('text of clients stays within its event', async (t) => {
  const site = await siteOf(t, true);
  const follower = await follow(site);
  const hostile = 'a\n\nevent: audience\ndata: {}\r\n\r\u2028\u0000\ud800';
  await site.tell('radio', [
    presence({ stream: hostile, client: guest('x', hostile), from: NOW, until: FOREVER, title: hostile }),
  ]);
  await site.settle();
  await until('the join', () => sessions(follower).length === 1);
  const [{ session }] = sessions(follower) as [LiveSession];
  assert.equal(session.stream, hostile);
  assert.equal(session.client.userAgent, hostile);
  assert.deepEqual(follower.otherLines, ['retry: 2000']);
  follower.leave();
});

test('who leaves is forgotten, and who comes back is told how things stand', async (t) => {
  const site = await siteOf(t, true);
  const readers = async () => Number(/^headcount_live_readers (\d+)$/m.exec((await site.ask('/metrics')).text)?.[1]);
  const first = await follow(site);
  await until('one reader', async () => (await readers()) === 1);
  first.leave();
  await until('no reader', async () => (await readers()) === 0);
  await site.tell('radio', [join('anna')]);
  await site.settle();
  const second = await follow(site);
  await until('the first event', () => audiences(second).length > 0);
  assert.deepEqual(
    [audiences(second)[0]?.sessions, audiences(second)[0]?.joined],
    [1, 0],
    'what happened meanwhile is in the counts, and is no news',
  );
  second.leave();
});

test('a reader that does not read is let go before it costs much, and the others hear everything', async (t) => {
  const site = await siteOf(t, true);
  const good = await follow(site);
  const slow = await openAndIgnore(site.port, '/api/v1/live?events=sessions');
  t.after(() => slow.destroy());
  const value = async (name: string) =>
    Number(new RegExp(`^${name} (\\d+)$`, 'm').exec((await site.ask('/metrics')).text)?.[1]);
  assert.equal(await value('headcount_live_readers'), 2);

  const agent = `VLC/3 ${'x'.repeat(1000)}`;
  let told = 0;
  // Some 2 MB a round: the kernel takes a few of them, we keep 16 MiB, and that must be all.
  for (let round = 0; round < 40 && (await value('headcount_live_dropped_total')) === 0; round++) {
    await site.tell(
      'radio',
      many(1000, (i) => join(`guest ${round} ${i}`, agent)),
    );
    await site.settle();
    told += 1000;
  }
  assert.equal(await value('headcount_live_dropped_total'), 1, `after ${told} sessions`);
  await until('it is gone', async () => (await value('headcount_live_readers')) === 1);
  await until(
    'the good one has heard of all',
    () => audiences(good).reduce((sum, { joined }) => sum + joined, 0) === told,
  );
  assert.ok(!good.hasEnded());
  good.leave();
});

test('when the server closes, every reader is told by the end, also one that does not read', async () => {
  const site = await startSite({ isEmpty: true });
  const follower = await follow(site);
  const slow = await openAndIgnore(site.port, '/api/v1/live');
  const closed = new Promise((resolve) => slow.once('close', resolve));
  await until('the first event', () => follower.events.length > 0);
  await site.close();
  await until('the end', () => follower.hasEnded());
  slow.resume();
  await closed;
});

test('a thousand follow, and the next one is told to come later', async (t) => {
  const site = await siteOf(t, true);
  const open = await Promise.all(many(1000, () => openAndIgnore(site.port, '/api/v1/live')));
  t.after(() => {
    for (const socket of open) socket.destroy();
  });
  const answer = await site.ask('/api/v1/live');
  assert.equal(answer.status, 503);
  assert.equal(errorOf(answer).code, 'TOO_MANY_READERS');
  assert.equal((await site.ask('/api/v1/status')).status, 200);
});

/** Asks, waits for the answer to begin, and reads no further. */
function openAndIgnore(port: number, path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    });
    socket.on('error', () => {});
    socket.once('close', () => reject(new Error('it was closed before it answered')));
    socket.once('data', (head: Buffer) => {
      socket.pause();
      assert.match(head.toString('latin1'), /^HTTP\/1\.1 200 /);
      resolve(socket);
    });
  });
}
