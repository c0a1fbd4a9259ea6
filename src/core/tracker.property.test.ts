/**
 * Whatever the order within the lateness, the batches, the early merging and the crashes: the same sessions. The truth
 * is worked out below from the definition alone, by comparing everything with everything.
 */

import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Audience } from './audience.ts';
import { type Client, identify } from './identity.ts';
import {
  clientFacts,
  FOREVER,
  type Instant,
  type Observation,
  type Presence,
  presence,
  SHORTEST_SESSION,
} from './observation.ts';
import { changePoints } from './quality.ts';
import { DIMENSIONS, facetOf } from './query.ts';
import { foldRuns } from './runs.ts';
import type { Session, SessionRecord } from './session.ts';
import { movedState, type OpenSession, Snapshots } from './snapshot.ts';
import type { SourceTraits } from './spaces.ts';
import { type Residue, Tracker } from './tracker.ts';

const GAP = 40_000;
const LATENESS = 10_000;
const RUNS = { numRuns: Number(process.env['HEADCOUNT_PROPERTY_RUNS'] ?? 400) };

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}

function client(name: string, more: { network?: string; connection?: string; declared?: string } = {}): Client {
  const facts = clientFacts({
    address: more.network ?? name,
    userAgent: `agent of ${name}`,
    connection: more.connection ?? null,
    playback: more.declared === undefined ? null : { id: more.declared, issued: false },
  });
  const { address, port, userAgent, user, device } = facts;
  const identity = identify(facts, facts.address, true, hash);
  return { session: null, ...identity, address, port, userAgent, user, device, place: null, player: null, bot: false };
}

const CLIENTS = ['anna', 'bert', 'cora'].map((name) => client(name));

/** What one issued playback id looked like on its way: other addresses, user agents, a name that came later. */
const ROAMING: readonly Client[] = [
  { address: 'home', userAgent: 'Phone' },
  { address: 'train', userAgent: 'Phone' },
  { address: 'train', userAgent: 'Phone/2', user: 'ann' },
  { address: 'train', userAgent: null, device: 'tablet' },
].map((known, i) => {
  const facts = clientFacts({ ...known, playback: { id: 'p', issued: true } });
  const { address, port, userAgent, user, device } = facts;
  const place = { geo: null, asn: i, organization: null };
  const identity = identify(facts, address, true, hash);
  return { session: null, ...identity, address, port, userAgent, user, device, place, player: null, bot: false };
});

interface Told {
  readonly stream: string;
  readonly who: number;
  readonly from: number;
  readonly length: number;
  /** How late it arrives, within the lateness. */
  readonly delay: number;
  readonly bytes: number;
  readonly quality: string | null;
  readonly title: string | null;
}

const told: fc.Arbitrary<Told> = fc.record({
  stream: fc.constantFrom('rock', 'jazz'),
  who: fc.integer({ min: 0, max: CLIENTS.length - 1 }),
  from: fc.oneof(
    fc.integer({ min: 0, max: 400 }).map((s) => s * 1000),
    fc.integer({ min: 0, max: 400_000 }),
  ),
  length: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60_000 })),
  delay: fc.integer({ min: 0, max: LATENESS }),
  bytes: fc.integer({ min: 0, max: 1000 }),
  quality: fc.option(fc.constantFrom('360p', '720p')),
  title: fc.option(fc.constantFrom('Alpha', 'Beta'), { freq: 4 }),
});

function presenceOf({ stream, who, from, length, bytes, quality, title }: Told): Presence<Client> {
  return presence({
    stream,
    client: CLIENTS[who]!,
    from,
    to: from + length,
    bytes,
    requests: 1,
    qualities: quality === null ? null : [{ at: from + length, value: quality }],
    title,
  });
}

/** Says what a session came to, without its id: an id is given at the opening and depends on what came first. */
function gist(record: SessionRecord): string {
  const changes = changePoints(record.qualities).map(({ at, value }) => `${value}@${at}`);
  return [
    record.stream,
    record.address,
    record.startedAt,
    record.lastSeenAt,
    record.bytes,
    record.requests,
    changes.join('/'),
    record.title,
  ].join(' ');
}

