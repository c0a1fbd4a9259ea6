/** Whatever clients and servers call themselves: XML says what JSON says, and keeps to the schema. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Client, Place, Player } from '../../core/identity.ts';
import { Session } from '../../core/session.ts';
import { type StreamState, Streams } from '../../core/streams.ts';
import { ANSWERS } from './answers.ts';
import { type Question, SUBJECTS } from './question.ts';
import { checkSchema, fromXml, NOW, withoutNulls } from './stage.fixture.ts';
import type { ListedStream } from './stream-list.ts';
import { tell } from './telling.ts';
import { toXml } from './xml.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('<b>&amp;', ']]>', '\r\n\t ', '\u0000\ud800', '"\'', '', '\ufffe\uffff', '\u0085\u2028', '-->'),
);
const maybeText = fc.option(text);
const maybeNumber = fc.option(fc.double());

const player: fc.Arbitrary<Player | null> = fc.option(
  fc.record({ name: maybeText, version: maybeText, type: maybeText, platform: maybeText }),
);
const geo = fc.record({
  countryCode: fc.option(fc.oneof(fc.constantFrom('BE', 'FR', 'ZZ'), text)),
  ...{ regionCode: maybeText, region: maybeText, city: maybeText, postalCode: maybeText, timeZone: maybeText },
  ...{ latitude: maybeNumber, longitude: maybeNumber, accuracyKm: maybeNumber },
});
const place: fc.Arbitrary<Place | null> = fc.option(
  fc.record({ geo: fc.option(geo), asn: fc.constant(null), organization: maybeText }),
);

const session = fc.record({ address: maybeText, player, place, start: fc.maxSafeInteger() }).map(
  ({ address, start, ...rest }) =>
    new Session({
      ...{ id: 'id', source: 'radio', stream: '/one', start, seen: start, provisional: false, seenBy: 'radio' },
      client: { address, ...rest } as Client,
    }),
);

const unspoken = new Streams((key) => key).unspoken('radio', '/one');
const count = fc.option(fc.oneof(fc.nat(), fc.double(), fc.constant(-1)));
const state: fc.Arbitrary<StreamState> = fc
  .record({
    ...{ name: maybeText, description: maybeText, genre: maybeText, contentType: maybeText, title: maybeText },
    ...{ reportedListeners: count, peakListeners: count, uniqueListeners: count, maxListeners: count },
    ...{ bitrate: maybeNumber, averageSeconds: maybeNumber, startedAt: fc.option(fc.maxSafeInteger()) },
  })
  .map((known) => ({ ...unspoken, ...known }));

const stream: fc.Arbitrary<ListedStream> = fc
  .record({
    name: text,
    sessions: fc.array(session, { maxLength: 6 }),
    states: fc.array(state, { maxLength: 2 }),
    status: fc.constantFrom('Up', 'Down', 'Unreachable', 'Unknown'),
    toldAt: fc.option(fc.maxSafeInteger()),
  })
  .map(({ sessions, ...rest }) => ({
    ...rest,
    ...{ public: true, access: null, parts: [{ source: 'radio', stream: '/one' }], sessions: () => sessions },
  }));

const question: fc.Arbitrary<Question> = fc.record({
  subject: fc.constantFrom(...SUBJECTS),
  format: fc.constant('xml'),
  geolocate: fc.boolean(),
  properties: fc.boolean(),
  page: fc.integer({ min: 1, max: 3 }),
  pageSize: fc.integer({ min: 1, max: 4 }),
  filters: fc.constant({ player: null, country: null, city: null }),
});

const titles = fc.array(fc.record({ at: fc.maxSafeInteger(), title: text }), { maxLength: 3 });

test('XML and JSON carry the same values, and xmllint accepts the XML', () => {
  const written: string[] = [];
  const streams = fc.array(fc.record({ stream, seesAddresses: fc.boolean() }), { maxLength: 3 });
  fc.assert(
    fc.property(question, streams, titles, (asked, seen, history) => {
      const { name, value } = tell(asked, seen, { now: NOW, titles: () => history });
      const xml = toXml(name, ANSWERS[name], value);
      const json = JSON.parse(JSON.stringify(value)) as unknown;
      assert.deepEqual(fromXml(xml), { name, value: withoutNulls(json) });
      written.push(xml);
    }),
    { numRuns: 300 },
  );
  assert.ok(checkSchema(written) >= 300);
});
