/** `/history` and `/timeline`: questions to the store. */

import type { HistoryQuery } from '../../core/query.ts';
import { HistoryRequest, HistoryWire, TimelineRequest, TimelineWire } from '../contract.ts';
import { filterOf, periodOf, stepOf } from '../filter.ts';
import { type Route, route, STORE_ERRORS } from '../route.ts';
import type { Service } from '../service.ts';
import { labelOf, time } from '../wire.ts';

const NOT_FOUND = 'There is no programme of this name.';

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
      errors: { NOT_FOUND, ...STORE_ERRORS },
      handle: async ({ query }) => {
        const { from, to } = periodOf(query, clock.now());
        const { by = null, limit } = query;
        const asked = { from, to, filter: filterOf(query, service.audience.programmes), limit };
        const groups =
          by === 'programme'
            ? await groupsByProgramme(service, asked, query.programme)
            : (await store.aggregate({ ...asked, by })).map((group) => ({ ...group, label: labelOf(by, group.value) }));
        return { from: time(from), to: time(to), by, groups };
      },
    }),
    route({
      method: 'GET',
      path: '/timeline',
      summary: 'Concurrency over a period: average and exact peak of every step.',
      right: 'read',
      query: TimelineRequest,
      answer: TimelineWire,
      errors: { BAD_QUERY: 'These are too many steps.', NOT_FOUND, ...STORE_ERRORS },
      handle: async ({ query }) => {
        const { from, to } = periodOf(query, clock.now());
        const step = stepOf(query.step, from, to);
        const by = query.by ?? null;
        const filter = filterOf(query, service.audience.programmes);
        const timeline = await store.timeline({ from, to, step, by, filter, limit: query.limit });
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

/** One question for each programme: a listener may be in several of them. Of all programmes, or those that are named. */
async function groupsByProgramme(
  { store, audience }: Service,
  asked: Omit<HistoryQuery, 'by'>,
  names: readonly string[] | undefined,
): Promise<HistoryWire['groups']> {
  const groups: HistoryWire['groups'] = [];
  for (const { name, patterns } of audience.programmes.list) {
    if (names !== undefined && !names.includes(name)) continue;
    const filter = { ...asked.filter, streamPatterns: patterns };
    const [group] = await store.aggregate({ ...asked, filter, by: null, limit: 1 });
    if (group !== undefined && group.sessions > 0) groups.push({ ...group, value: name, label: null });
  }
  return groups.sort((a, b) => b.listeningSeconds - a.listeningSeconds).slice(0, asked.limit);
}

/** Who is silent since then may still turn out to have been there: the least watermark, less the gap. */
export function provisionalFrom(service: Service): number | null {
  const edges = service
    .sources()
    .filter(({ status, watermark }) => status !== 'finished' && watermark !== null)
    .map(({ watermark, gap }) => watermark! - gap);
  return edges.length === 0 ? null : Math.min(...edges);
}