/** A tracker with a store that keeps exactly what was committed. */
class Bench {
  tracker = new Tracker({ hash });
  readonly audience = new Audience();
  readonly #sources: readonly SourceTraits[];
  /** Rows by id: a row that is written again replaces itself. */
  closed = new Map<string, SessionRecord>();
  readonly #open = new Set<string>();
  /** Open sessions as they are stored, by id. */
  #rows = new Map<string, OpenSession>();
  #committed: { open: Snapshots; residue: string; closed: Map<string, SessionRecord> } | null = null;

  constructor(sources: readonly SourceTraits[]) {
    this.#sources = sources;
    for (const each of [...CLIENTS, ...ROAMING]) each.session = null;
    for (const source of sources) this.tracker.attach(source);
  }

  settle(): void {
    const changes = this.tracker.changes();
    for (const { id } of changes.superseded) {
      this.closed.delete(id);
      this.#open.delete(id);
    }
    for (const { id } of [...changes.opened, ...changes.updated]) this.#open.add(id);
    for (const session of changes.closed) {
      this.closed.set(session.id, this.tracker.describe(session));
      this.#open.delete(session.id);
    }
    this.audience.apply(changes);
    assert.deepEqual([...this.#open].sort(), this.#tracked(), 'whoever hears the changes knows who is open');
  }

  /** Ids of all that are open, or not final yet. */
  #tracked(): string[] {
    const isThere = ({ rare }: Session) => rare === null || rare.replacedBy === null;
    return [...this.tracker.sessions()]
      .filter(isThere)
      .map(({ id }) => id)
      .sort();
  }

  commit(): void {
    this.settle();
    // Put into words only now: the tracker has gone on since, and a snapshot has not.
    if (this.#committed !== null) this.#write(this.#committed.open);
    const sessions = [...this.tracker.sessions()];
    const open = new Snapshots(sessions.length);
    for (const session of sessions) this.tracker.keep(session, open);
    this.#committed = { open, residue: JSON.stringify(this.tracker.residue()), closed: new Map(this.closed) };
  }

  /** As a store does it, which sets but a few columns of what has only moved. */
  #write(open: Snapshots): void {
    const before = this.#rows;
    this.#rows = new Map();
    for (const session of open) {
      const row = JSON.parse(JSON.stringify(session)) as OpenSession;
      if (session.moved) {
        const { seen, ...moved } = session.moved;
        const { id, record, state } = before.get(session.id)!;
        const now = { ...record, ...moved, lastSeenAt: seen };
        assert.deepEqual({ id, record: now, state: movedState(now, state) }, row, 'nothing else has changed');
      }
      this.#rows.set(row.id, row);
    }
  }

  crash(): void {
    this.tracker = new Tracker({ hash });
    for (const each of [...CLIENTS, ...ROAMING]) each.session = null;
    for (const source of this.#sources) this.tracker.attach(source);
    this.closed = new Map(this.#committed?.closed);
    this.#open.clear();
    if (this.#committed === null) return;
    this.#write(this.#committed.open);
    const open = [...this.#rows.values()];
    this.tracker.restore(open, JSON.parse(this.#committed.residue) as Residue);
    this.#open.clear();
    for (const id of this.#tracked()) this.#open.add(id);
  }

  gists(): string[] {
    this.settle();
    assert.deepEqual([...this.tracker.sessions()], [], 'everything should be final');
    return [...this.closed.values()].map(gist).sort();
  }
}

const WEB: SourceTraits = { name: 'web', audience: null, gap: GAP, departures: 'never', provisional: false };

/** The truth by the definition: intervals of one client on one stream, no further apart than the gap. */
function truth(all: readonly Presence<Client>[]): string[] {
  const sessions: string[] = [];
  for (const who of CLIENTS) {
    for (const stream of ['rock', 'jazz']) {
      let left = all.filter((p) => p.client === who && p.stream === stream);
      while (left.length > 0) {
        const group = [left[0]!];
        for (;;) {
          const near = left.filter(
            (p) => !group.includes(p) && group.some((q) => p.from - q.to <= GAP && q.from - p.to <= GAP),
          );
          if (near.length === 0) break;
          group.push(...near);
        }
        left = left.filter((p) => !group.includes(p));
        sessions.push(gistOf(group, (p) => p.to));
      }
    }
  }
  return sessions.sort();
}

function gistOf(group: readonly Presence<Client>[], endOf: (p: Presence<Client>) => Instant): string {
  const start = Math.min(...group.map((p) => p.from));
  const end = Math.max(...group.map(endOf));
  const sights = group.flatMap((p) => p.qualities ?? []).sort((a, b) => a.at - b.at || (a.value < b.value ? -1 : 1));
  const changes = sights.filter(({ value }, i) => sights[i - 1]?.value !== value);
  const titles = group
    .filter(({ title }) => title !== null)
    .sort((a, b) => b.to - a.to || (a.title! > b.title! ? -1 : 1));
  return [
    group[0]!.stream,
    group[0]!.client.address,
    start,
    Math.max(end, start + SHORTEST_SESSION),
    group.reduce((sum, p) => sum + p.bytes, 0),
    group.reduce((sum, p) => sum + p.requests, 0),
    changes.map(({ at, value }) => `${value}@${at}`).join('/'),
    titles[0]?.title ?? null,
  ].join(' ');
}

/** In order of arrival: nothing comes later than the lateness after its time. */
function arrivals<T extends { from: number; delay: number }>(stories: readonly T[]): T[] {
  return [...stories].sort((a, b) => a.from + a.delay - (b.from + b.delay));
}

const END = 10_000_000;

describe('activity: any order within the lateness', () => {
  test('gives the sessions of the definition', () => {
    fc.assert(
      fc.property(fc.array(told, { maxLength: 40, size: 'max' }), (stories) => {
        const bench = new Bench([WEB]);
        for (const story of arrivals(stories)) {
          bench.tracker.observe('web', presenceOf(story));
          bench.tracker.advance('web', story.from + story.delay - LATENESS);
        }
        bench.tracker.advance('web', END);
        assert.deepEqual(bench.gists(), truth(stories.map(presenceOf)));
        assert.equal(bench.tracker.counters.late, 0);
      }),
      RUNS,
    );
  });

  test('in any batches, folded early or not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ story: told, ends: fc.boolean(), folded: fc.boolean() }), { maxLength: 40, size: 'max' }),
        (steps) => {
          const bench = new Bench([WEB]);
          const inOrder = arrivals(steps.map((step) => ({ ...step, ...step.story })));
          let batch: Presence<Client>[] = [];
          for (const step of inOrder) {
            batch.push(presenceOf(step));
            if (!step.ends) continue;
            for (const p of step.folded ? foldRuns(batch, GAP) : batch) bench.tracker.observe('web', p);
            bench.tracker.advance('web', step.from + step.delay - LATENESS);
            batch = [];
          }
          for (const p of foldRuns(batch, GAP)) bench.tracker.observe('web', p);
          bench.tracker.advance('web', END);
          assert.deepEqual(bench.gists(), truth(steps.map(({ story }) => presenceOf(story))));
        },
      ),
      RUNS,
    );
  });

  test('through crashes, with everything since the last commit told again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ story: told, next: fc.constantFrom('commit', 'crash', 'go on', 'go on') }), {
          maxLength: 40,
          size: 'max',
        }),
        (steps) => {
          const bench = new Bench([WEB]);
          const inOrder = arrivals(steps.map((step) => ({ ...step, ...step.story })));
          let cursor = 0;
          let crashes = 0;
          for (let i = 0; i < inOrder.length; i++) {
            const step = inOrder[i]!;
            bench.tracker.observe('web', presenceOf(step));
            bench.tracker.advance('web', step.from + step.delay - LATENESS);
            if (step.next === 'commit') {
              bench.commit();
              cursor = i + 1;
            } else if (step.next === 'crash' && crashes++ < 5) {
              bench.crash();
              i = cursor - 1;
            }
          }
          bench.tracker.advance('web', END);
          assert.deepEqual(bench.gists(), truth(steps.map(({ story }) => presenceOf(story))));
        },
      ),
      RUNS,
    );
  });

  test('spread over the edges of one audience', () => {
    const edges = ['one', 'two'].map((name) => ({ ...WEB, name, audience: 'cdn' }));
    fc.assert(
      fc.property(
        fc.array(fc.record({ story: told, edge: fc.constantFrom('one', 'two') }), { maxLength: 40, size: 'max' }),
        (steps) => {
          const bench = new Bench(edges);
          for (const step of arrivals(steps.map((each) => ({ ...each, ...each.story })))) {
            bench.tracker.observe(step.edge, presenceOf(step));
            bench.tracker.advance(step.edge, step.from + step.delay - LATENESS);
          }
          for (const { name } of edges) bench.tracker.advance(name, END);
          assert.deepEqual(bench.gists(), truth(steps.map(({ story }) => presenceOf(story))));
        },
      ),
      RUNS,
    );
  });

  test('keeps the newest of every attribute and the first place', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ story: told, face: fc.integer({ min: 0, max: 3 }) }), { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer(), { minLength: 12, maxLength: 12 }),
        (steps, ranks) => {
          const outcomes = [
            steps,
            steps
              .map((step, i) => ({ step, rank: ranks[i]! }))
              .sort((a, b) => a.rank - b.rank)
              .map(({ step }) => step),
          ].map((inOrder) => {
            const bench = new Bench([{ ...WEB, gap: END }]);
            for (const { story, face } of inOrder) {
              const { from, length } = story;
              bench.tracker.observe(
                'web',
                presence({ stream: 'rock', client: ROAMING[face]!, from, to: from + length }),
              );
            }
            bench.settle();
            const [session] = bench.tracker.sessions();
            const { id: _, ...record } = bench.tracker.describe(session!);
            return record;
          });
          assert.deepEqual(outcomes[0], outcomes[1]);
          const newest = Math.max(...steps.map(({ story }) => story.from + story.length));
          const lasts = steps
            .filter(({ story }) => story.from + story.length === newest)
            .map(({ face }) => ROAMING[face]!);
          assert.ok(lasts.some(({ address }) => address === outcomes[0]!.address));
          const first = Math.min(...steps.map(({ story }) => story.from));
          const firsts = steps.filter(({ story }) => story.from === first).map(({ face }) => ROAMING[face]!);
          assert.ok(firsts.some(({ place }) => place?.asn === outcomes[0]!.place?.asn));
          assert.equal(outcomes[0]!.user, steps.some(({ face }) => face === 2) ? 'ann' : null);
        },
      ),
      RUNS,
    );
  });

  test('and the live counters are those of the sessions, at any moment', () => {
    fc.assert(
      fc.property(fc.array(told, { maxLength: 40, size: 'max' }), (stories) => {
        const bench = new Bench([WEB]);
        for (const story of arrivals(stories)) {
          bench.tracker.observe('web', presenceOf(story));
          bench.tracker.advance('web', story.from + story.delay - LATENESS);
          bench.settle();
          const open = [...bench.tracker.sessions()];
          assert.equal(bench.audience.total.sessions, open.length);
          assert.equal(bench.audience.total.listeners, new Set(open.map((session) => session.listener)).size);
          for (const dimension of DIMENSIONS) {
            const counts = new Map<string | null, number>();
            for (const session of open) {
              const value = facetOf(session, dimension);
              counts.set(value, (counts.get(value) ?? 0) + 1);
            }
            const kept = new Map(bench.audience.counts(dimension).map(({ value, sessions }) => [value, sessions]));
            assert.deepEqual(kept, counts);
          }
        }
      }),
      RUNS,
    );
  });
});

