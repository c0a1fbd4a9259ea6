/**
 * A stand-in for SRS: streams and clients of its HTTP API as its source writes them (srs_app_statistic.cpp,
 * srs_app_http_api.cpp), over real HTTP. Ten entries a page unless more are asked for; no total; errors are HTTP 200.
 */

import { type LabApi, startApi } from './api-server.ts';

export interface LabSrs extends LabApi {
  readonly streams: object[];
  readonly clients: object[];
  /** From now on every answer has this code; 0 is all well. */
  answer(code: number): void;
  /** As after a start: ids begin anew. */
  restart(): void;
}

export async function startSrs(authorization: string | null = null): Promise<LabSrs> {
  const state = { code: 0, boot: 1 };
  const [streams, clients]: [object[], object[]] = [[], []];
  const lists: Readonly<Record<string, object[]>> = { '/api/v1/streams': streams, '/api/v1/clients': clients };
  const api = await startApi(authorization, ({ pathname, searchParams }) => {
    const all = lists[pathname];
    if (all === undefined) return { status: 404, body: { code: 1070, data: null } };
    if (state.code !== 0) return { body: { code: state.code } };
    const start = Number(searchParams.get('start') ?? 0);
    const count = Math.max(10, Number(searchParams.get('count') ?? 0));
    const run = { server: 'vid-1', service: `run-${state.boot}`, pid: '7' };
    return { body: { code: 0, ...run, [pathname.slice(8)]: all.slice(start, start + count) } };
  });
  return {
    ...api,
    ...{ streams, clients },
    answer: (code) => {
      state.code = code;
    },
    restart: () => {
      state.boot++;
      streams.length = 0;
      clients.length = 0;
    },
  };
}

/** Plays `live/cam1` unless told otherwise. */
export function labClient(id: string, more: object = {}): object {
  return {
    ...{ id, vhost: 'vid-v', stream: 'vid-cam1', ip: '192.0.2.1', pageUrl: '', swfUrl: '' },
    ...{ url: '/live/cam1', name: 'cam1', type: 'rtmp-play', publish: false, alive: 60, send_bytes: 0 },
    ...more,
  };
}

/** `live/NAME`, on the air. */
export function labStream(name: string, clients: number): object {
  const publish = { active: true, cid: 'publisher' };
  return { id: `vid-${name}`, name, vhost: 'vid-v', app: 'live', url: `/live/${name}`, clients, publish };
}
