/** `/reports/audience`: listening metrics, out of the store by way of insights/metrics. */

import type { z } from 'zod';
import type { Instant } from '../../core/observation.ts';
import { type AudienceFigures, type AudiencePeriod, audienceReport } from '../../insights/metrics/metrics.ts';
import { type TimeZone, timeZoneOf } from '../../insights/metrics/time-zone.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { AudienceReportRequest, AudienceReportWire } from '../contract.ts';
import { filterOf, periodOf } from '../filter.ts';
import { type Route, route, STORE_ERRORS } from '../route.ts';
import type { Service } from '../service.ts';
import { time, timeOrNull } from '../wire.ts';
import { provisionalFrom } from './history.ts';

export function reportRoutes(service: Service): Route[] {
  return [
    route({
      method: 'GET',
      path: '/reports/audience',
      summary: 'Listening metrics (TLH, AAS, SS, AS, CUME, TSL, ATSL, AQH, peak) of a period, and of its steps.',
      right: 'read',
      query: AudienceReportRequest,
      answer: AudienceReportWire,
      errors: {
        BAD_QUERY: 'These are too many steps.',
        NOT_FOUND: 'There is no programme of this name.',
        ...STORE_ERRORS,
      },
      handle: ({ query }) => report(service, query),
    }),
  ];
}

/** The clocks of some zones showed other quarter-hours before. */
const EARLIEST = Date.UTC(1980, 0);

async function report(
  service: Service,
  query: z.output<typeof AudienceReportRequest>,
): Promise<z.input<typeof AudienceReportWire>> {
  const zone = timeZoneOf(query.timeZone);
  if (zone === null) {
    throw new HeadcountError('BAD_REQUEST', 'The parameter "timeZone" must name a time zone, such as Europe/Berlin.');
  }
  const { from, to } = reportedPeriod(query, zone, service.clock.now());
  const { step = null, minSession, cumeRule, bot } = query;
  const filter = filterOf(query, service.audience.programmes);
  const { whole, steps } = await audienceReport(service.store, { from, to, step, zone, filter, minSession, cumeRule });
  const provisional = provisionalFrom(service);
  return {
    ...reportedWire(whole),
    timeZone: zone.name,
    step,
    provisionalFrom: provisional !== null && provisional < to ? time(Math.max(provisional, from)) : null,
    rules: { minSessionSeconds: minSession / 1000, cumeRule, bot },
    totals: figuresWire(whole),
    steps: steps.map((each) => ({ ...reportedWire(each), ...figuresWire(each) })),
  };
}

type Edges = Pick<z.output<typeof AudienceReportRequest>, 'from' | 'to'>;

/** What is still to come is no part of any period: averages are over the hours that have been. */
function reportedPeriod(query: Edges, zone: TimeZone, now: Instant): { from: Instant; to: Instant } {
  const instantOf = (edge: Instant | string | undefined) =>
    typeof edge === 'string' ? zone.startOfDay(Date.parse(edge)) : edge;
  const asked = periodOf({ from: instantOf(query.from), to: instantOf(query.to) }, now);
  if (asked.from < EARLIEST) throw new HeadcountError('BAD_REQUEST', 'Reports begin in 1980: choose a later "from".');
  if (asked.from >= now) throw new HeadcountError('BAD_REQUEST', 'The period has not begun yet: "from" is to come.');
  return { from: asked.from, to: Math.min(asked.to, now) };
}

function reportedWire({ from, to, hours }: AudiencePeriod) {
  return { from: time(from), to: time(to), hours };
}

function figuresWire(figures: AudienceFigures) {
  const { tlhHours, tlhSeconds, aas, ss, as, cume, tslSeconds, atslSeconds, aqh, quarterHours, grossSessions } =
    figures;
  const peak = { count: figures.peak.count, at: timeOrNull(figures.peak.at) };
  return { tlhHours, tlhSeconds, aas, ss, as, cume, tslSeconds, atslSeconds, aqh, quarterHours, peak, grossSessions };
}