// Cuts and leases, told out of order.

interface ToldEvent {
  readonly kind: 'presence' | 'begin' | 'lease' | 'departure';
  readonly from: number;
  readonly length: number;
  readonly lease: number;
  readonly delay: number;
  readonly bytes: number;
}

const toldEvent: fc.Arbitrary<ToldEvent> = fc.record({
  kind: fc.constantFrom('presence', 'begin', 'lease', 'departure', 'departure'),
  from: fc.oneof(
    fc.integer({ min: 0, max: 30 }).map((s) => s * 5000),
    fc.integer({ min: 0, max: 150_000 }),
  ),
  length: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 30 }).map((s) => s * 1000),
  ),
  lease: fc.integer({ min: 0, max: 60_000 }),
  delay: fc.integer({ min: 0, max: LATENESS }),
  bytes: fc.integer({ min: 0, max: 1000 }),
});

function eventOf(event: ToldEvent): Observation<Client> {
  const { kind, from, length, bytes } = event;
  const who = CLIENTS[0]!;
  if (kind === 'departure') return { kind: 'departure', stream: 'rock', client: who, at: from };
  if (kind === 'begin') return presence({ stream: 'rock', client: who, from, bytes, until: FOREVER });
  const to = from + length;
  const until = kind === 'lease' ? to + event.lease : null;
  return presence({ stream: 'rock', client: who, from, to, bytes, until });
}

