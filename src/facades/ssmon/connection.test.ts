import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { closedSession } from '../../store/suite/rows.ts';
import { addressHash, degreesText, describeSession, timeText } from './connection.ts';

test('70: the hash is of 53 bits, as a text or as a number', () => {
  for (const [hashed, bits] of [
    ['AAAAAAAAAAAAAAAA', 0],
    ['________________', Number.MAX_SAFE_INTEGER],
  ] as const) {
    assert.equal(addressHash(() => hashed, 'number')('192.0.2.1'), bits);
    assert.equal(addressHash(() => hashed, 'text')('192.0.2.1'), String(bits));
  }
  assert.equal(addressHash(() => assert.fail(), 'text')(null), null);
});

test('52, 53: times are UTC, and always have a fraction', () => {
  assert.equal(timeText(Date.UTC(2026, 10, 21, 12)), '2026-11-21 12:00:00.000000');
  assert.equal(timeText(Date.UTC(2026, 0, 2, 3, 4, 5, 6)), '2026-01-02 03:04:05.006000');
});

test('degrees are texts, without the noise of a single precision number', () => {
  assert.deepEqual([37.422000885009766, -0.1, 0, null].map(degreesText), ['37.422', '-0.1', '0', null]);
});

const SOFTWARE: readonly [what: string, session: Parameters<typeof closedSession>[1], version: string, os: string][] = [
  ['SDR# tells both', { details: { software: 'SDR#', version: '1700', os: 'Windows' } }, '1700', 'Windows'],
  ['what is left of it in the user agent', { userAgent: 'SDR# 1.0 on A on B', details: {} }, '1.0 on A', 'B'],
  ['the name of another one', { userAgent: 'x', details: { software: 'SDR++' } }, 'SDR++', ''],
  ['the user agent of any other', { userAgent: 'VLC/3', details: {} }, 'VLC/3', ''],
  ['nothing', { userAgent: null, details: {} }, '', ''],
];
for (const [what, session, version, os] of SOFTWARE) {
  test(`sdr_version and os: ${what}`, () => {
    const described = describeSession(closedSession('id', session));
    assert.deepEqual([described.version, described.os], [version, os]);
  });
}
