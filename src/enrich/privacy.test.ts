import { strict as assert } from 'node:assert';
import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMask, keyedHash } from './privacy.ts';

const KEY = new Uint8Array(32).fill(7);
const hash = keyedHash(KEY);
const bits = { ipv4Bits: 24, ipv6Bits: 48 };

test('a token is the first 96 bits of an HMAC-SHA-256 (RFC 4231, test cases 6 and 7)', () => {
  const rfc = keyedHash(new Uint8Array(131).fill(0xaa));
  const cut = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');
  assert.equal(rfc('Test Using Larger Than Block-Size Key - Hash Key First'), cut('60e431591ee0b67f0d8a26aa'));
  assert.equal(
    rfc(
      'This is a test using a larger than block-size key and a larger than block-size data. ' +
        'The key needs to be hashed before being used by the HMAC algorithm.',
    ),
    cut('9b09ffa71b942fcb27635fbc'),
  );
});

test('a token is sixteen characters of base64url, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.match(hash(text), /^[\w-]{16}$/);
      assert.equal(hash(text), createHmac('sha256', KEY).update(text).digest('base64url').slice(0, 16));
    }),
  );
});

test('another key makes other tokens; one that is too short is refused', () => {
  assert.notEqual(keyedHash(new Uint8Array(32).fill(8))('x'), hash('x'));
  assert.throws(() => keyedHash(new Uint8Array(15)), { code: 'PRIVACY_KEY' });
});

test('full leaves addresses as they are', () => {
  const mask = createMask({ addresses: 'full', ...bits }, hash);
  for (const address of ['192.0.2.77', '2001:db8::1', 'some-token', null]) assert.equal(mask(address), address);
});

test('truncated keeps the network, and of what is no address only a token', () => {
  const mask = createMask({ addresses: 'truncated', ...bits }, hash);
  assert.equal(mask('192.0.2.77'), '192.0.2.0');
  assert.equal(mask('2001:db8:1234:5678:9abc:def0:1:2'), '2001:db8:1234::');
  assert.equal(mask('host-192-0-2-77.example.net'), hash('i|host-192-0-2-77.example.net'));
  assert.equal(mask(null), null);
  const fewer = createMask({ addresses: 'truncated', ipv4Bits: 12, ipv6Bits: 0 }, hash);
  assert.equal(fewer('192.0.2.77'), '192.0.0.0');
  assert.equal(fewer('198.51.100.1'), '198.48.0.0');
  assert.equal(fewer('2001:db8::1'), '::');
});

test('hashed leaves a token that is no address and tells equal addresses from others', () => {
  const mask = createMask({ addresses: 'hashed', ...bits }, hash);
  const token = mask('192.0.2.77')!;
  assert.match(token, /^[\w-]{16}$/);
  assert.equal(isIP(token), 0);
  assert.equal(mask('192.0.2.77'), token);
  assert.notEqual(mask('192.0.2.78'), token);
  assert.equal(mask(null), null);
});