/** The truth by the definition, cuts and leases included. */
function truthOfCuts(events: readonly ToldEvent[]): string[] {
  const all = events.map(eventOf);
  const presences = all.filter((each) => each.kind === 'presence');
  const cuts = all
    .filter((each) => each.kind === 'departure')
    .map(({ at }) => at)
    .filter((cut) => !presences.some((p) => p.from < cut && cut < p.to));
  /** On which side of a cut? What was only seen in its instant came before it; what goes on from there came after. */
  const isBefore = (p: Presence<Client>, cut: Instant) =>
    p.to < cut || (p.to === cut && (p.from < cut || p.until === null));
  const segment = (p: Presence<Client>) => cuts.filter((cut) => !isBefore(p, cut)).length;
  const cover = (p: Presence<Client>): Instant => {
    if (p.until === null) return p.to;
    const cut = Math.min(...cuts.filter((each) => isBefore(p, each)));
    const next = presences.filter(
      (q) => segment(q) === segment(p) && q.until !== null && (q.to > p.to || (q.to === p.to && q.until > p.until!)),
    );
    return Math.max(p.to, Math.min(p.until, cut, ...next.map((q) => q.to)));
  };
  const sessions: string[] = [];
  let left = [...presences];
  while (left.length > 0) {
    const group = [left[0]!];
    for (;;) {
      const near = left.filter(
        (p) =>
          !group.includes(p) &&
          group.some((q) => segment(p) === segment(q) && p.from - cover(q) <= GAP && q.from - cover(p) <= GAP),
      );
      if (near.length === 0) break;
      group.push(...near);
    }
    left = left.filter((p) => !group.includes(p));
    sessions.push(gistOf(group, (p) => Math.min(cover(p), END)));
  }
  return sessions.sort();
}

