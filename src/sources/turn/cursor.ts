/**
 * What is saved of a reader, so that a restart goes on with the same allocations: the newest of them, and the requests
 * that wait for their answer. Plain JSON.
 */

import { z } from 'zod';
import { clientFacts } from '../../core/observation.ts';
import { parseIp } from '../../lib/ip.ts';
import type { Allocation, Allocations } from './allocations.ts';
import type { Flow } from './flow-table.ts';
import { formatEndpoint } from './stun.ts';

/** About 300 kB. Those that were seen least recently are left out, and counted: their leases run out by themselves. */
export const MAX_SAVED = 1000;
const MAX_LISTED = 64;

const endpoint = z.object({ address: z.string(), port: z.number() });

const savedAllocation = z.object({
  client: endpoint,
  server: endpoint,
  connection: z.string(),
  user: z.string().nullable(),
  realm: z.string().nullable(),
  relayed: z.string().nullable(),
  leaseEnd: z.number(),
  isDescribed: z.boolean(),
  channels: z.array(z.number()).max(MAX_LISTED),
  peers: z.array(z.union([z.number(), z.string()])).max(MAX_LISTED),
});

type SavedAllocation = z.output<typeof savedAllocation>;

const savedRequest = z.object({
  at: z.number(),
  username: z.string().nullable(),
  realm: z.string().nullable(),
  channel: z.number().nullable(),
  peer: endpoint.nullable(),
});

export const savedState = z.object({
  allocations: z.array(savedAllocation).max(MAX_SAVED),
  /** Those of `allocations` are not all there were. */
  isPartial: z.boolean(),
  waiting: z.array(z.tuple([z.string(), savedRequest])),
});

export type SavedState = z.output<typeof savedState>;

export function saveState(allocations: Allocations): SavedState {
  const saved: SavedAllocation[] = [];
  for (const allocation of allocations.values()) {
    if (saved.length === MAX_SAVED) break;
    saved.push(saveAllocation(allocation));
  }
  return {
    allocations: saved,
    isPartial: allocations.size > MAX_SAVED,
    waiting: allocations.transactions.save(),
  };
}

function saveAllocation(allocation: Allocation): SavedAllocation {
  const { client, server, realm, relayed, leaseEnd, isDescribed, channels, peers } = allocation;
  return {
    client: { address: client.address!, port: client.port! },
    server,
    connection: client.connection!,
    user: client.user,
    realm,
    relayed,
    leaseEnd,
    isDescribed,
    channels: [...channels].slice(0, MAX_LISTED),
    peers: [...peers].slice(0, MAX_LISTED),
  };
}

/** Puts those back whose lease has not run out by `now`. */
export function restoreState(allocations: Allocations, state: SavedState, now: number): void {
  allocations.transactions.restore(state.waiting);
  // The last one that is put back counts as seen last.
  for (const saved of state.allocations.toReversed()) if (saved.leaseEnd > now) restoreAllocation(allocations, saved);
}

function restoreAllocation(allocations: Allocations, saved: SavedAllocation): void {
  const client = parseIp(saved.client.address);
  const server = parseIp(saved.server.address);
  if (client === null || server === null || client.length !== server.length) return;
  const key = Buffer.concat([client, server]);
  const flow: Flow = {
    addressLength: client.length,
    client: 0,
    clientPort: saved.client.port,
    server: client.length,
    serverPort: saved.server.port,
  };
  allocations.restore(key, flow, {
    stream: saved.realm ?? formatEndpoint(saved.server),
    client: clientFacts({ ...saved.client, user: saved.user, connection: saved.connection }),
    realm: saved.realm,
    relayed: saved.relayed,
    server: saved.server,
    leaseEnd: saved.leaseEnd,
    channels: new Set(saved.channels),
    peers: new Set(saved.peers),
    isDescribed: saved.isDescribed,
    isDirty: false,
    from: 0,
    to: 0,
    upPackets: 0,
    upBytes: 0,
    downPackets: 0,
    downBytes: 0,
  });
}
