import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCidrs } from './cidr.ts';
import { formatIp, isInCidr, parseCidr, parseIp } from './ip.ts';

test('blocks and single addresses of both families', () => {
  const isListed = parseCidrs(['192.0.2.0/24', '203.0.113.7', '2001:db8:1::/48', '2001:db8:2::7']);
  const listed = ['192.0.2.0', '192.0.2.255', '203.0.113.7', '2001:db8:1:ffff::9', '2001:db8:2::7'];
  const others = ['192.0.1.255', '192.0.3.0', '203.0.113.6', '203.0.113.8', '2001:db8:2::8', '2001:db8::', '::'];
  for (const address of listed) assert.equal(isListed(address), true, address);
  for (const address of others) assert.equal(isListed(address), false, address);
});

test('the question may be bytes', () => {
  const isListed = parseCidrs(['192.0.2.0/24']);
  assert.equal(isListed(parseIp('192.0.2.9')!), true);
  assert.equal(isListed(parseIp('2001:db8::1')!), false);
});

test('an IPv4-mapped address is the IPv4 address, in the list and in the question', () => {
  assert.equal(parseCidrs(['192.0.2.0/24'])('::ffff:192.0.2.1'), true);
  assert.equal(parseCidrs(['::ffff:192.0.2.0/120'])('192.0.2.1'), true);
  assert.equal(parseCidrs(['::ffff:c000:201'])('192.0.2.1'), true);
  assert.equal(parseCidrs(['::/0'])('192.0.2.1'), false);
});

test('a prefix of 0 is the whole family, and bits behind the prefix do not matter', () => {
  assert.equal(parseCidrs(['0.0.0.0/0'])('255.255.255.255'), true);
  assert.equal(parseCidrs(['0.0.0.0/0'])('2001:db8::1'), false);
  assert.equal(parseCidrs(['::/0'])('ffff::'), true);
  assert.equal(parseCidrs(['192.0.2.77/24'])('192.0.2.1'), true);
});

test('an empty list, and a text that is no address, match nothing', () => {
  assert.equal(parseCidrs([])('192.0.2.1'), false);
  for (const text of ['', '-', 'radio.example', '192.0.2', '192.0.2.1:80', '0c0c0c0c'])
    assert.equal(parseCidrs(['0.0.0.0/0', '::/0'])(text), false, text);
});

test('what is no block is refused, by name', () => {
  for (const text of ['', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/8/8', '10.0.0/8', '::ffff:10.0.0.0/95', 'localhost'])
    assert.throws(() => parseCidrs(['192.0.2.1', text]), { code: 'BAD_CIDR' }, text);
  assert.throws(() => parseCidrs(['10.0.0.0/33']), /"10\.0\.0\.0\/33" is neither/);
});

test('the answer is that of asking every block by itself', () => {
  // Few different bytes, so that blocks lie within each other and addresses within blocks.
  const bytes = (length: number) =>
    fc
      .array(fc.constantFrom(0, 1, 127, 128, 255), { minLength: length, maxLength: length })
      .map((all) => Uint8Array.from(all));
  const block = fc.oneof(
    fc.tuple(bytes(4), fc.nat(32)).map(([address, bits]) => `${formatIp(address)}/${bits}`),
    fc.tuple(bytes(16), fc.nat(128)).map(([address, bits]) => `${formatIp(address)}/${bits}`),
  );
  fc.assert(
    fc.property(fc.array(block, { maxLength: 12 }), fc.array(fc.oneof(bytes(4), bytes(16))), (list, addresses) => {
      const isListed = parseCidrs(list);
      for (const address of addresses) {
        // A text in between, as in real life: the bytes of a mapped address are those of IPv4.
        const plain = parseIp(formatIp(address))!;
        assert.equal(
          isListed(plain),
          list.some((each) => isInCidr(plain, parseCidr(each)!)),
        );
      }
    }),
    { numRuns: 500 },
  );
});