describe('departures and leases, out of order within the lateness', () => {
  const told = { ...WEB, departures: 'outOfOrder' as const };

  test('give the sessions of the definition', () => {
    fc.assert(
      fc.property(fc.array(toldEvent, { maxLength: 12, size: 'max' }), (events) => {
        const bench = new Bench([told]);
        for (const event of arrivals(events)) {
          bench.tracker.observe('web', eventOf(event));
          bench.tracker.advance('web', event.from + event.delay - LATENESS - 1);
        }
        bench.tracker.advance('web', END);
        bench.tracker.lose('web');
        assert.deepEqual(bench.gists(), truthOfCuts(events));
      }),
      { numRuns: RUNS.numRuns * 3 },
    );
  });

  test('also through crashes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ event: toldEvent, next: fc.constantFrom('commit', 'crash', 'go on') }), {
          maxLength: 12,
          size: 'max',
        }),
        (steps) => {
          const bench = new Bench([told]);
          const inOrder = arrivals(steps.map((step) => ({ ...step, ...step.event })));
          let cursor = 0;
          let crashes = 0;
          for (let i = 0; i < inOrder.length; i++) {
            const step = inOrder[i]!;
            bench.tracker.observe('web', eventOf(step));
            bench.tracker.advance('web', step.from + step.delay - LATENESS - 1);
            if (step.next === 'commit') {
              bench.commit();
              cursor = i + 1;
            } else if (step.next === 'crash' && crashes++ < 5) {
              bench.crash();
              i = cursor - 1;
            }
          }
          bench.tracker.advance('web', END);
          bench.tracker.lose('web');
          assert.deepEqual(bench.gists(), truthOfCuts(steps.map(({ event }) => event)));
        },
      ),
      RUNS,
    );
  });
});

