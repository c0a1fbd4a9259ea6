/** What rows become is a function of the lines alone: whether they are told one by one or all at once makes no difference. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { ScopedCounters } from '../telemetry/counters.ts';
import { dateAndTime, told, trackerOf } from './row-log.fixture.ts';
import { type Dialect, type Row, RowReader } from './row-reader.ts';
import { shoutcastLog, dialectOf as shoutcastRows } from './shoutcast-log/index.ts';
import type { SourceKind } from './source.ts';
import { windowsMedia, dialectOf as windowsMediaRows } from './windows-media/index.ts';

const T0 = Date.UTC(2026, 10, 21, 1, 0, 0);
const FILE = { id: 0, path: 'rows.log' };

interface Heard {
  /** Seconds since the row before was written. */
  readonly after: number;
  /** Null: since the row before of the same listener. */
  readonly seconds: number | null;
  readonly who: number;
  readonly session: number;
}

/** Rows as they are written: each later than the one before, of a few listeners, shorter and longer than what joins them. */
const heard: fc.Arbitrary<Heard[]> = fc.array(
  fc.record({
    after: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(0, 1, 2) }, fc.nat(120), fc.nat(9000)),
    seconds: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(null, 0, 1, 60) }, fc.nat(9000)),
    who: fc.nat(2),
    session: fc.nat(2),
  }),
  { minLength: 1, maxLength: 25 },
);

interface Written {
  readonly kind: SourceKind;
  readonly header: string;
  readonly row: (heard: Heard & { readonly seconds: number }, at: Date, n: number) => string;
  readonly dialect: () => Dialect<Row>;
}

const common = { counters: new ScopedCounters() };

const KINDS: readonly Written[] = [
  {
    kind: windowsMedia,
    header: '#Fields: c-ip date time cs-uri-stem x-duration sc-bytes s-session-id c-playerid\n',
    // Two of three have session ids.
    row: ({ seconds, who, session }, at) =>
      `192.0.2.${who} ${dateAndTime(at)} /live ${seconds} 10 ${session === 0 ? '-' : session} {P-${who}}`,
    dialect: () =>
      windowsMediaRows(
        windowsMedia.config.parse({ path: 'unused', times: 'end' }),
        windowsMedia.traits,
        common.counters,
      ),
  },
  {
    kind: shoutcastLog,
    header: '#Fields: c-ip date time cs-uri-stem x-duration sc-bytes cs(User-Agent)\n',
    row: ({ seconds, who }, at, n) => `192.0.2.${who} ${dateAndTime(at)} /stream?title=${n} ${seconds} 10 x`,
    dialect: () => shoutcastRows(shoutcastLog.config.parse({ path: 'unused' }), shoutcastLog.traits, common.counters),
  },
];

/** Told at once, or in a batch for every so many lines, as it is written. */
function sessionsOf({ kind, header, row, dialect }: Written, rows: readonly Heard[], every: number) {
  const { gap, lateness, departures } = kind.traits;
  const tracker = trackerOf({ name: 'rows', audience: null, gap, departures, provisional: false });
  const reader = new RowReader({ dialect: dialect(), lateness, counters: common.counters });
  const ends = new Map<number, number>();
  let at = T0;
  const lines = rows.map((each, n) => {
    at += each.after * 1000;
    const seconds = each.seconds ?? (at - (ends.get(each.who) ?? at)) / 1000;
    ends.set(each.who, at);
    return row({ ...each, seconds }, new Date(at), n);
  });
  reader.take(Buffer.from(header), Number.POSITIVE_INFINITY, FILE);
  const tell = () => {
    const { observations, watermark } = reader.cut([{ ...FILE, isAtEnd: true }]);
    tracker.take(observations, watermark ?? undefined);
  };
  for (const [n, line] of lines.entries()) {
    reader.take(Buffer.from(`${line}\n`), Number.POSITIVE_INFINITY, FILE);
    if ((n + 1) % every === 0) tell();
  }
  tell();
  return told(tracker.finish());
}

for (const written of KINDS) {
  test(`${written.kind.kind}: rows that are told one by one give the sessions of the whole`, () => {
    fc.assert(
      fc.property(heard, fc.integer({ min: 1, max: 5 }), (rows, every) => {
        assert.deepEqual(sessionsOf(written, rows, every), sessionsOf(written, rows, Number.POSITIVE_INFINITY));
      }),
      { numRuns: 500 },
    );
  });
}

test('no byte of a row is lost or counted twice', () => {
  for (const written of KINDS) {
    fc.assert(
      fc.property(heard, (rows) => {
        const sum = sessionsOf(written, rows, 1).reduce((bytes, each) => bytes + each.bytes, 0);
        assert.equal(sum, rows.length * 10);
      }),
      { numRuns: 200 },
    );
  }
});
