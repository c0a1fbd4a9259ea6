import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseConnection } from './parse.ts';

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`testdata/${name}.json`, import.meta.url), 'utf8')) as Record<string, unknown>;
const open = read('open');

test('an open and a closed connection, as the monitor posts them', () => {
  const connection = {
    ...{ address: '192.0.2.40', port: 5678, instance: 'hf.config', version: '1700.0.0.1' },
    ...{ os: 'Microsoft Windows NT 6.2.9200.0', start: Date.UTC(2026, 10, 21, 12, 0, 0, 123), end: null },
  };
  assert.deepEqual(parseConnection(open), connection);
  assert.deepEqual(parseConnection(read('close')), { ...connection, end: Date.UTC(2026, 10, 21, 12, 0, 5, 128) });
});

test('53: a whole second has no fraction', () => {
  const start = Date.UTC(2026, 10, 21, 12);
  for (const text of ['2026-11-21 12:00:00', '2026-11-21T12:00:00Z', '2026-11-21 12:00:00.000000+00:00']) {
    assert.equal(parseConnection({ ...open, start: text })?.start, start, text);
  }
  assert.equal(parseConnection({ ...open, start: '2026-11-21 12:00:00.5' })?.start, start + 500);
});

test('addresses of both kinds, ports as texts or numbers, and clients of which no more is known', () => {
  const { address, port } = parseConnection({ ...open, ip: '2001:DB8:0::7', port: 1 })!;
  assert.deepEqual([address, port], ['2001:db8::7', 1]);
  const { version, os } = parseConnection({ ...open, sdr_version: '', os: null })!;
  assert.deepEqual([version, os], [null, null]);
});

const WRONG: readonly [what: string, message: unknown][] = [
  ['no object', 'open'],
  ['null', null],
  ['a list', [open]],
  ['no address', { ...open, ip: '999.0.2.40' }],
  ['an address that is a number', { ...open, ip: 7 }],
  ['no port', { ...open, port: '65536' }],
  ['half a port', { ...open, port: 1.5 }],
  ['no instance', { ...open, server_instance: '' }],
  ['an instance that is too long', { ...open, server_instance: 'x'.repeat(256) }],
  ['a version that is no text', { ...open, sdr_version: { $: 1 } }],
  ['no start', { ...open, start: null }],
  ['a start that is no time', { ...open, start: '2026-13-41 12:00:00' }],
  ['an end before its start', { ...open, end: '2026-11-21 11:59:59.000000' }],
  ['an end that is no time', { ...open, end: 'now' }],
];
for (const [what, message] of WRONG)
  test(`${what} is no connection`, () => assert.equal(parseConnection(message), null));

test('whatever JSON it is, it is read or refused', () => {
  const field = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(open)));
  const message = fc.record(Object.fromEntries(Object.keys(open).map((name) => [name, field])), { requiredKeys: [] });
  fc.assert(
    fc.property(fc.oneof(message, fc.jsonValue()), (value) => {
      const connection = parseConnection(value);
      assert.ok(connection === null || connection.end === null || connection.end >= connection.start);
    }),
  );
});
