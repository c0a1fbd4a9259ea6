/** `/sessions`: open ones from the live audience, past ones from the store as of its last commit. */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AudiencePlace } from '../../core/audience.ts';
import type { SessionPage, SessionQuery, SessionSort } from '../../core/query.ts';
import type { Session, SessionRecord } from '../../core/session.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { IdParam, SessionPageWire, SessionsQuery, SessionTitlesWire, SessionWire } from '../contract.ts';
import { filterOf } from '../filter.ts';
import { whenOf } from '../instant.ts';
import { notFound, type Route, route, STORE_ERRORS } from '../route.ts';
import type { Service } from '../service.ts';
import { titlesHeard } from '../titles-heard.ts';
import { sessionWire, time } from '../wire.ts';

export function sessionRoutes(service: Service): Route[] {
  return [
    route({
      method: 'GET',
      path: '/sessions',
      summary: 'Sessions: the open ones unless asked otherwise; with `at`, those that were there at a moment.',
      right: 'read',
      query: SessionsQuery,
      answer: SessionPageWire,
      errors: {
        BAD_CURSOR: 'The cursor is not one that this query gave.',
        NOT_FOUND: 'There is no programme of this name.',
        ...STORE_ERRORS,
      },
      handle: async ({ query }) => {
        if (query.cursor !== undefined && query.offset !== undefined) {
          throw new HeadcountError(
            'BAD_REQUEST',
            'A page begins at a "cursor" or at an "offset": leave one of them out.',
          );
        }
        const descending = query.sort.startsWith('-');
        const asked: SessionQuery = {
          ...whenOf(query, service.clock.now()),
          filter: filterOf(query, service.audience.programmes),
          sort: query.sort.replace('-', '') as SessionSort,
          descending,
          limit: query.limit,
          cursor: query.cursor ?? null,
          offset: query.offset ?? 0,
        };
        const page = asked.state === 'open' ? openPage(service, asked) : await service.store.sessions(asked);
        return { items: page.items.map(sessionWire), nextCursor: page.nextCursor, total: page.total };
      },
    }),
    route({
      method: 'GET',
      path: '/sessions/:id',
      summary: 'One session, open or past.',
      right: 'read',
      params: IdParam,
      answer: SessionWire,
      errors: { NOT_FOUND: 'There is no session with this id.', ...STORE_ERRORS },
      handle: async ({ params }) => sessionWire(await sessionOf(service, params.id)),
    }),
    route({
      method: 'GET',
      path: '/sessions/:id/titles',
      summary: 'What its stream played while a session was there.',
      right: 'read',
      params: IdParam,
      answer: SessionTitlesWire,
      errors: { NOT_FOUND: 'There is no session with this id.', ...STORE_ERRORS },
      handle: async ({ params }) => {
        const titles = await titlesHeard(service, await sessionOf(service, params.id));
        return { items: titles.map(({ from, to, title }) => ({ from: time(from), to: time(to), title })) };
      },
    }),
  ];
}

/** Throws `NOT_FOUND`, also for one that may not be seen. */
async function sessionOf(service: Service, id: string): Promise<SessionRecord> {
  const open = service.audience.sessions.get(id);
  const record = open === undefined ? await service.store.session(id) : service.describe(open);
  if (record === null) throw notFound('session with this id');
  return record;
}

function openPage(service: Service, asked: SessionQuery): SessionPage {
  const { filter, sort, descending, limit, from, to, offset = 0 } = asked;
  const accepts =
    from === null && to === null
      ? null
      : (session: Session) =>
          (to === null || session.start < to) && (from === null || service.describe(session).lastSeenAt > from);
  const after = asked.cursor === null ? null : readCursor(asked);
  const page = service.audience.page({ filter, sort, descending, limit, after, accepts, offset });
  return {
    items: page.sessions.map((session) => service.describe(session)),
    nextCursor: page.next === null ? null : writeCursor(asked, page.next),
    total: page.total,
  };
}

/** Ties the cursor to its query: with another one it would point anywhere. */
function fingerprint(asked: SessionQuery): string {
  const { cursor: _, limit: __, offset: ___, ...query } = asked;
  return createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 8);
}

const Cursor = z.tuple([z.string(), z.union([z.string(), z.number(), z.null()]), z.string()]);

function writeCursor(asked: SessionQuery, { value, id }: AudiencePlace): string {
  return Buffer.from(JSON.stringify([fingerprint(asked), value, id])).toString('base64url');
}

function readCursor(asked: SessionQuery): AudiencePlace {
  const text = Buffer.from(asked.cursor!, 'base64url').toString('utf8');
  const parsed = Cursor.safeParse(tryJson(text));
  if (!parsed.success || parsed.data[0] !== fingerprint(asked)) {
    throw new HeadcountError('BAD_CURSOR', 'The cursor is not one that this query gave.');
  }
  return { value: parsed.data[1], id: parsed.data[2] };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
