import { strict as assert } from 'node:assert';
import { isIPv4, isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalIp, formatIp, isInCidr, isLocalIp, maskIp, networkOf, parseCidr, parseIp } from './ip.ts';

test('addresses have one writing', () => {
  for (const [text, canonical] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:0201', '192.0.2.1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8::0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::', '::'],
    ['1::', '1::'],
    ['::1', '::1'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['1:0:3:4:5:6:7:8', '1:0:3:4:5:6:7:8'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ]) {
    assert.equal(canonicalIp(text!), canonical);
  }
  for (const text of ['', '1.2.3', '256.0.0.1', '01.2.3.4', '1:2', ':::', 'localhost', '1.2.3.4 ', '::1%']) {
    assert.equal(canonicalIp(text), text === '::1%' ? '::1' : null, text);
  }
});

test('what is an IPv4 address is what the system takes for one', () => {
  const nearly = fc.array(fc.constantFrom('0', '1', '9', '25', '255', '256', '.', '.', '-', ' ', 'x'), {
    maxLength: 9,
  });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.ipV4(),
        nearly.map((parts) => parts.join('')),
      ),
      (text) => {
        const bytes = parseIp(text);
        assert.equal(bytes?.length === 4, isIPv4(text), text);
        if (bytes !== null) assert.equal(formatIp(bytes), text);
      },
    ),
    { numRuns: 3000 },
  );
});

test('what is an IPv6 address is what the system takes for one, and is written as in a URL', () => {
  const part = fc.constantFrom(
    '0',
    '0',
    '1',
    'A0f',
    'ffff',
    '10000',
    'g',
    ':',
    ':',
    ':',
    '::',
    '.',
    '192.0.2.1',
    '1.2.3',
    '%',
  );
  const nearly = fc.array(part, { maxLength: 17 }).map((parts) => parts.join(''));
  const groups = fc.array(fc.constantFrom('0', '0', '1', 'FFFF', 'a1', ''), { minLength: 2, maxLength: 9 });
  const anything = fc.oneof(
    nearly,
    groups.map((parts) => parts.join(':')),
    fc.tuple(groups, fc.ipV4()).map(([parts, tail]) => `${parts.join(':')}:${tail}`),
    fc.ipV6(),
  );
  fc.assert(
    fc.property(anything, (text) => {
      const plain = text.split('%')[0]!;
      const bytes = parseIp(text);
      assert.equal(bytes !== null, isIPv6(plain) || isIPv4(text), text);
      if (bytes?.length === 16) assert.equal(`[${formatIp(bytes)}]`, new URL(`http://[${plain}]`).hostname);
    }),
    { numRuns: 20_000 },
  );
});

test('every address comes back from its bytes', () => {
  const v6 = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), v6), (bytes) => {
      const text = formatIp(bytes);
      const back = parseIp(text)!;
      assert.equal(formatIp(back), canonicalIp(text));
    }),
  );
});

test('a network is the IPv4 address or the IPv6 /64', () => {
  assert.equal(networkOf('192.0.2.1'), '192.0.2.1');
  assert.equal(networkOf('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(networkOf('2001:db8:1:2:ffff::1'), networkOf('2001:db8:1:2::9'));
  assert.equal(networkOf('some-token'), 'some-token');
});

test('CIDR blocks', () => {
  const isIn = (address: string, block: string) => isInCidr(parseIp(address)!, parseCidr(block)!);
  assert.ok(isIn('192.0.2.200', '192.0.2.0/24'));
  assert.ok(!isIn('192.0.3.0', '192.0.2.0/24'));
  assert.ok(isIn('192.0.2.1', '192.0.2.1'));
  assert.ok(isIn('10.1.2.3', '::ffff:10.0.0.0/104'));
  assert.ok(isIn('2001:db8::1', '2001:db8::/32'));
  assert.ok(isIn('1.2.3.4', '0.0.0.0/0'));
  assert.ok(!isIn('::1', '0.0.0.0/0'));
  for (const text of ['', '1.2.3.4/33', '::/129', '1.2.3.4/', '1.2.3.4/x', '1.2.3.4/8/8', '::ffff:1.2.3.4/8']) {
    assert.equal(parseCidr(text), null, text);
  }
});

test('masks', () => {
  assert.equal(formatIp(maskIp(parseIp('192.0.2.77')!, 24)), '192.0.2.0');
  assert.equal(formatIp(maskIp(parseIp('192.0.2.77')!, 26)), '192.0.2.64');
  assert.equal(formatIp(maskIp(parseIp('192.0.2.77')!, 32)), '192.0.2.77');
  assert.equal(formatIp(maskIp(Buffer.from([192, 0, 2, 77]), 0)), '0.0.0.0');
  assert.equal(formatIp(maskIp(parseIp('2001:db8:aaaa:bbbb:cccc::1')!, 48)), '2001:db8:aaaa::');
});

test('what is not on the public internet', () => {
  for (const text of [
    '10.0.0.1',
    '172.31.255.255',
    '169.254.1.1',
    '100.64.0.1',
    '127.0.0.1',
    '::1',
    'fd00::1',
    'fe80::1',
  ]) {
    assert.ok(isLocalIp(parseIp(text)!), text);
  }
  for (const text of ['172.32.0.1', '8.8.8.8', '100.128.0.1', '2001:db8::1'])
    assert.ok(!isLocalIp(parseIp(text)!), text);
});
