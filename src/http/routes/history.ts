/** `/history` and `/timeline`: questions to the store. */

import { HistoryRequest, HistoryWire, TimelineRequest, TimelineWire } from '../contract.ts';
import { filterOf, periodOf, stepOf } from '../filter.ts';
import { type Route, route, STORE_ERRORS } from '../route.ts';
import type { Service } from '../service.ts';
import { labelOf, time } from '../wire.ts';

export function historyRoutes(service: Service): Route[] {
  const { store, clock } = service;
  return [
    route({
      method: 'GET',
      path: '/history',
      summary: 'Sessions, unique clients, listening time and bytes over a period, by one dimension.',
      right: 'read',
      query: HistoryRequest,
      answer: HistoryWire,
      errors: STORE_ERRORS,
      handle: async ({ query }) => {
        const { from, to } = periodOf(query, clock.now());
        const by = query.by ?? null;
        const groups = await store.aggregate({ from, to, by, filter: filterOf(query), limit: query.limit });
        return {
          from: time(from),
          to: time(to),
          by,
          groups: groups.map((group) => ({ ...group, label: labelOf(by, group.value) })),
        };
      },
    }),
    route({
      method: 'GET',
      path: '/timeline',
      summary: 'Concurrency over a period: average and exact peak of every step.',
      right: 'read',
      query: TimelineRequest,
      answer: TimelineWire,
      errors: { BAD_QUERY: 'These are too many steps.', ...STORE_ERRORS },
      handle: async ({ query }) => {
        const { from, to } = periodOf(query, clock.now());
        const step = stepOf(query.step, from, to);
        const by = query.by ?? null;
        const timeline = await store.timeline({ from, to, step, by, filter: filterOf(query), limit: query.limit });
        const provisional = provisionalFrom(service);
        return {
          from: time(from),
          to: time(to),
          stepSeconds: step / 1000,
          provisionalFrom: provisional !== null && provisional < to ? time(Math.max(provisional, from)) : null,
          steps: timeline.steps.map(time),
          series: timeline.series.map(({ value, average, peak }) => ({
            value,
            label: labelOf(by, value),
            average: [...average],
            peak: [...peak],
          })),
        };
      },
    }),
  ];
}

/** Who is silent since then may still turn out to have been there: the least watermark, less the gap. */
export function provisionalFrom(service: Service): number | null {
  const edges = service
    .sources()
    .filter(({ status, watermark }) => status !== 'finished' && watermark !== null)
    .map(({ watermark, gap }) => watermark! - gap);
  return edges.length === 0 ? null : Math.min(...edges);
}
