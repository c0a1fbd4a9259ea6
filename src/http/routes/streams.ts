/** `/streams`: what is known of them, and what their servers have counted. */

import { gaugeOver } from '../../insights/gauge/gauge.ts';
import {
  IdParam,
  StreamDetailWire,
  StreamListenersQuery,
  StreamListenersWire,
  StreamsWire,
  type StreamWire,
} from '../contract.ts';
import { periodOf, stepOf } from '../filter.ts';
import { allStreams } from '../live-streams.ts';
import { notFound, type Route, route, STORE_ERRORS } from '../route.ts';
import type { Service } from '../service.ts';
import { time } from '../wire.ts';

export function streamRoutes(service: Service): Route[] {
  return [
    route({
      method: 'GET',
      path: '/streams',
      summary: 'Every stream with its status, properties and live counts.',
      right: 'read',
      answer: StreamsWire,
      handle: () => ({ items: allStreams(service) }),
    }),
    route({
      method: 'GET',
      path: '/streams/:id',
      summary: 'One stream, with its last titles and the changes of its status.',
      right: 'read',
      params: IdParam,
      answer: StreamDetailWire,
      errors: { NOT_FOUND: 'There is no stream with this id.', ...STORE_ERRORS },
      handle: async ({ params }) => {
        const found = streamOf(service, params.id);
        const titles = service.streams.titles(found.source, found.stream);
        return {
          ...found,
          history: await historyOf(service, found),
          titles: titles.map(({ at, title }) => ({ at: time(at), title })),
        };
      },
    }),
    route({
      method: 'GET',
      path: '/streams/:id/listeners',
      summary: 'What the server itself counted over a period, where it does.',
      right: 'read',
      params: IdParam,
      query: StreamListenersQuery,
      answer: StreamListenersWire,
      errors: {
        NOT_FOUND: 'There is no stream with this id.',
        BAD_QUERY: 'These are too many measurements.',
        ...STORE_ERRORS,
      },
      handle: ({ params, query }) => listenersOf(service, streamOf(service, params.id), query),
    }),
  ];
}

function streamOf(service: Service, id: string): StreamWire {
  const found = allStreams(service).find((stream) => stream.id === id);
  if (found === undefined) throw notFound('stream with this id');
  return found;
}

async function historyOf(service: Service, { source, stream }: StreamWire): Promise<StreamDetailWire['history']> {
  const reports = await Promise.all(sourcesOf(service, source).map((name) => service.store.reports(name, stream, 200)));
  return reports
    .flat()
    .sort((a, b) => b.report.at - a.report.at)
    .map(({ report }) => ({ at: time(report.at), status: report.status, title: report.title ?? null }))
    .slice(0, 200);
}

async function listenersOf(
  service: Service,
  { source, stream }: StreamWire,
  query: { from?: number | undefined; to?: number | undefined; step?: number | undefined },
): Promise<StreamListenersWire> {
  const { from, to } = periodOf(query, service.clock.now());
  const step = stepOf(query.step, from, to);
  const sources = sourcesOf(service, source);
  const gauge = await gaugeOver(service.store, { sources, stream, metric: 'listeners', from, to, step });
  return {
    from: time(from),
    to: time(to),
    stepSeconds: step / 1000,
    steps: gauge.steps.map(time),
    average: [...gauge.average],
    peak: [...gauge.peak],
  };
}

/** The names of the sources that speak of the streams of a source or of an audience. */
export function sourcesOf(service: Service, space: string): string[] {
  return service
    .sources()
    .filter(({ name, audience }) => (audience ?? name) === space)
    .map(({ name }) => name);
}
