/** `/status`, `/sources`, `/forget`: the process itself. */

import { HeadcountError } from '../../lib/errors.ts';
import {
  ForgetBody,
  ForgottenWire,
  SourceOutputWire,
  SourceParam,
  SourcesWire,
  type SourceWire,
  StatusWire,
} from '../contract.ts';
import { type Route, route, STORE_ERRORS } from '../route.ts';
import type { Service, SourceInfo } from '../service.ts';
import { time, timeOrNull, youWire } from '../wire.ts';

export function processRoutes(service: Service): Route[] {
  const { clock } = service;
  return [
    route({
      method: 'GET',
      path: '/status',
      summary: 'What runs here, and whether it is well.',
      right: 'read',
      answer: StatusWire,
      errors: STORE_ERRORS,
      handle: async ({ principal }) => {
        const stall = service.stall();
        return {
          version: service.version,
          startedAt: time(service.startedAt),
          at: time(clock.now()),
          demo: service.isDemo,
          timeZone: service.timeZone,
          stalled: stall === null ? null : { since: time(stall.since), message: stall.message },
          gapSeconds: Math.max(0, ...service.sources().map(({ gap }) => gap)) / 1000,
          store: await service.store.size(),
          you: youWire(principal),
          attribution: [...service.attribution],
          map: service.mapTiles(),
        };
      },
    }),
    route({
      method: 'GET',
      path: '/sources',
      summary: 'The health of every source.',
      right: 'read',
      answer: SourcesWire,
      handle: () => ({ items: service.sources().map((source) => sourceWire(service, source)) }),
    }),
    route({
      method: 'GET',
      path: '/sources/:name/output',
      summary: 'The newest lines that the program of a source has printed; only for whoever sees every stream.',
      right: 'read',
      params: SourceParam,
      answer: SourceOutputWire,
      errors: { FORBIDDEN: 'You do not see every stream.', NOT_FOUND: 'There is no source of this name.' },
      handle: ({ params: { name } }) => {
        const lines = service.output(name);
        if (lines === null) throw new HeadcountError('NOT_FOUND', 'There is no source of this name.');
        return { items: lines.map(({ at, text }) => ({ at: time(at), text })) };
      },
    }),
    route({
      method: 'POST',
      path: '/forget',
      summary: 'Erases who it was from all past sessions of an address, a user, or the listener of a session.',
      right: 'write',
      body: ForgetBody,
      answer: ForgottenWire,
      errors: { NOT_FOUND: 'There is no session with this id.', ...STORE_ERRORS },
      handle: async ({ body }) => ({ sessions: await service.forget(body) }),
    }),
  ];
}

function sourceWire(service: Service, source: SourceInfo): SourceWire {
  const { watermark } = source;
  const space = source.audience ?? source.name;
  const { sessions, bots } = service.audience.countOf('source', space);
  return {
    name: source.name,
    kind: source.kind,
    audience: source.audience,
    relays: source.relays === true,
    status: source.status,
    statusSince: time(source.statusSince),
    lastBatchAt: timeOrNull(source.lastBatchAt),
    watermark: timeOrNull(watermark),
    lagSeconds: watermark === null ? null : Math.max((service.clock.now() - watermark) / 1000, 0),
    restarts: source.restarts,
    lastError: source.lastError === null ? null : { ...source.lastError, at: time(source.lastError.at) },
    sessions: sessions + bots,
    hasOutput: source.hasOutput,
    counters: { ...source.counters },
    gapSeconds: source.gap / 1000,
    latenessSeconds: source.lateness / 1000,
    rates: source.rates.map(({ counter, perSecond }) => ({ counter, perSecond: Math.round(perSecond * 1000) / 1000 })),
    rejects: source.rejects.map(({ counter, count, of, example }) => ({
      ...{ counter, count, of },
      example: example === null ? null : { ...example, at: time(example.at) },
    })),
  };
}
