/**
 * From what a log says to allocations: `new` and `refreshed` lease one, `usage` adds to it, `closed` tells where its client
 * was. A Refresh with a lifetime of 0 is its end, as on the wire: what coturn writes a second later is of the same one.
 */

import { z } from 'zod';
import {
  clientFacts,
  type Details,
  type Instant,
  type Observation,
  presence,
  type Traffic,
} from '../../core/observation.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { formatEndpoint } from '../turn/stun.ts';
import type { Boot, Closed, CoturnRow, Lifetime, PeerLine, Usage } from './parse.ts';

/** More than one relay has; beyond these the oldest are forgotten. */
const MOST_OPEN = 10_000;
const MOST_PEERS = 256;
/** RFC 8656 §2, until a line says another. */
const LIFETIME = 600_000;
/** So long after its lease a line may still come. */
const FORGET_AFTER = 3_600_000;

const flow = z.object({ packets: z.number(), bytes: z.number() });

const openShape = z.object({
  connection: z.string(),
  stream: z.string(),
  user: z.string().nullable(),
  realm: z.string().nullable(),
  until: z.number(),
  /** When it was given up. */
  endedAt: z.number().nullable(),
  isGone: z.boolean(),
  peers: z.array(z.string()).max(MOST_PEERS),
  /** Everything on the client's side so far. */
  wire: z.object({ up: flow, down: flow }),
  hasPayload: z.boolean(),
});

type Open = z.output<typeof openShape>;
type SessionRow = Exclude<CoturnRow, Boot>;

const markShape = z.array(z.tuple([z.string(), openShape])).max(MOST_OPEN);

export interface SessionsOptions {
  /** What allocations without a realm are on. */
  readonly stream: string;
  readonly counters: ScopedCounters;
}

export class Sessions {
  readonly #options: SessionsOptions;
  /** By log and id of the server, oldest first. */
  readonly #open: Map<string, Open>;

  constructor(options: SessionsOptions, mark: unknown = null) {
    this.#options = options;
    this.#open = new Map(markShape.safeParse(mark).data);
  }

  get mark(): z.output<typeof markShape> {
    return [...this.#open];
  }

  take(row: CoturnRow): Observation[] {
    switch (row.kind) {
      case 'boot':
        return this.#boot(row);
      case 'refused':
        this.#options.counters.add('errorResponses');
        return [];
      case 'deleted': {
        const open = this.#open.get(keyOf(row));
        this.#open.delete(keyOf(row));
        return open === undefined ? [] : leave(open, row.to);
      }
      case 'lifetime':
        return this.#lifetime(row);
      case 'usage':
        return this.#usage(row);
      case 'peer':
        return this.#peer(row);
      case 'closed':
        return this.#closed(row);
    }
  }

  forget(settled: Instant): void {
    for (const [key, open] of this.#open) if (open.until + FORGET_AFTER < settled) this.#open.delete(key);
  }

  #boot({ path, to: at }: Boot): Observation[] {
    const gone = [...this.#open].filter(([key]) => key.startsWith(`${path}\n`));
    for (const [key] of gone) this.#open.delete(key);
    return gone.flatMap(([, open]) => leave(open, at));
  }

  #lifetime(row: Lifetime): Observation[] {
    const at = row.to;
    // An id that begins is another one's: the server has started anew, and nobody has told.
    const before = row.isNew ? this.#open.get(keyOf(row)) : undefined;
    if (before !== undefined) this.#open.delete(keyOf(row));
    const open = this.#of(row);
    open.until = at + row.lifetime * 1000;
    if (row.lifetime === 0) open.endedAt ??= at;
    return [...(before === undefined ? [] : leave(before, at)), ...tell(open, at)];
  }

  #usage(row: Usage): Observation[] {
    const open = this.#of(row);
    const { up, down } = row;
    if (row.side === 'client') {
      open.wire = { up: sum(open.wire.up, up), down: sum(open.wire.down, down) };
      return tell(open, row.to);
    }
    open.hasPayload = true;
    return tell(open, row.to, { up, down });
  }

  #peer(row: PeerLine): Observation[] {
    const open = this.#open.get(keyOf(row));
    if (open === undefined || open.peers.length === MOST_PEERS || open.peers.includes(row.peer)) return [];
    open.peers.push(row.peer);
    return tell(open, row.to);
  }

  #closed(row: Closed): Observation[] {
    const open = this.#of(row);
    const { server, client, reason } = row;
    const details: Record<string, string> = {};
    if (server !== null) details['server'] = formatEndpoint(server);
    if (reason !== '') details['reason'] = reason;
    const isWireOnly = !open.hasPayload && open.wire.up.packets + open.wire.down.packets > 0;
    if (isWireOnly) this.#options.counters.add('wireBytesOnly');
    const told = tell(open, row.to, isWireOnly ? open.wire : null, { client, details });
    return [...told, ...leave(open, row.to)];
  }

  /** The allocation that a line is about; one that we know nothing of began before the log did, or before we read it. */
  #of(row: Extract<SessionRow, { user: string | null }>): Open {
    const key = keyOf(row);
    const found = this.#open.get(key);
    if (found !== undefined) return found;
    const { counters } = this.#options;
    if (row.kind !== 'lifetime' || !row.isNew) counters.add('adopted');
    counters.add('allocations');
    if (this.#open.size >= MOST_OPEN) {
      const [oldest] = this.#open.keys();
      this.#open.delete(oldest!);
      counters.add('allocationsDropped');
    }
    const none = { packets: 0, bytes: 0 };
    const open: Open = {
      connection: `${row.id} ${row.from}`,
      stream: row.realm ?? this.#options.stream,
      user: row.user,
      realm: row.realm,
      until: row.from + LIFETIME,
      ...{ endedAt: null, isGone: false, peers: [], hasPayload: false },
      wire: { up: none, down: none },
    };
    this.#open.set(key, open);
    return open;
  }
}

function keyOf({ path, id }: SessionRow): string {
  return `${path}\n${id}`;
}

interface Told {
  readonly client: { readonly address: string; readonly port: number } | null;
  readonly details: Details;
}

/** Nothing is told after its end. */
function tell(open: Open, at: Instant, traffic: Traffic | null = null, more: Told | null = null): Observation[] {
  if (open.isGone) return [];
  const { stream, connection, user, realm, endedAt, peers, wire } = open;
  const seen = endedAt ?? at;
  return [
    presence({
      stream,
      client: clientFacts({ ...more?.client, user, connection }),
      from: seen,
      until: endedAt ?? open.until,
      bytes: traffic === null ? 0 : traffic.up.bytes + traffic.down.bytes,
      traffic,
      details: {
        ...(realm === null ? {} : { realm }),
        peers: peers.length,
        wireUpPackets: wire.up.packets,
        wireUpBytes: wire.up.bytes,
        wireDownPackets: wire.down.packets,
        wireDownBytes: wire.down.bytes,
        ...more?.details,
      },
    }),
  ];
}

function leave(open: Open, at: Instant): Observation[] {
  if (open.isGone) return [];
  open.isGone = true;
  const { stream, user, connection, endedAt } = open;
  const client = clientFacts({ user, connection });
  return [{ kind: 'departure', stream, client, at: endedAt ?? at }];
}

function sum(a: Traffic['up'], b: Traffic['up']): Traffic['up'] {
  return { packets: a.packets + b.packets, bytes: a.bytes + b.bytes };
}
