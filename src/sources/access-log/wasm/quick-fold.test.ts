/** Where only sums are asked for, lines are folded without being looked at: the sessions are the same. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { ScopedCounters } from '../../../telemetry/counters.ts';
import { combinedLine, readerOf, T0 } from '../reader.fixture.ts';
import type { LogReader } from '../reader.ts';
import { Sessions } from '../sessions.fixture.ts';
import { lines } from './lines.fixture.ts';

const GAP = 40_000;

/** What comes of blocks of lines, with a cut after every so many. */
function outcome(
  reader: LogReader,
  counters: ScopedCounters,
  blocks: readonly (readonly string[])[],
  cutEvery: number,
) {
  const sessions = new Sessions(GAP, 'brief');
  const cut = () => {
    const { observations, watermark } = reader.cut();
    sessions.take({ observations, ...(watermark === null ? {} : { watermark }) });
  };
  for (const [i, block] of blocks.entries()) {
    reader.take(Buffer.from(block.map((line) => `${line}\n`).join('')), Number.POSITIVE_INFINITY);
    if ((i + 1) % cutEvery === 0) cut();
  }
  cut();
  const { forgottenPaths: _, ...others } = counters.read();
  return { sessions: sessions.all(), tally: reader.tally(), counters: others, mark: reader.mark };
}

function inBoth(blocks: readonly (readonly string[])[], options: Record<string, unknown> = {}, cutEvery = 2) {
  return [{ quickFrom: 0, isBrief: true }, { quickFrom: Number.POSITIVE_INFINITY }].map((how) => {
    const counters = new ScopedCounters();
    return outcome(readerOf({ options, counters, ...how }), counters, blocks, cutEvery);
  });
}

for (const options of [{}, { format: 'combined' }, { playbackId: 'sid' }, { cmcd: false }]) {
  test(`any lines: ${JSON.stringify(options)}`, () => {
    const blocks = fc.array(fc.array(lines, { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(blocks, (given) => {
        const [brief, plain] = inBoth(given, options);
        assert.deepEqual(brief, plain);
      }),
      { numRuns: 150 },
    );
  });
}

/** Few clients on few streams, so that much of it goes on, comes back, changes and is out of order. */
const busy = fc.array(
  fc.record({
    after: fc.oneof({ weight: 6, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.integer({ min: -9, max: 90 }) }),
    client: fc.nat(3),
    path: fc.constantFrom(
      '/rock/720p.m3u8',
      '/rock/360p.m3u8',
      '/rock/720p/1.ts',
      '/rock/360p/1.ts',
      '/jazz/1.ts',
      '/favicon.ico',
    ),
    status: fc.constantFrom('200', '200', '200', '200', '206', '404'),
    id: fc.oneof(
      { weight: 60, arbitrary: fc.constant('') },
      { weight: 1, arbitrary: fc.constant('?CMCD=sid%3D%22a%22') },
    ),
    sent: fc.nat(1000),
  }),
  { minLength: 1, maxLength: 120 },
);

test('a busy log: going on, coming back, changing, out of order, and with ids', () => {
  fc.assert(
    fc.property(fc.array(busy, { minLength: 1, maxLength: 4 }), (blocks) => {
      let at = 100;
      const texts = blocks.map((block) =>
        block.map(({ after, client, path, status, id, sent }) => {
          at += after;
          const line = combinedLine({ at, address: `192.0.2.${client}`, request: `GET ${path}${id}`, sent });
          return line.replace('" 200 ', `" ${status} `);
        }),
      );
      const [brief, plain] = inBoth(texts);
      assert.deepEqual(brief, plain);
    }),
    { numRuns: 300 },
  );
});

test('what comes late, once somebody has said who he is, stays apart from what may be his', () => {
  const ask = (at: number, id = '') => combinedLine({ at, request: `GET /rock/720p.m3u8${id}` });
  const blocks = [[ask(100)], [ask(100)], [ask(100), ask(100, '?CMCD=sid%3D%22a%22'), ask(100)], [ask(99), ask(99)]];
  for (const cutEvery of [1, 2, 4]) {
    const [brief, plain] = inBoth(blocks, {}, cutEvery);
    assert.deepEqual(brief, plain, `a cut after every ${cutEvery}`);
  }
});

/** Small enough for the fast lane. */
const BLOCK = 10_000;

test('more runs and more clients than find room at once', () => {
  const lineOf = (i: number) => {
    const address = `2001:db8:${(i % 70_000).toString(16)}::1`;
    return combinedLine({ at: Math.floor(i / 500), address, request: `GET /a/${i % 5}.ts` });
  };
  const blocks = Array.from({ length: 16 }, (_, n) => Array.from({ length: BLOCK }, (_, i) => lineOf(n * BLOCK + i)));
  const [brief, plain] = inBoth(blocks, {}, 16);
  assert.equal(new Set(brief!.sessions).size, brief!.sessions.length);
  assert.ok(brief!.sessions.length >= 70_000, `${brief!.sessions.length} sessions`);
  assert.deepEqual(brief, plain);
});

test('more paths than it keeps are forgotten, and all clients with them', () => {
  const ask = (i: number, path: string) =>
    combinedLine({ at: Math.floor(i / 500), address: `192.0.2.${i % 7}`, request: `GET ${path}` });
  // All are forgotten where the first of them does not come again.
  const blocks = Array.from({ length: 15 }, (_, n) => [
    ...Array.from({ length: BLOCK }, (_, i) => ask(n * BLOCK + i, `/icon-${n}-${i}.png`)),
    ...Array.from({ length: 700 }, (_, i) => ask((n + 1) * BLOCK + i, '/channel/1.ts')),
  ]);
  const [brief, plain] = inBoth(blocks, {}, 15);
  assert.deepEqual(brief, plain);
});

test('the time is that of the line, whatever the year', () => {
  for (const year of ['1969', '1970', '2038', '2107']) {
    const line = combinedLine({ at: 0 }).replace(String(new Date(T0).getUTCFullYear()), year);
    const others = [combinedLine({ request: 'HEAD /rock.m3u8' }), combinedLine({ at: 60 })];
    for (const all of [
      [line, line],
      [...others, line],
      [line.replace('GET', 'HEAD'), ...others],
    ]) {
      const [brief, plain] = inBoth([all, others]);
      assert.deepEqual(brief, plain, year);
    }
  }
});
