import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { LAST_LINE, parseSessions } from './parse.ts';

const NOON = Date.UTC(2026, 10, 21, 12);
const recorded = readFileSync(new URL('testdata/coturn-4.6.1-cli-ps.txt', import.meta.url), 'utf8');

const asked = { stream: 'coturn', at: NOON, nextWithin: 16_000 };

const block = (more = '', user = 'alice') => `
    1) id=001000000000000003, user <${user}>:
      realm: example.org
      started 7 secs ago
      expiring in 593 secs
      client protocol TCP, relay protocol UDP
      client addr [2001:db8::7]:46411, server addr 192.0.2.1:3478
      relay addr 192.0.2.1:18559
      usage: rp=7, rb=752, sp=6, sb=536
       rate: r=0, s=0, total=0 (bytes per sec)
${more}
  Total sessions: 1
`;

test('the recorded answer has five allocations', () => {
  const { allocations, totals, begins, unreadable, notPrinted } = parseSessions(recorded, asked);
  assert.deepEqual([allocations.length, unreadable, notPrinted], [5, 0, 0]);
  assert.match(recorded, LAST_LINE);
  const [first] = allocations;
  const { stream, client, from, until, details } = first!;
  assert.deepEqual([stream, client.user, client.address, client.port], ['example.org', 'alice', '127.0.0.1', 46_411]);
  assert.deepEqual([from, until], [NOON, NOON + 593_000]);
  assert.deepEqual(details, {
    ...{ peers: 1, transport: 'udp', realm: 'example.org' },
    ...{ server: '127.0.0.1:18478', relayed: '127.0.0.1:18559' },
  });
  const connection = '001000000000000003 127.0.0.1:46411';
  assert.equal(client.connection, connection);
  assert.deepEqual(totals.get(connection), { up: { packets: 7, bytes: 752 }, down: { packets: 6, bytes: 536 } });
  assert.equal(begins.get(connection), NOON - 7000);
  assert.equal(new Set(allocations.map((each) => each.client.connection)).size, 5);
});

test('IPv6, TCP, ephemeral names, no realm', () => {
  const text = block('', '1790000000:bob').replace('realm: example.org', 'realm: ');
  const [one] = parseSessions(text, { ...asked, stream: 'calls' }).allocations;
  assert.deepEqual([one!.stream, one!.client.user, one!.client.address], ['calls', 'bob', '2001:db8::7']);
  assert.equal(one!.details!['transport'], 'tcp');
});

test('a name that looks like lines of the answer stays a name', () => {
  const { allocations } = parseSessions(block('', 'x>: usage: rp=1, rb=1, sp=1, sb=1'), asked);
  assert.equal(allocations[0]!.client.user, 'x>: usage: rp=1, rb=1, sp=1, sb=1');
});

test('blocks that cannot be read are counted, and harm no other', () => {
  for (const broken of [
    block().replace('started 7 secs ago', 'started once'),
    block().replace('client addr', 'client'),
    block().replace('rp=7', 'rp=x'),
  ]) {
    const { allocations, unreadable } = parseSessions(`${broken}${block()}`, asked);
    assert.deepEqual([allocations.length, unreadable], [1, 1]);
  }
  assert.deepEqual(parseSessions('', asked).allocations, []);
  assert.deepEqual(parseSessions('\n  Total sessions: 0\n', asked).allocations, []);
});

test('one that is about to run out is there until the next answer at least', () => {
  const leaseOf = (text: string) => parseSessions(text, asked).allocations[0]!.until! - NOON;
  assert.equal(leaseOf(block().replace('593 secs', '17 secs')), 17_000);
  assert.equal(leaseOf(block().replace('593 secs', '0 secs')), 16_000);
});

test('one that has run out is gone; what is not printed is counted', () => {
  const expired = block().replace('expiring in 593 secs', 'expired');
  const more = `${expired}${block().replace('sessions: 1', 'sessions: 9')}`;
  const { allocations, unreadable, notPrinted } = parseSessions(more, asked);
  assert.deepEqual([allocations.length, unreadable, notPrinted], [1, 0, 7]);
});
