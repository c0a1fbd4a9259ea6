import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { matchIgnored, type OwnAddresses, parseIgnoreRule, publicAddressIn } from './ignore.ts';

const OWN: OwnAddresses = { local: ['192.0.2.10', '2001:db8::10'], world: ['198.51.100.1'] };
const ignored = (rules: string[], own = OWN, ignoresLan = false) =>
  matchIgnored(
    rules.map((rule) => parseIgnoreRule(rule)!),
    ignoresLan,
    own,
  );

function check(isIgnored: (address: string) => boolean, yes: readonly string[], no: readonly string[]): void {
  for (const address of yes) assert.equal(isIgnored(address), true, `${address} is ignored`);
  for (const address of no) assert.equal(isIgnored(address), false, `${address} is not ignored`);
}

test('a pattern is compared number by number: 1.1.1.1 is not 11.12.13.14', () => {
  check(ignored(['1.1.1.1']), ['1.1.1.1'], ['11.12.13.14', '1.1.1.11', '1.1.1.10']);
  check(ignored(['1.1.*.1']), ['1.1.0.1', '1.1.255.1'], ['1.1.0.11', '11.1.0.1', '1.10.0.1', '1.1.0.0']);
  check(ignored(['192.168.*.*']), ['192.168.1.2', '192.168.0.0'], ['192.169.1.2', '19.168.1.2', '2001:db8::1']);
});

test('addresses and blocks of both kinds', () => {
  const isIgnored = ignored(['203.0.113.0/24', '2001:db8:5::/48', '192.0.2.7']);
  check(isIgnored, ['203.0.113.9', '2001:db8:5::9', '192.0.2.7'], ['203.0.114.1', '2001:db8:6::1', '192.0.2.70']);
});

test('ip_local is this machine; ip_world and ip_global are its address on the internet', () => {
  check(ignored(['ip_local']), ['192.0.2.10', '2001:db8::10'], ['198.51.100.1', '192.0.2.11']);
  for (const rule of ['ip_world', 'ip_global', ' IP_World ']) check(ignored([rule]), ['198.51.100.1'], ['192.0.2.10']);
  check(ignored(['ip_world'], { local: [], world: [] }), [], ['198.51.100.1', '192.0.2.10']);
});

test('ignore_local_connections leaves out private networks, and neither loopback nor shared addresses', () => {
  const lan = ['10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.2', 'fd00::1', 'fe80::1'];
  const others = ['172.32.0.1', '127.0.0.1', '169.254.1.1', '100.64.0.1', '192.0.2.1', '::1', '2001:db8::1'];
  check(ignored([], OWN, true), lan, others);
  check(ignored([]), [], [...lan, ...others]);
});

test('what is no rule', () => {
  for (const text of ['', '192.168.*', '1.2.3.4.5', '1.2.3.*x', '256.*.*.*', '01.*.*.*', 'ip_here', '1.2.3.4/33', '*'])
    assert.equal(parseIgnoreRule(text), null, text);
});

test('the first public address of a page', () => {
  assert.equal(publicAddressIn('<p>You: 192.168.1.2 are 198.51.100.1.</p> 203.0.113.1'), '198.51.100.1');
  assert.equal(publicAddressIn('{"ip":"2001:DB8::7"}'), '2001:db8::7');
  for (const page of ['', '999.1.1.1 10.0.0.1 ::1', 'dead beef']) assert.equal(publicAddressIn(page), null, page);
});
