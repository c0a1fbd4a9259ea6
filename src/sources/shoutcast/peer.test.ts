/** Against a stand-in that speaks as SHOUTcast does by its documents (fixture.ts). */

import { strict as assert } from 'node:assert';
import { afterEach, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { type Watched, watchSource } from '../../../lab/watch.ts';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import { aListener, aStream, type StandIn, startShoutcast, type Version } from './fixture.ts';
import { shoutcast } from './index.ts';

const servers: StandIn[] = [];
const running: Watched[] = [];
afterEach(async () => {
  for (const watched of running.splice(0)) await watched.stop().catch(() => {});
  for (const server of servers.splice(0)) await server.stop();
});

async function start(version: Version, at?: number): Promise<StandIn> {
  const server = await startShoutcast(version, at);
  servers.push(server);
  return server;
}

function watch(
  { port, password }: StandIn,
  options: Record<string, unknown> = {},
  more: Parameters<typeof watchSource>[2] = {},
): Watched {
  const watched = watchSource(shoutcast, { host: '127.0.0.1', port, password, every: '1s', ...options }, more);
  running.push(watched);
  return watched;
}

/** So many polls more, each begun after this was called. */
async function polls(watched: Watched, count = 1) {
  const before = watched.batches.length;
  await until(`${count} polls`, () => watched.batches.length >= before + count);
}
const open = (watched: Watched) => watched.sessions().filter(({ endedAt }) => endedAt === null);
const onStream = (watched: Watched) => open(watched).map(({ stream, address }) => `${stream} ${address}`);
const withoutPassword = { password: undefined };

async function failure(watched: Watched): Promise<HeadcountError> {
  const error = await watched.ended;
  assert.ok(error instanceof HeadcountError, String(error));
  assert.doesNotMatch(messageOf(error), /hackme|hunter2|pass=/);
  return error;
}

for (const version of ['1.9.8', '2.0', '2.6'] as const) {
  test(`${version}: listeners come and go, and the stream is told`, async () => {
    const server = await start(version);
    server.streams.set('1', aStream(aListener('1'), aListener('2', { hostname: '192.0.2.2', userAgent: '**EMPTY**' })));
    const asked = Date.now();
    const watched = watch(server);
    await until('both are seen', () => open(watched).length === 2);
    const [first, second] = open(watched);
    assert.deepEqual(
      [first!.stream, first!.address, first!.userAgent, second!.address, second!.userAgent],
      ['1', '192.0.2.1', 'WinampMPEG/5.66', '192.0.2.2', null],
    );
    assert.ok(first!.startedAt >= asked - 60_000 && first!.startedAt <= Date.now() - 60_000);
    const { status, title, name, bitrate, contentType, listeners, peakListeners, maxListeners, averageSeconds } =
      watched.reports.get('1')!;
    assert.deepEqual([status, title, name], ['up', 'Artist - Title', 'Rock & Röll Radio']);
    assert.deepEqual(
      [bitrate, contentType, listeners, peakListeners, maxListeners, averageSeconds],
      [128, 'audio/mpeg', 2, 16, 64, 60],
    );

    server.streams.get('1')!.listeners.pop();
    await until('one has left', () => open(watched).length === 1);
    server.streams.set('1', { ...aStream(), status: 0 });
    await until('the stream is off the air', () => watched.reports.get('1')!.status === 'down');
    assert.deepEqual([open(watched).length, watched.reports.get('1')!.title], [0, null]);
  });

  test(`${version}: without the password there are numbers, and no listeners`, async () => {
    const server = await start(version);
    server.streams.set('1', aStream(aListener('1'), aListener('2')));
    const watched = watch(server, withoutPassword);
    await polls(watched, 2);
    const { status, title, listeners, bitrate } = watched.reports.get('1')!;
    assert.deepEqual([status, title, listeners, bitrate], ['up', 'Artist - Title', 2, 128]);
    assert.deepEqual([watched.sessions(), server.asked.some((path) => path.startsWith('/admin'))], [[], false]);
  });

  test(`${version}: a wrong password is said to be one, and not printed`, async () => {
    const server = await start(version);
    server.streams.set('1', aStream(aListener('1')));
    const error = await failure(watch(server, { password: 'hunter2' }));
    assert.equal(error.code, 'PEER_REFUSED_LOGIN');
    assert.match(error.message, /^127\.0\.0\.1:\d+ refused the login/);
  });

  test(`${version}: an answer that breaks off is a failure, and nobody has left`, async () => {
    const server = await start(version);
    server.streams.set('1', aStream(aListener('1')));
    const watched = watch(server);
    await until('somebody is seen', () => open(watched).length === 1);
    server.mood = 'cut off';
    const error = await failure(watched);
    assert.deepEqual([error.code, open(watched).length], ['PEER_ANSWERED_BADLY', 1]);
    server.mood = 'well';
    const again = watch(server, {}, { after: watched });
    await polls(again);
    assert.equal(again.sessions().length, 1, 'it is the same session');
  });
}

test('which dialect a server speaks is asked once', async () => {
  for (const [version, first] of [
    ['1.9.8', ['/statistics?json=1', '/statistics?json=1&pass=hackme', '/stats?sid=1', '/admin.cgi?mode=viewxml']],
    ['2.6', ['/statistics?json=1']],
  ] as const) {
    const server = await start(version);
    const watched = watch(server);
    await polls(watched, 2);
    const asked = server.asked.filter((path) => !path.includes('page='));
    assert.deepEqual(asked.slice(0, first.length), first, version);
    assert.deepEqual([...new Set(asked.slice(first.length))], first.slice(-1), version);
  }
});

test('statistics that are hidden are shown to whoever has the password, and to nobody else', async () => {
  for (const [hides, code, sentence] of [
    ['by redirect', 'PEER_ANSWERED_BADLY', /hides them from whoever has no password/],
    ['by refusal', 'PEER_REFUSED_LOGIN', /hides its statistics\. Give the password/],
  ] as const) {
    const server = await start('2.6');
    server.hides = hides;
    server.streams.set('1', aStream(aListener('1')));
    const watched = watch(server);
    await until('somebody is seen', () => open(watched).length === 1);
    const error = await failure(watch(server, withoutPassword));
    assert.deepEqual([error.code, sentence.test(error.message)], [code, true], hides);
  }
});

test('all streams are watched, or the one that is wanted, which may be off the air', async () => {
  const server = await start('2.6');
  server.streams.set('1', aStream(aListener('1')));
  server.streams.set('2', aStream(aListener('1', { hostname: '192.0.2.2' })));
  server.streams.set('3', { ...aStream(), status: 0 });
  const all = watch(server);
  const second = watch(server, { sid: 2 });
  const fourth = watch(server, { sid: 4 });
  await Promise.all([polls(all), polls(second), polls(fourth)]);
  assert.deepEqual(onStream(all).sort(), ['1 192.0.2.1', '2 192.0.2.2']);
  assert.deepEqual([all.reports.get('3')!.status, [...all.reports.keys()]], ['down', ['1', '2', '3']]);
  assert.deepEqual([onStream(second), [...second.reports.keys()]], [['2 192.0.2.2'], ['2']]);
  assert.deepEqual([onStream(fourth), fourth.reports.get('4')!.status], [[], 'down']);
  assert.ok(!server.asked.some((path) => path.includes('sid=3&mode=viewjson')), 'where nobody is nobody is asked for');
  server.streams.delete('2');
  await until('the second is gone', () => all.reports.get('2')!.status === 'down');
  assert.deepEqual(onStream(all), ['1 192.0.2.1']);
});

test('a stream whose listeners cannot be asked for keeps them, and harms no other', async () => {
  const server = await start('2.6');
  server.streams.set('1', aStream(aListener('1')));
  server.streams.set('2', aStream(aListener('1', { hostname: '192.0.2.2' })));
  const watched = watch(server);
  await until('both are seen', () => open(watched).length === 2);
  server.streams.get('1')!.isBroken = true;
  server.streams.get('2')!.listeners = [aListener('2', { hostname: '192.0.2.3' })];
  await until('the second has changed', () => onStream(watched).includes('2 192.0.2.3'));
  assert.deepEqual(onStream(watched).sort(), ['1 192.0.2.1', '2 192.0.2.3']);
  assert.ok(watched.counters.get('streamsFailed') > 0);
});

test('a UID that is given again is another listener, and the first one keeps its end', async () => {
  const server = await start('2.6');
  server.streams.set('1', aStream(aListener('7', { seconds: 600 })));
  const watched = watch(server);
  await until('the first is seen', () => open(watched).length === 1);
  server.streams.set('1', aStream(aListener('7', { seconds: 0 })));
  await until('the second is seen', () => watched.sessions().length === 2);
  const [first, second] = watched.sessions();
  assert.deepEqual([first!.reason, second!.endedAt, watched.counters.get('reusedIds')], ['left', null, 1]);
  assert.ok(first!.endedAt! <= second!.startedAt);
});

test('after a restart UIDs begin anew, and its listeners are others', async () => {
  const server = await start('1.9.8');
  server.streams.set('1', aStream(aListener('1', { seconds: 3600 })));
  const watched = watch(server);
  await until('the first is seen', () => open(watched).length === 1);
  await servers.pop()!.stop();
  const error = await failure(watched);
  assert.deepEqual([error.code, open(watched).length], ['PEER_UNREACHABLE', 1], 'silence ends nobody');

  const again = await start('1.9.8', server.port);
  again.streams.set('1', aStream(aListener('1', { seconds: 0 })));
  const after = watch(again, {}, { after: watched });
  await until('the second is seen, the first is gone', () => after.sessions().length === 2 && open(after).length === 1);
});

test('who comes through a proxy has the address for whom it asks', async () => {
  const server = await start('2.6');
  server.streams.set('1', aStream(aListener('1', { xff: '198.51.100.7, 203.0.113.1' })));
  const watched = watch(server);
  await until('somebody is seen', () => open(watched).length === 1);
  assert.equal(open(watched)[0]!.address, '198.51.100.7');
});

test('what listeners write into their user agents neither blinds us nor looks like a refusal', async () => {
  for (const version of ['1.9.8', '2.6'] as const) {
    const server = await start(version);
    const hostile = ['<html>password', '</USERAGENT></LISTENER>', 'a\u0001&b&c;', '"}]', 'x'.repeat(9000)];
    server.streams.set('1', aStream(...hostile.map((userAgent, i) => aListener(String(i), { userAgent }))));
    const watched = watch(server);
    await until('everybody is seen', () => open(watched).length === hostile.length);
    assert.ok(open(watched).some(({ userAgent }) => userAgent === '<html>password'));
  }
});

test('songs are asked for when the title has changed', async () => {
  const server = await start('2.6');
  const watched = watch(server);
  const asked = () => server.asked.filter((path) => path.includes('page=4')).length;
  await until('the first title is told', () => watched.batches.length > 0 && asked() === 1);
  await polls(watched, 2);
  assert.equal(asked(), 1);
  const playedAt = Math.floor(Date.now() / 1000) - 5;
  server.streams.set('1', { ...aStream(), title: 'New', songs: [{ playedAt, title: 'New' }] });
  await until('the new title is told', () => watched.reports.get('1')!.title === 'New');
  assert.equal(asked(), 2);
  const reports = watched.batches.flatMap(({ observations }) => observations);
  const told = reports.find((each) => 'titles' in each);
  assert.deepEqual(told && 'titles' in told && told.titles, [{ at: playedAt * 1000, title: 'New' }]);
});

test('a server that hangs is given up after the timeout, and the end comes at once when we stop', async () => {
  const server = await start('2.6');
  server.mood = 'hangs';
  const error = await failure(watch(server, { timeout: '150ms' }));
  assert.match(error.message, /did not answer within 150 ms/);
  assert.equal(server.asked.length, 1, 'one question was enough');
  const watched = watch(server);
  await until('it asks', () => server.asked.length === 2);
  await watched.stop();
});

test('a server that changes its version is understood again', async () => {
  const one = await start('1.9.8');
  const options = { host: '127.0.0.1', port: one.port, password: one.password, every: '1s' };
  // The supervisor runs the same source again and again.
  const source = shoutcast.create(shoutcast.config.parse(options), { name: '', audience: null, gap: 0, lateness: 0 });
  const kind: typeof shoutcast = { ...shoutcast, create: () => source };
  const before = watchSource(kind, options);
  running.push(before);
  await polls(before);
  await servers.pop()!.stop();
  await failure(before);
  const two = await start('2.6', one.port);
  two.streams.set('1', aStream(aListener('1')));
  const after = watchSource(kind, options);
  running.push(after);
  await until('its listener is seen', () => open(after).length === 1);
});
