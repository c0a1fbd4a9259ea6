import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  BAD_FINGERPRINT,
  BAD_INTEGRITY,
  isFingerprintRight,
  isIntegrityRight,
  longTermKey,
  UNVERIFIED,
  VERIFIED,
  Verifier,
} from './integrity.ts';
import { createStunMessage, readStun, STUN, type StunMessage } from './stun.ts';

const SHORT = Buffer.from('VOkJxbRl1RmTxUk/WvJxBt');

function read(bytes: Buffer, captured = bytes.length): StunMessage {
  const message = createStunMessage();
  const buffer = Buffer.concat([Buffer.alloc(9, 0x21), bytes]);
  assert.equal(readStun(message, buffer, 9, captured, bytes.length), STUN);
  return message;
}

const vector = (name: string) => readFileSync(new URL(`testdata/rfc5769/${name}.bin`, import.meta.url));
const withFingerprint = ['vec0_0001_108', 'vec2_0101_80', 'vec3_0101_92'];

test('RFC 5769 §2.1 to §2.3: fingerprint and integrity with a short-term key', () => {
  for (const name of withFingerprint) {
    assert.equal(isFingerprintRight(read(vector(name))), true, name);
    assert.equal(isIntegrityRight(read(vector(name)), SHORT), true, name);
    assert.equal(isIntegrityRight(read(vector(name)), Buffer.from('another')), false, name);
  }
});

test('RFC 5769 §2.4: integrity with a long-term key', () => {
  const key = longTermKey('マトリックス', 'example.org', 'TheMatrIX');
  assert.equal(isIntegrityRight(read(vector('vec1_0001_116')), key), true);
  assert.equal(isIntegrityRight(read(vector('vec1_0001_116')), longTermKey('x', 'example.org', 'TheMatrIX')), false);
});

test('whatever bit is changed before them, both say so', () => {
  for (const name of withFingerprint) {
    const bytes = vector(name);
    // Behind the header, and before the attributes at the end: 24 bytes of integrity, 8 of fingerprint.
    for (let bit = 8 * 24; bit < 8 * (bytes.length - 32); bit += 5) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const message = createStunMessage();
      if (readStun(message, changed, 0, changed.length, changed.length) !== STUN) continue;
      assert.notEqual(isFingerprintRight(message) && isIntegrityRight(message, SHORT), true, `${name} ${bit}`);
    }
  }
});

test('what was cut by the snap length, or has neither, cannot be verified', () => {
  const bytes = vector('vec0_0001_108');
  assert.equal(isFingerprintRight(read(bytes, bytes.length - 1)), true);
  assert.equal(isIntegrityRight(read(bytes, 80), SHORT), null);
  const bare = Buffer.from('000100002112a442000102030405060708090a0b', 'hex');
  assert.deepEqual([isFingerprintRight(read(bare)), isIntegrityRight(read(bare), SHORT)], [true, null]);
});

test('coturn 4.6.1: requests by their user, answers by the request; a wrong password is found', async () => {
  const { createCaptureReader } = await import('../../transports/capture/pcap.ts');
  const { createPacket, readPacket } = await import('../../transports/capture/packet.ts');
  const verdictsWith = (password: string) => {
    const verifier = new Verifier({ passwords: new Map([['alice', password]]), sharedSecret: null });
    const counts = new Map<number, number>();
    const packet = createPacket();
    const message = createStunMessage();
    const reader = createCaptureReader((buffer, start, captured, _original, _time, link) => {
      readPacket(packet, buffer, start, captured, link);
      if (readStun(message, buffer, packet.payload, packet.captured, packet.length) !== STUN) return;
      const verdict = verifier.verify(message, packet.destinationPort === 34_780);
      counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    });
    reader.write(readFileSync(new URL('testdata/coturn-4.6.1.pcap', import.meta.url)));
    return counts;
  };
  const right = verdictsWith('one');
  assert.deepEqual([right.get(BAD_INTEGRITY), right.get(BAD_FINGERPRINT)], [undefined, undefined]);
  assert.equal(right.get(VERIFIED), 2 * (5 + 5 + 4 + 4 + 4 + 8 - 1), 'allocate, refresh, bind, permission of alice');
  assert.ok(right.get(UNVERIFIED)! > 0, 'bob has no password here');
  const wrong = verdictsWith('wrong');
  assert.equal(wrong.get(VERIFIED), undefined);
  assert.ok(wrong.get(BAD_INTEGRITY)! > 0);
});
