/** The compact `audience` event of `/api/v1/live`. */

import type { Dimension } from '../core/query.ts';
import type { LiveAudience } from './contract.ts';
import { labelsOf } from './organizations.ts';
import type { Service } from './service.ts';
import { time } from './wire.ts';

const TOP: readonly Dimension[] = ['country', 'city', 'player', 'quality', 'asn'];
const TOP_VALUES = 10;
const MOST_STREAMS = 500;

export function liveAudience(service: Service, since: { joined: number; left: number }): LiveAudience {
  const { audience, streams, clock } = service;
  const busiest = audience
    .streams()
    .sort((a, b) => b.sessions - a.sessions)
    .slice(0, MOST_STREAMS);
  return {
    at: time(clock.now()),
    ...audience.total,
    ...since,
    streams: Object.fromEntries(
      busiest.map(({ source, stream, sessions }) => [streams.idOf(source, stream), sessions]),
    ),
    top: Object.fromEntries(TOP.map((dimension) => [dimension, topValues(service, dimension)])),
    stalled: service.stall() !== null,
  };
}

function topValues({ audience }: Service, dimension: Dimension): LiveAudience['top'][string] {
  const values = audience
    .counts(dimension)
    .filter(({ sessions }) => sessions > 0)
    .slice(0, TOP_VALUES);
  const labels = labelsOf(audience, dimension, values);
  return values.map(({ value, sessions }) => ({ value, label: labels(value), sessions }));
}
