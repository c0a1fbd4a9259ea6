/** How a message is written. The bytes are what coturn 4.6.1 and its client sent on loopback, but where it says otherwise. */

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as write from '../../../lab/turn-packets.ts';
import { ALICE, allocate, bind, PEER, SERVER, stage } from './stage.fixture.ts';

interface Recorded {
  readonly from: 'client' | 'server';
  readonly hex: string;
}

const recorded = JSON.parse(
  readFileSync(new URL('testdata/coturn-4.6.1-messages.json', import.meta.url), 'utf8'),
) as Record<string, Recorded>;

async function told({ from, hex }: Recorded) {
  const on = stage();
  const [source, destination] = from === 'client' ? [ALICE, SERVER] : [SERVER, ALICE];
  on.send(source, destination, Buffer.from(hex, 'hex'));
  const { log } = await on.stats('log=true');
  assert.equal(log.length, 1);
  return log[0]!.message;
}

const client = (datagram: Buffer): Recorded => ({ from: 'client', hex: datagram.toString('hex') });

test('158: recorded messages have the class, method, transaction and attributes that they had', async () => {
  const names = async (name: string) => {
    const { type, class: kind, method, transactionId, attributeList } = await told(recorded[name]!);
    assert.equal(type, 'stunMessage');
    assert.equal(transactionId, recorded[name]!.hex.slice(16, 40));
    return [kind, method, ...Object.keys(attributeList ?? {})].join(' ');
  };
  assert.equal(await names('bindRequest'), 'request bind');
  assert.equal(await names('allocate401'), 'errorResponse allocate errorCode nonce realm software fingerprint');
  assert.equal(
    await names('createPermission'),
    'request createPermission xorPeerAddress username nonce realm messageIntegrity fingerprint',
  );
  assert.equal(
    await names('channelBind'),
    'request channelBind channelNumber xorPeerAddress username nonce realm messageIntegrity fingerprint',
  );
  assert.equal(await names('refresh'), 'request refresh lifetime username nonce realm messageIntegrity fingerprint');
});

test('158: what the recorded attributes say', async () => {
  const refused = (await told(recorded['allocate401']!)).attributeList!;
  assert.deepEqual(refused['errorCode'], {
    code: '401',
    reason: 'Unauthorized',
    length: 40,
    value: `00000401${Buffer.from('Unauthorized').toString('hex')}`,
    name: 'errorCode',
    type: 'error',
  });
  assert.deepEqual(refused['realm'], { length: 32, value: 'example.org', name: 'realm' });
  assert.equal(refused['software']!['value'], "Coturn-4.6.1 'Gorst'");
  const bound = (await told(recorded['channelBind']!)).attributeList!;
  assert.match(String(bound['channelNumber']!['value']), /^[4-7][\da-f]{3}$/);
  assert.equal(bound['username']!['value'], 'alice');
  const { address, family, type } = bound['xorPeerAddress']!;
  assert.deepEqual([address, family, type], ['127.0.0.1', 1, 'address']);
});

test('159: length counts the hex characters of head, value and padding', async () => {
  const message = await told(
    client(write.stun('allocate', 'request', 1, write.lifetime(600), write.username('hello'))),
  );
  assert.deepEqual(message.attributeList, {
    lifetime: { length: 16, value: '00000258', name: 'lifetime' },
    username: { length: 24, value: 'hello', name: 'username' },
  });
  assert.deepEqual(Object.keys(message.attributeList!['username']!), ['length', 'value', 'name']);
});

test('160: an address is decoded, IPv6 too, its keys in the order of the original', async () => {
  // The transaction does not matter to an IPv4 address.
  const hex = `0101000c2112a442${'00'.repeat(12)}002000080001d8b41de7de90`;
  const four = (await told({ from: 'server', hex })).attributeList!['xorMappedAddress']!;
  assert.equal(
    JSON.stringify(four),
    '{"family":1,"port":63910,"address":"60.245.122.210","length":24,"value":"0001d8b41de7de90","name":"xorMappedAddress","type":"address"}',
  );
  const six = { address: '2001:db8::9', port: 7000 };
  const message = await told(client(write.stun('createPermission', 'request', 5, write.peer(six, 5))));
  const { address, port, family, length } = message.attributeList!['xorPeerAddress']!;
  assert.deepEqual([address, port, family, length], ['2001:db8::9', 7000, 2, 48]);
});

test('161: ChannelData has its number and length, up to 4fff and beyond what the original knew', async () => {
  const on = stage();
  allocate(on);
  bind(on, 0x4000);
  on.send(ALICE, SERVER, write.channelData(0x4000, 546));
  const { log } = await on.stats('log=true');
  assert.deepEqual(log.at(-1)!.message, { type: 'channelData', number: 16_384, length: 546 });
});

test('167: unknown attributes are under their hex code; without attributes there is no list', async () => {
  const unknown: write.Attribute = [0xc057, Buffer.from('00000032', 'hex')];
  const message = await told(client(write.stun('binding', 'request', 3, unknown)));
  assert.deepEqual(message.attributeList, { c057: { length: 16, value: '00000032', name: 'c057' } });
  assert.equal('attributeList' in (await told(client(write.stun('binding', 'request', 4)))), false);
});

test('what is relayed is never in a message', async () => {
  const data: write.Attribute = [0x0013, Buffer.from('secret words')];
  const message = await told(client(write.stun('send', 'indication', 7, write.peer(PEER, 7), data)));
  assert.deepEqual(message.attributeList!['data'], { length: 32, value: '', name: 'data' });
  assert.doesNotMatch(JSON.stringify(message), new RegExp(Buffer.from('secret').toString('hex')));
});

test('names in UTF-8 stay what they are', async () => {
  const message = await told(client(write.stun('allocate', 'request', 8, write.username('josé'))));
  assert.equal(message.attributeList!['username']!['value'], 'josé');
});
