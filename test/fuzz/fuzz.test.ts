/**
 * Whatever somebody does to what servers really write, and whatever a client can make a server write: reading it neither
 * fails, nor makes up what cannot be, nor takes more than in proportion to its length.
 */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Observation } from '../../src/core/observation.ts';
import { HURTS, isPresence, PARSERS, type Parser, type Read } from './parsers.ts';

/** Of each parser; more by hand. */
const RUNS = Number(process.env['HEADCOUNT_FUZZ'] ?? 1500);

type Edit = { readonly at: number; readonly cut: number; readonly put: Buffer; readonly times: number };

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(1_000_000),
  cut: fc.oneof({ weight: 4, arbitrary: fc.nat(6) }, { weight: 1, arbitrary: fc.nat(3000) }),
  put: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...HURTS).map((each) => Buffer.from(each, 'latin1')) },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 8 }).map((each) => Buffer.from(each)) },
  ),
  times: fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.nat(300) }),
});

function edited(seed: Buffer, edits: readonly Edit[]): Buffer {
  return edits.reduce((bytes, { at, cut, put, times }) => {
    const from = at % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, from), ...new Array<Buffer>(times).fill(put), bytes.subarray(from + cut)]);
  }, seed);
}

for (const parser of PARSERS) {
  test(`${parser.name}: what was really written is read`, () => {
    assert.ok(parser.seeds.length > 0);
    for (const seed of parser.seeds) check(parser.read(seed));
  });

  test(`${parser.name}: whatever becomes of it, it is read or refused, and nothing that cannot be comes of it`, () => {
    const change = fc.tuple(fc.constantFrom(...parser.seeds), fc.array(edit, { maxLength: 5 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (parts) => {
        const bytes = Buffer.concat(parts.flatMap(([seed, edits]) => [edited(seed, edits), Buffer.from('\n')]));
        const read = unlessRefused(parser, bytes);
        if (read === null) return;
        check(read);
        if (read.counted !== null && read.counted > 0) assert.equal(read.counted, linesIn(bytes));
      }),
      { numRuns: RUNS },
    );
  });

  if (parser.frames.length > 0) {
    test(`${parser.name}: four times as much takes no more than in proportion`, () => {
      for (const [before, behind] of parser.frames) {
        for (const hurt of HURTS) {
          const times = [1, 4].map((factor) => cpuOf(parser, framed(before, hurt, behind, (parser.most / 8) * factor)));
          // What is quadratic takes sixteen times as long; the clock of the system is coarse.
          const most = 10 * Math.max(times[0]!, 3);
          const isFine = times[1]! <= most || cpuOf(parser, framed(before, hurt, behind, parser.most / 2), 5) <= most;
          assert.ok(
            isFine,
            `${before.slice(-60)}(${hurt})*${behind.slice(0, 20)} took ${times[0]} ms, and then ${times[1]} ms`,
          );
        }
      }
    });
  }
}

function unlessRefused(parser: Parser, bytes: Buffer): Read | null {
  try {
    return parser.read(bytes);
  } catch (error) {
    if (!parser.refuses(error)) throw error;
    return null;
  }
}

/** Of processor time, so that whoever else is busy does not count; the least of several attempts. Milliseconds. */
function cpuOf(parser: Parser, bytes: Buffer, attempts = 2): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < attempts; i++) {
    const begun = process.cpuUsage();
    unlessRefused(parser, bytes);
    const { user, system } = process.cpuUsage(begun);
    least = Math.min(least, (user + system) / 1000);
    if (least < 3) break;
  }
  return least;
}

function framed(before: string, hurt: string, behind: string, length: number): Buffer {
  const room = Math.max(length - before.length - behind.length, 0);
  return Buffer.from(before + hurt.repeat(Math.floor(room / hurt.length)) + behind, 'latin1');
}

function linesIn(bytes: Buffer): number {
  let count = 0;
  for (const byte of bytes) if (byte === 10) count++;
  return count;
}

function check({ observations }: Read): void {
  for (const observation of observations) {
    if (isPresence(observation)) checkPresence(observation);
    else if (observation.kind === 'report') assert.ok(Number.isFinite(observation.at), 'a report has a time');
  }
}

function checkPresence(presence: Observation & { kind: 'presence' }): void {
  const { from, to, bytes, requests, stream, client, qualities } = presence;
  assert.ok(Number.isFinite(from) && from <= to && to < Date.UTC(10_000, 0), `from ${from} to ${to}`);
  assert.ok(Number.isFinite(bytes) && bytes >= 0 && requests >= 0, `${bytes} bytes, ${requests} requests`);
  assert.ok(stream.length > 0 && stream.length <= 4096, `the stream is ${stream.length} characters long`);
  const texts = [
    client.address,
    client.userAgent,
    client.user,
    client.device,
    client.playback?.id ?? null,
    client.connection,
  ];
  for (const each of texts)
    assert.ok(each === null || (each !== '' && each.length <= 4096), `${each?.length} characters`);
  for (const { at, value } of qualities ?? []) assert.ok(at >= from && at <= to && value !== '', `${value} at ${at}`);
}
