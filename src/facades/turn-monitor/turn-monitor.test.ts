/** GET /stats, by the lines of the list of what turn-monitor's users rely on. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import * as write from '../../../lab/turn-packets.ts';
import { clientFacts } from '../../core/observation.ts';
import { ALICE, allocate, bind, exchange, NOON, PEER, refresh, SERVER, type Stage, stage } from './stage.fixture.ts';

const KEY = '192.0.2.10:50000';
const BOB: write.At = { address: '192.0.2.11', port: 50_001 };

function up({ send }: Stage, channel: number, bytes: number): void {
  send(ALICE, SERVER, write.channelData(channel, bytes));
}

function down({ send }: Stage, channel: number, bytes: number): void {
  send(SERVER, ALICE, write.channelData(channel, bytes));
}

test('148: the answer has currentUserAmount, activeUserList and log, which is empty without the parameter', async () => {
  const on = stage();
  allocate(on);
  bind(on, 0x4000);
  const { status, headers, body } = await on.ask();
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'application/json; charset=utf-8');
  assert.match(
    String(body),
    /^\{"currentUserAmount":1,"activeUserList":\{"192\.0\.2\.10:50000":\{"username":"alice","channelNumber":"4000","bandwidth":0,"lastUpdateTime":"2026-05-01T12:00:00\.000Z",.*\}\},"log":\[\]\}$/,
  );
  assert.deepEqual(await stage().stats(), { currentUserAmount: 0, activeUserList: {}, log: [] });
});

test('149: log=true tells the newest thousand messages; log=false and an empty one tell none', async () => {
  const on = stage();
  allocate(on);
  bind(on, 0x4000);
  for (let i = 0; i < 1200; i++) up(on, 0x4000, i % 100);
  const { log } = await on.stats('log=true');
  assert.equal(log.length, 1000);
  assert.deepEqual(log.at(-1), {
    remoteIp: KEY,
    message: { type: 'channelData', number: 16_384, length: 99 },
    timestamp: '2026-05-01T12:00:00.000Z',
  });
  assert.equal((await on.stats('log=1')).log.length, 1000);
  for (const query of ['log=false', 'log=', 'log=0', 'log=no'])
    assert.deepEqual((await on.stats(query)).log, [], query);
});

test('150, 151: a channelBind with a user name makes a user of the remote address; without a name it does not', async () => {
  const on = stage();
  allocate(on);
  assert.deepEqual((await on.stats()).activeUserList, {}, 'an allocation alone is no user');
  bind(on, 0x4000);
  const [[key, user]] = Object.entries((await on.stats()).activeUserList) as [[string, object]];
  assert.equal(key, KEY);
  assert.deepEqual(Object.keys(user).slice(0, 4), ['username', 'channelNumber', 'bandwidth', 'lastUpdateTime']);

  const unnamed = stage();
  allocate(unnamed, { user: '' });
  bind(unnamed, 0x4000, { user: '' });
  assert.equal((await unnamed.stats()).currentUserAmount, 0);
});

test('152: a channelBind that is refused makes no user', async () => {
  const on = stage();
  allocate(on);
  bind(on, 0x4000, { kind: 'error' });
  assert.equal((await on.stats()).currentUserAmount, 0);
});

test('153, 165: bandwidth grows by the length of ChannelData, both ways, all of it the client’s', async () => {
  const on = stage();
  allocate(on);
  bind(on, 0x4000);
  up(on, 0x4000, 391);
  down(on, 0x4000, 1000);
  const { activeUserList } = await on.stats();
  assert.deepEqual(Object.keys(activeUserList), [KEY]);
  const { bandwidth, up: sent, down: received } = activeUserList[KEY]!;
  assert.deepEqual([bandwidth, sent, received], [1391, 391, 1000]);
});

test('165: on loopback, and with IPv6, it is the client’s too', async () => {
  const on = stage();
  const local = { address: '127.0.0.1', port: 56_171 };
  const server = { address: '127.0.0.1', port: 3478 };
  const six = { address: '2001:db8::7', port: 50_007 };
  allocate(on, { client: six });
  bind(on, 0x4000, { client: six });
  on.send({ address: '2001:db8::1', port: 3478 }, six, write.channelData(0x4000, 70));
  on.send(local, server, write.stun('allocate', 'request', 9001, write.username('hello'), write.realm('example.org')));
  const answers = [write.relayed({ ...server, port: 49_152 }, 9001), write.lifetime(600)];
  on.send(server, local, write.stun('allocate', 'success', 9001, ...answers));
  const asks = [write.channelNumber(0x4000), write.peer(PEER, 9002), write.username('hello')];
  on.send(local, server, write.stun('channelBind', 'request', 9002, ...asks));
  on.send(server, local, write.stun('channelBind', 'success', 9002));
  on.send(server, local, write.channelData(0x4000, 30));
  const { activeUserList } = await on.stats();
  const bandwidths = Object.fromEntries(Object.entries(activeUserList).map(([key, each]) => [key, each.bandwidth]));
  assert.deepEqual(bandwidths, { '127.0.0.1:56171': 30, '[2001:db8::7]:50007': 70 });
});

test('154: binding again, or a second channel, keeps the total; all channels are listed', async () => {
  const on = stage();
  allocate(on);
  bind(on, 0x4000);
  up(on, 0x4000, 100);
  bind(on, 0x4000);
  bind(on, 0x4001);
  up(on, 0x4001, 11);
  const { bandwidth, channelNumber, channels } = (await on.stats()).activeUserList[KEY]!;
  assert.deepEqual([bandwidth, channelNumber, channels], [111, '4001', ['4000', '4001']]);
});

test('155: who is idle vanishes after the interval, and comes back with the next ChannelData', async () => {
  const on = stage();
  allocate(on);
  bind(on, 0x4000);
  up(on, 0x4000, 100);
  on.at(10);
  assert.equal((await on.stats()).currentUserAmount, 1, 'at exactly the interval he is still there');
  on.at(10.001);
  assert.equal((await on.stats()).currentUserAmount, 0);
  on.at(60);
  down(on, 0x4000, 5);
  const { bandwidth, lastUpdateTime } = (await on.stats()).activeUserList[KEY]!;
  assert.deepEqual([bandwidth, lastUpdateTime], [105, new Date(NOON + 60_000).toISOString()]);
});

test('156: a refresh with a lifetime of nothing ends the user at once', async () => {
  const on = stage();
  allocate(on);
  bind(on, 0x4000);
  refresh(on, 0);
  assert.equal((await on.stats()).currentUserAmount, 0);
});

test('157: Send and Data indications count, and make a user', async () => {
  const on = stage();
  allocate(on);
  on.send(ALICE, SERVER, write.stun('send', 'indication', 1, write.peer(PEER, 1), write.payload(40)));
  on.send(SERVER, ALICE, write.stun('data', 'indication', 2, write.peer(PEER, 2), write.payload(60)));
  const { bandwidth, channelNumber } = (await on.stats()).activeUserList[KEY]!;
  assert.deepEqual([bandwidth, channelNumber], [100, null]);
});

test('161, 162: only ChannelData of a bound channel and of the right length is told; TCP text is not', async () => {
  const on = stage();
  allocate(on);
  bind(on, 0x4fff);
  on.send(ALICE, SERVER, Buffer.from('GET / HTTP/1.1\r\nHost: radio.example\r\n\r\n'));
  on.send(ALICE, SERVER, Buffer.concat([Buffer.from('40000222', 'hex'), Buffer.alloc(546)]));
  on.send(ALICE, SERVER, Buffer.from('4fff0064', 'hex'));
  up(on, 0x4fff, 7);
  const { log, activeUserList } = await on.stats('log=true');
  const data = log.filter(({ message }) => message['type'] === 'channelData').map(({ message }) => message);
  assert.deepEqual(data, [{ type: 'channelData', number: 0x4fff, length: 7 }]);
  assert.deepEqual(activeUserList[KEY]!.channelNumber, '4fff');
});

test('163: a realm that is no UTF-8 harms nobody, and is counted', async () => {
  const on = stage();
  const broken: write.Attribute = [0x0014, Buffer.from([0xff, 0xfe, 0x80])];
  exchange(on, 'allocate', {
    asks: () => [write.username('alice'), broken],
    answers: (id) => [write.relayed(PEER, id)],
  });
  const { log } = await on.stats('log=true');
  assert.equal(log[0]!.message.attributeList!['realm']!['value'], '\ufffd\ufffd\ufffd');
  assert.ok(on.counters.scope('relay').get('unreadableTexts') > 0);
});

test('two allocations of one endpoint are two users', async () => {
  const on = stage();
  const facts = { address: '192.0.2.10', port: 50_000, user: 'alice' };
  for (const [i, relayed] of ['198.51.100.1:49152', '198.51.100.1:49153'].entries()) {
    on.tell(clientFacts({ ...facts, connection: `c${i}` }), { bytes: 10 * (i + 1), details: { relayed, peers: 1 } });
  }
  const { activeUserList, currentUserAmount } = await on.stats();
  assert.equal(currentUserAmount, 2);
  assert.equal(Object.keys(activeUserList).filter((key) => key === KEY).length, 1);
  assert.ok(Object.keys(activeUserList).some((key) => /^192\.0\.2\.10:50000 198\.51\.100\.1:4915[23]$/.test(key)));
});

test('168: verbose tells each message in the log, without values or addresses; otherwise nothing is', async () => {
  for (const verbose of [true, false]) {
    const lines: string[] = [];
    const on = stage({ options: { verbose }, info: (line) => lines.push(line) });
    const stopping = new AbortController();
    const running = on.facade.run(stopping.signal);
    allocate(on, { client: BOB });
    bind(on, 0x4000, { client: BOB });
    on.send(BOB, SERVER, write.channelData(0x4000, 12));
    while (verbose && lines.length < 5) await new Promise((resolve) => setImmediate(resolve));
    stopping.abort();
    await running;
    assert.deepEqual(
      lines,
      verbose
        ? [
            'allocate request username realm',
            'allocate response xorRelayedAddress lifetime',
            'channelBind request channelNumber xorPeerAddress username realm',
            'channelBind response',
            'channelData number 16384 length 12',
          ]
        : [],
    );
  }
});