describe('finished rows and provisional sessions', () => {
  const plex: SourceTraits = { name: 'web', audience: null, gap: GAP, departures: 'inOrder', provisional: true };

  test('match the same way, in whatever order they come', () => {
    const play = fc.record({ start: fc.integer({ min: 0, max: 100 }), length: fc.integer({ min: 5, max: 50 }) });
    const order = fc.array(fc.integer(), { minLength: 12, maxLength: 12, size: 'max' });
    fc.assert(
      fc.property(fc.array(play, { maxLength: 6 }), fc.array(play, { maxLength: 6 }), order, (rows, lives, order) => {
        const outcomes = [order, [...order].reverse()].map((ranks) => {
          const bench = new Bench([plex]);
          const tellings: (() => void)[] = [];
          lives.forEach(({ start, length }, i) => {
            const who = client('anna', { connection: `live ${i}` });
            const told = { stream: 'film', client: who, from: start * 1000, provisional: true, until: FOREVER };
            tellings.push(() => bench.tracker.observe('web', presence({ ...told, to: (start + length) * 1000 })));
          });
          rows.forEach(({ start, length }, i) => {
            const who = client('anna', { connection: `row ${i}` });
            const told = { stream: 'film', client: who, from: start * 1000, to: (start + length) * 1000 };
            tellings.push(() => bench.tracker.observe('web', presence({ ...told, over: true })));
          });
          const sorted = tellings.map((tell, i) => ({ tell, rank: ranks[i]! })).sort((a, b) => a.rank - b.rank);
          for (const { tell } of sorted) {
            tell();
            bench.settle();
          }
          bench.tracker.lose('web');
          return bench.gists();
        });
        assert.deepEqual(outcomes[0], outcomes[1]);
        assert.ok(outcomes[0]!.length >= Math.max(rows.length, lives.length));
        assert.ok(outcomes[0]!.length <= rows.length + lives.length);
      }),
      RUNS,
    );
  });
});

describe('nothing that a client can type multiplies it without limit', () => {
  test('at most 256 playback ids and 64 user agents of one network are open at once; the rest are one crowd', () => {
    const bench = new Bench([WEB]);
    for (let i = 0; i < 1000; i++) {
      const declared = client(`anna`, { network: '192.0.2.1', declared: `id ${i}` });
      bench.tracker.observe('web', presence({ stream: 'rock', client: declared, from: i, bytes: 1 }));
      const agent = client(`agent ${i}`, { network: '192.0.2.2' });
      bench.tracker.observe('web', presence({ stream: 'rock', client: agent, from: i, bytes: 1 }));
    }
    bench.settle();
    const open = [...bench.tracker.sessions()];
    const at = (address: string) => open.filter((session) => session.address === address);
    assert.equal(at('192.0.2.1').length, 256 + 1);
    assert.equal(at('192.0.2.2').length, 64 + 1);
    assert.equal(bench.tracker.counters.crowded, 1000 - 256 + 1000 - 64);
    const bytes = open.reduce((sum, session) => sum + session.bytes, 0);
    assert.equal(bytes, 2000, 'no byte is lost');

    bench.tracker.advance('web', END);
    bench.settle();
    const back = client('anna', { network: '192.0.2.1', declared: 'id 999' });
    bench.tracker.observe('web', presence({ stream: 'rock', client: back, from: END }));
    assert.equal([...bench.tracker.sessions()][0]!.identity, 'declared', 'the places are free again');
  });
});
