/** Pages of the audience against their definition: everything that matches, sorted, cut. Whoever comes and goes meanwhile. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { Audience, type AudiencePlace } from './audience.ts';
import type { Client } from './identity.ts';
import type { Changes } from './news.ts';
import { Session } from './session.ts';

const client: Client = {
  ...{ session: null, key: 'k', identity: 'inferred', selfDeclared: false, agent: 'a', network: 'n', listener: 'l' },
  ...{ listenerRank: 0, player: null, bot: false, place: null, address: '192.0.2.1', port: null, userAgent: null },
  ...{ user: null, device: null },
};
const PLACES = [null, { geo: null, asn: 64_496, organization: null }, { geo: null, asn: 64_497, organization: null }];
const opening = (id: number, start: number, stream: string) =>
  new Session({
    ...{ id: `s${id}`, source: 'radio', stream, start, seen: start, provisional: false, seenBy: 'radio' },
    client: { ...client, place: PLACES[id % PLACES.length]! },
  });
const changes = (more: Partial<Changes>): Changes => ({
  ...{ opened: [], updated: [], regrouped: [], closed: [], superseded: [] },
  ...more,
});

const step = fc.record({
  come: fc.array(fc.record({ start: fc.nat(300), isOther: fc.boolean() }), { maxLength: 400, size: 'max' }),
  /** Every how-manieth of them leaves, and every how-manieth turns out to have begun earlier. */
  leave: fc.integer({ min: 1, max: 6 }),
  backdate: fc.integer({ min: 2, max: 9 }),
});
const question = fc.record({
  sort: fc.constantFrom('startedAt' as const, 'duration' as const, 'bytes' as const),
  descending: fc.boolean(),
  limit: fc.integer({ min: 1, max: 120 }),
  isOfStream: fc.boolean(),
});

test('page by page, everything that matches comes once and in order, whoever has come and gone', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), question, (steps, asked) => {
      const audience = new Audience();
      const open = new Set<Session>();
      let nextId = 0;
      for (const { come, leave, backdate } of steps) {
        const opened = come.map(({ start, isOther }) => opening(nextId++, start, isOther ? 'other' : 'one'));
        audience.apply(changes({ opened }));
        for (const session of opened) open.add(session);
        const closed = [...open].filter((_, i) => i % leave === 0 && leave < 6);
        for (const session of closed) session.end = session.seen;
        audience.apply(changes({ closed }));
        for (const session of closed) open.delete(session);
        const found = [...open].filter(({ place }, i) => place === null && i % backdate === 0);
        for (const session of found) session.place = PLACES[1]!;
        audience.apply(changes({ regrouped: found }));
        for (const [i, session] of [...open].entries()) if (i % backdate === 0) session.start -= 40;
      }
      const expected = sorted(
        [...open].filter(({ stream }) => !asked.isOfStream || stream === 'one'),
        asked,
      );
      const placed = [...audience.places()].map(({ place, sessions }) => [place?.asn ?? null, sessions] as const);
      assert.deepEqual(new Map(placed), counted([...open].map(({ place }) => place?.asn ?? null)));
      const found: string[] = [];
      let after: AudiencePlace | null = null;
      do {
        const filter = asked.isOfStream ? { stream: ['one'] } : {};
        const { limit, sort, descending } = asked;
        const page = audience.page({ filter, sort, descending, limit, after, accepts: null });
        assert.equal(page.total, expected.length);
        found.push(...page.sessions.map(({ id }) => id));
        after = page.next;
      } while (after !== null);
      assert.deepEqual(found, expected);
      const filter = asked.isOfStream ? { stream: ['one'] } : {};
      for (const offset of [0, 1, expected.length >> 1, expected.length - 1, expected.length, expected.length + 5]) {
        if (offset < 0) continue;
        const { sessions, total, next } = audience.page({ ...asked, filter, after: null, accepts: null, offset });
        assert.deepEqual(
          sessions.map(({ id }) => id),
          expected.slice(offset, offset + asked.limit),
        );
        assert.equal(total, expected.length);
        assert.equal(next === null, offset + asked.limit >= expected.length);
      }
    }),
    { numRuns: 150 },
  );
});

function counted<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function sorted(sessions: readonly Session[], { sort, descending }: { sort: string; descending: boolean }): string[] {
  const direction = descending !== (sort === 'duration') ? -1 : 1;
  const value = (session: Session) => (sort === 'bytes' ? session.bytes : session.start);
  return [...sessions].sort((a, b) => direction * (value(a) - value(b)) || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
}
