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
function places(service: Service): PlacesWire {
  const points = new Map<string, Counting>();
  // Sessions of one network share what is known of their place: its key is made once.
  const known = new Map<Geo, Counting>();
  let unplaced = 0;
  for (const session of service.audience.sessions.values()) {
    if (session.bot) continue;
    const geo = session.place?.geo;
    if (!geo || geo.latitude === null || geo.longitude === null) {
      unplaced++;
      continue;
    }
    let point = known.get(geo);
    if (point === undefined) {
      const { latitude, longitude, accuracyKm, city, countryCode } = geo;
      const key = `${latitude} ${longitude} ${city}`;
      point = points.get(key) ?? {
        ...{ latitude, longitude, accuracyKm, city, countryCode },
        country: countryName(countryCode),
        count: 0,
      };
      points.set(key, point);
      known.set(geo, point);
    }
    point.count++;
  }
  const sorted = [...points.values()].sort((a, b) => b.count - a.count);
  return { at: time(service.clock.now()), places: sorted, unplaced };
}
