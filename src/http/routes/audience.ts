/** `/audience`, `/places`: what is here now, or was there at a moment of the past. */

import type { Geo } from '../../core/identity.ts';
import { DIMENSIONS, type Dimension } from '../../core/query.ts';
import { AudienceQuery, AudienceWire, PlacesQuery, PlacesWire } from '../contract.ts';
import { filterOf } from '../filter.ts';
import { audienceAt, checkInstant, checkUnfiltered, placesAt } from '../instant.ts';
import { labelsOf } from '../organizations.ts';
import { type Route, route, STORE_ERRORS } from '../route.ts';
import type { Service } from '../service.ts';
import { countryName, time } from '../wire.ts';

const FILTERS = [...DIMENSIONS, 'ip', 'programme'];
const NOT_FOUND = 'There is no programme of this name.';

export function audienceRoutes(service: Service): Route[] {
  const { audience, clock } = service;
  return [
    route({
      method: 'GET',
      path: '/audience',
      summary: 'Live counts, in total and by one dimension; with `at`, those of a moment of the past.',
      right: 'read',
      query: AudienceQuery,
      answer: AudienceWire,
      errors: { NOT_FOUND, ...STORE_ERRORS },
      handle: ({ query }) => {
        const { at, by = null, limit } = query;
        if (at !== undefined) {
          checkInstant(at, clock.now());
          return audienceAt(service, at, {
            filter: filterOf({ ...query, bot: 'all' }, audience.programmes),
            by,
            limit,
          });
        }
        checkUnfiltered(query, FILTERS);
        return {
          at: time(clock.now()),
          total: audience.total,
          by,
          groups: by === null ? [] : groups(service, by, limit),
        };
      },
    }),
    route({
      method: 'GET',
      path: '/places',
      summary: 'Where the open sessions are, for a map; with `at`, those of a moment of the past.',
      right: 'read',
      query: PlacesQuery,
      answer: PlacesWire,
      errors: { NOT_FOUND, ...STORE_ERRORS },
      handle: ({ query }) => {
        const { at, bot } = query;
        if (at !== undefined) {
          checkInstant(at, clock.now());
          return placesAt(service, at, filterOf(query, audience.programmes));
        }
        // People are what the live map shows: that much may be said.
        checkUnfiltered({ ...query, bot: bot === 'false' ? undefined : bot }, [...FILTERS, 'bot']);
        return places(service);
      },
    }),
  ];
}

function groups({ audience }: Service, by: Dimension, limit: number): AudienceWire['groups'] {
  const counts = audience.counts(by).slice(0, limit);
  const labels = labelsOf(audience, by, counts);
  return counts.map((count) => ({ ...count, label: labels(count.value) }));
}

type Counting = Omit<PlacesWire['places'][number], 'count'> & { count: number };

/** Sessions at the same place are one point. */
function places({ audience, clock }: Service): PlacesWire {
  const points = new Map<string, Counting>();
  // Many places differ in their network only: the key is made once for each that they share.
  const known = new Map<Geo, Counting>();
  let unplaced = 0;
  for (const { place, sessions } of audience.places()) {
    const geo = place?.geo;
    if (!geo || geo.latitude === null || geo.longitude === null) {
      unplaced += sessions;
      continue;
    }
    const point = known.get(geo) ?? pointOf(points, geo);
    known.set(geo, point);
    point.count += sessions;
  }
  const sorted = [...points.values()].sort((a, b) => b.count - a.count);
  return { at: time(clock.now()), places: sorted, unplaced };
}

function pointOf(points: Map<string, Counting>, geo: Geo): Counting {
  const { accuracyKm, city, countryCode } = geo;
  const [latitude, longitude] = [geo.latitude!, geo.longitude!];
  const key = `${latitude} ${longitude} ${city}`;
  let point = points.get(key);
  if (point === undefined) {
    point = { latitude, longitude, accuracyKm, city, countryCode, country: countryName(countryCode), count: 0 };
    points.set(key, point);
  }
  return point;
}
