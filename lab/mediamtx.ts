/**
 * A stand-in for MediaMTX: the lists of its API v3 as api/openapi.yaml has them, over real HTTP. Tests drive it: sessions
 * come and go, protocols are switched off, pages are short.
 */

import { type LabApi, startApi } from './api-server.ts';

export interface LabMediamtx extends LabApi {
  /** List → what is in it, oldest first: `paths`, `rtspsessions`, … */
  readonly lists: Map<string, object[]>;
  /** Lists that answer with this status and MediaMTX's words. */
  readonly broken: Map<string, number>;
  readonly paging: LabPaging;
}

export interface LabPaging {
  /** More than so many are not on one page, whatever is asked for. */
  most: number;
  /** Called before each page of a list is read. */
  before(list: string): void;
}

export async function startMediamtx(authorization: string | null = null): Promise<LabMediamtx> {
  const lists = new Map<string, object[]>();
  const broken = new Map<string, number>();
  const paging: LabPaging = { most: 1_000_000, before: () => {} };
  const api = await startApi(authorization, ({ pathname, searchParams }) => {
    const list = /^\/v3\/(\w+)\/list$/.exec(pathname)?.[1] ?? '';
    paging.before(list);
    const status = broken.get(list);
    if (status !== undefined) return { status, body: { status: 'error', error: `${list} is out of order` } };
    const all = lists.get(list);
    if (all === undefined) return { status: 404, body: '404 page not found' };
    const most = Math.min(Number(searchParams.get('itemsPerPage') ?? 100), paging.most);
    const page = Number(searchParams.get('page') ?? 0);
    const items = all.slice(page * most, (page + 1) * most);
    return { body: { pageCount: Math.ceil(all.length / most), itemCount: all.length, items } };
  });
  return { ...api, lists, broken, paging };
}

/** A session that reads `cam1` unless told otherwise. */
export function labSession(id: string, more: object = {}): object {
  return {
    ...{ id, created: new Date(Date.now() - 60_000).toISOString(), remoteAddr: '192.0.2.1:50000' },
    ...{ state: 'read', path: 'cam1', query: '', user: '', outboundBytes: 0 },
    ...more,
  };
}

export function labPath(name: string, readers = 0): object {
  const since = new Date(Date.now() - 120_000).toISOString();
  const all = Array.from({ length: readers }, (_, i) => ({ type: 'rtspSession', id: `reader-${i}` }));
  return { name, online: true, onlineTime: since, available: true, availableTime: since, readers: all };
}
