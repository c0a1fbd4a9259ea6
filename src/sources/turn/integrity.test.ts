import { strict as assert } from 'node:assert';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as write from '../../../lab/turn-packets.ts';
import type { Flow } from './flow-table.ts';
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

const FLOW: Flow = {
  ...{ bytes: new Uint8Array(8), protocol: 17, addressLength: 4 },
  ...{ client: 0, clientPort: 50_000, server: 4, serverPort: 3478 },
};
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

/** MESSAGE-INTEGRITY over what stands before it, as a sender makes it. */
function signed(message: Buffer, key: Buffer): Buffer {
  const header = Buffer.from(message);
  header.writeUInt16BE(message.length - 20 + 24, 2);
  const integrity = createHmac('sha1', key).update(header).digest();
  return Buffer.concat([header, Buffer.from('00080014', 'hex'), integrity]);
}

test('a request is verified by its user, an answer by its request; a key of the REST API is made of the name', () => {
  const name = '1790000000:carol';
  const restPassword = createHmac('sha1', 'shared').update(name).digest('base64');
  const verifier = new Verifier({ passwords: new Map([['alice', 'one']]), sharedSecret: 'shared' });
  for (const [user, password, transaction] of [
    ['alice', 'one', 1],
    [name, restPassword, 2],
  ] as const) {
    const key = longTermKey(user, 'example.org', password);
    const names = [write.username(user), write.realm('example.org')];
    const ask = write.stun('allocate', 'request', transaction, ...names);
    const answer = write.stun('allocate', 'success', transaction, write.lifetime(600));
    assert.equal(verifier.verify(read(signed(answer, key)), FLOW, false), UNVERIFIED, 'its request was not seen');
    assert.equal(verifier.verify(read(signed(ask, Buffer.from('guessed'))), FLOW, true), BAD_INTEGRITY);
    assert.equal(verifier.verify(read(signed(ask, key)), FLOW, true), VERIFIED);
    assert.equal(verifier.verify(read(signed(answer, key)), FLOW, false), VERIFIED);
    assert.equal(verifier.verify(read(signed(answer, Buffer.from('forged'))), FLOW, false), BAD_INTEGRITY);
    const elsewhere = { ...FLOW, clientPort: 50_001 };
    assert.equal(verifier.verify(read(signed(answer, key)), elsewhere, false), UNVERIFIED, 'another client');
    assert.equal(verifier.verify(read(ask), FLOW, true), UNVERIFIED, 'it has none, as the first of all');
  }
  const unknown = write.stun('allocate', 'request', 3, write.username('bob'), write.realm('example.org'));
  const plain = new Verifier({ passwords: new Map([['alice', 'one']]), sharedSecret: null });
  assert.equal(plain.verify(read(signed(unknown, Buffer.from('x'))), FLOW, true), UNVERIFIED);
  const changed = Buffer.from(vector('vec0_0001_108'));
  changed[30]! ^= 1;
  assert.equal(verifier.verify(read(changed), FLOW, true), BAD_FINGERPRINT);
});
