/** `/audience`, `/places`: what is here now. */

import type { Geo } from '../../core/identity.ts';
import type { Dimension } from '../../core/query.ts';
import { AudienceQuery, AudienceWire, PlacesWire } from '../contract.ts';
import { labelsOf } from '../organizations.ts';
import { type Route, route } from '../route.ts';
import type { Service } from '../service.ts';
import { countryName, time } from '../wire.ts';

export function audienceRoutes(service: Service): Route[] {
  const { audience, clock } = service;
  return [
    route({
      method: 'GET',
      path: '/audience',
      summary: 'Live counts, in total and by one dimension.',
      right: 'read',
      query: AudienceQuery,
      answer: AudienceWire,
      handle: ({ query }) => ({
        at: time(clock.now()),
        total: audience.total,
        by: query.by ?? null,
        groups: query.by === undefined ? [] : groups(service, query.by, query.limit),
      }),
    }),
    route({
      method: 'GET',
      path: '/places',
      summary: 'Where the open sessions are, for a map.',
      right: 'read',
      answer: PlacesWire,
      handle: () => places(service),
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
