/** Lines that are about whole connections: each is one, however the log is read. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Presence } from '../../core/observation.ts';
import { logTime } from './fixture.ts';
import { icecastLine, presencesOf, readerOf, T0, taken } from './reader.fixture.ts';
import type { ReaderMark } from './reading.ts';

const ICECAST = { options: { format: 'icecast' } };
const told = (presences: readonly Presence[]) =>
  presences.map(({ stream, from, to, bytes, over }) => [stream, (from - T0) / 1000, (to - T0) / 1000, bytes, over]);
const connections = (presences: readonly Presence[]) => presences.map(({ client }) => client.connection);

test('a line of Icecast is a connection that is over: its time is the end', () => {
  const found = presencesOf(
    [icecastLine({ at: 100, seconds: 60, sent: 960_000 }), icecastLine({ at: 101, seconds: 0 })],
    ICECAST,
  );
  assert.deepEqual(told(found), [
    ['/live.mp3', 40, 100, 960_000, true],
    ['/live.mp3', 101, 101, 10, true],
  ]);
});

test('so is a line of nginx-rtmp, also among those of HTTP', () => {
  const rtmp = (command: string) =>
    `192.0.2.1 [${logTime(T0)}] ${command} "live" "cam1" "token=abc" - 431 506797 "" "LNX 9,0,124,2" (1m 13s)`;
  const found = presencesOf([rtmp('PLAY'), rtmp('PUBLISH'), rtmp('PLAY+PUBLISH')]);
  assert.deepEqual(told(found)[0], ['cam1', -73, 0, 506_797, true]);
  assert.deepEqual(
    found.map(({ client }) => client.isPublisher),
    [false, true, true],
  );
});

test('whoever sends a stream is a publisher, on Icecast as well; whoever looks at its pages is nobody', () => {
  const asked = (request: string) => icecastLine({ request, seconds: 60 });
  const found = presencesOf(
    [...['SOURCE /live.mp3', 'PUT /live.mp3', 'GET /live.mp3'], ...['GET /status-json.xsl', 'GET /admin/stats']].map(
      asked,
    ),
    ICECAST,
  );
  assert.deepEqual(
    found.map(({ client }) => client.isPublisher),
    [true, true, false],
  );
});

test('equal lines are as many connections; the same log read again has the same ones', () => {
  const line = icecastLine({ at: 9, seconds: 3 });
  const lines = [line, icecastLine({ at: 10, seconds: 3 }), line, line];
  const found = connections(presencesOf(lines, ICECAST));
  assert.equal(new Set(found).size, 4);
  assert.deepEqual(connections(presencesOf(lines, ICECAST)), found);
});

/** Times in any order, within the lateness and beyond it, and so few that many lines are equal. */
const LINES = fc
  .array(fc.tuple(fc.constantFrom(0, 2, 20, 40), fc.nat(1)), { maxLength: 30 })
  .map((rows) => rows.map(([at, seconds]) => icecastLine({ at, seconds })));

test('connections are the same wherever reading was interrupted, and by whichever restart', () => {
  fc.assert(
    fc.property(LINES, fc.array(fc.tuple(fc.nat(40), fc.boolean()), { maxLength: 6 }), (lines, places) => {
      const whole = connections(presencesOf(lines, ICECAST));
      assert.equal(new Set(whole).size, lines.length);
      const found: (string | null)[] = [];
      let reader = readerOf(ICECAST);
      let from = 0;
      for (const [to, isRestart] of [...places.toSorted(([a], [b]) => a - b), [lines.length, false] as const]) {
        found.push(...connections(taken(reader, lines.slice(from, Math.max(to, from)))));
        from = Math.max(to, from);
        const mark = JSON.parse(JSON.stringify(reader.mark)) as ReaderMark;
        if (isRestart) reader = readerOf({ ...ICECAST, from: mark });
      }
      assert.deepEqual(found, whole);
    }),
    { numRuns: 300 },
  );
});
