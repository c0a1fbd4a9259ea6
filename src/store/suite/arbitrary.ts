/**
 * Random sessions for comparisons with the reference: few values and few moments, so that ties, touching intervals and
 * equal facets come up all the time.
 */

import fc from 'fast-check';
import { DIMENSIONS, type Dimension, type SessionFilter } from '../../core/query.ts';
import type { SessionRecord } from '../../core/session.ts';
import { closedSession, NOON } from './rows.ts';

const SECOND = 1000;
/** Sessions begin in the hundred seconds from `NOON` on. */
export const moment = fc.integer({ min: -20, max: 130 }).map((seconds) => NOON + seconds * SECOND);

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 4 });

/** Sorts of text differ between UTF-8 and UTF-16: U+FFFD is before U+1F600 in the one, after it in the other. */
const word = fc.constantFrom('a', 'A', 'b', '', 'é', 'a\u0000', '\ufffd', '😀', "'; --");

/** Plain objects, as a store answers them. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record<T>(model, { noNullPrototype: true });

const shape = record({
  isOpen: fc.boolean(),
  start: fc.integer({ min: 0, max: 100 }),
  seconds: fc.integer({ min: 1, max: 40 }),
  stream: word,
  listener: fc.constantFrom('x', 'y', 'z'),
  identity: fc.constantFrom('connection', 'declared', 'inferred'),
  address: maybe(fc.constantFrom('192.0.2.1', '2001:db8::1')),
  user: maybe(word),
  quality: maybe(word),
  player: maybe(record({ name: maybe(word), version: maybe(word), type: maybe(word), platform: maybe(word) })),
  geo: maybe(record({ countryCode: maybe(fc.constantFrom('DE', 'FR')), city: maybe(word) })),
  asn: maybe(fc.constantFrom(0, 1, 10, 64_496)),
  hasPlace: fc.boolean(),
  bot: fc.boolean(),
  bytes: fc.constantFrom(0, 1, 1000, 2 ** 40),
});

type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never;

const UNKNOWN_GEO = {
  countryCode: null,
  regionCode: null,
  region: null,
  city: null,
  postalCode: null,
  latitude: null,
  longitude: null,
  accuracyKm: null,
  timeZone: null,
};

function sessionOf(drawn: Shape, number: number): SessionRecord {
  const startedAt = NOON + drawn.start * SECOND;
  const lastSeenAt = startedAt + drawn.seconds * SECOND;
  const geo = drawn.geo === null ? null : { ...UNKNOWN_GEO, ...drawn.geo };
  return closedSession(String(number), {
    stream: drawn.stream,
    listener: drawn.listener,
    identity: drawn.identity,
    address: drawn.address,
    user: drawn.user,
    quality: drawn.quality,
    player: drawn.player,
    place: drawn.hasPlace ? { geo, asn: drawn.asn, organization: null } : null,
    bot: drawn.bot,
    bytes: drawn.bytes,
    startedAt,
    lastSeenAt,
    endedAt: drawn.isOpen ? null : lastSeenAt,
    reason: drawn.isOpen ? null : 'left',
  });
}

/** Up to sixty sessions, closed and open. */
export const sessions = fc.array(shape, { maxLength: 60 }).map((drawn) => drawn.map(sessionOf));

/** The same sessions under a source of their own: many draws live in one store side by side. */
export function underSource(source: string, rows: readonly SessionRecord[]): SessionRecord[] {
  return rows.map((row) => ({ ...row, source, id: `${source}/${row.id}` }));
}

const wanted: Record<Exclude<Dimension, 'source'>, fc.Arbitrary<string | null>> = {
  stream: word,
  country: maybe(fc.constantFrom('DE', 'FR')),
  city: maybe(word),
  player: maybe(word),
  platform: maybe(word),
  quality: maybe(word),
  asn: maybe(fc.constantFrom('0', '1', '10', '64496', '01', '1.0', '', 'x', '99999999999999999999')),
  user: maybe(word),
  identity: fc.constantFrom('connection', 'declared', 'inferred'),
};

const oneOf = <T>(value: fc.Arbitrary<T>) => fc.uniqueArray(value, { maxLength: 4 });

/** Also of letters that mean something to a database. */
const pattern = fc.oneof(
  fc.constantFrom('*', 'a*', '*a', '', 'é', '*\ufffd*', '_', '%', '\\*', "'; *", 'a\u0000', '/*', '*_', '*%', '*a*b*'),
  word,
  word.map((text) => `*${text.slice(1).toWellFormed()}*`),
);

const place = fc.record({ source: fc.constantFrom('*', '*1*', 'nobody'), stream: pattern });

/** At most two conditions, so that something mostly passes; that on the source is the caller's. */
export const filter: fc.Arbitrary<SessionFilter> = fc
  .record({
    ...(Object.fromEntries(Object.entries(wanted).map(([name, values]) => [name, oneOf(values)])) as Record<
      keyof typeof wanted,
      fc.Arbitrary<(string | null)[]>
    >),
    ip: oneOf(fc.constantFrom('192.0.2.1', '2001:db8::1', "' OR 1=1")),
    listener: oneOf(fc.constantFrom('x', 'y', 'nobody')),
    streamPatterns: oneOf(place),
    bot: fc.boolean(),
    within: oneOf(place),
  })
  .chain((all) => fc.subarray(Object.entries(all), { maxLength: 2 }))
  .map((some) => Object.fromEntries(some));

export const dimension = fc.option(fc.constantFrom(...DIMENSIONS), { nil: null, freq: 10 });
