/**
 * What is saved of a reader, so that a restart goes on with the same allocations: the newest of them, and the requests
 * that wait for their answer. Plain JSON.
 */

import { z } from 'zod';
import { clientFacts } from '../../core/observation.ts';
import { parseIp } from '../../lib/ip.ts';
import { type Allocation, clientOf, createAllocation, serverOf } from './allocation.ts';
import type { Allocations } from './allocations.ts';
import type { Flow } from './flow-table.ts';
import { formatEndpoint } from './stun.ts';
import type { Waiting } from './waiting.ts';

/** About 400 kB. Those that were seen least recently are left out, and counted: their leases run out by themselves. */
export const MAX_SAVED = 1000;
const MAX_LISTED = 64;
const MAX_WAITING = 200;

const endpoint = z.object({ address: z.string(), port: z.number() });

const both = z.object({ upPackets: z.number(), upBytes: z.number(), downPackets: z.number(), downBytes: z.number() });

const heard = z.array(z.tuple([z.number(), both.extend({ first: z.number(), last: z.number() })])).max(MAX_LISTED);

/** What was saved before there was TCP has none of what has a default. */
const savedFlow = z.object({ client: endpoint, server: endpoint, protocol: z.literal([6, 17]).default(17) });

const savedAllocation = z.object({
  /** Where it was born. */
  client: endpoint,
  server: endpoint,
  /** Where it is now, if it has moved. */
  flow: savedFlow.optional(),
  protocol: z.literal([6, 17]).default(17),
  connection: z.string(),
  user: z.string().nullable(),
  realm: z.string().nullable(),
  relayed: z.string().nullable(),
  leaseEnd: z.number(),
  isDescribed: z.boolean(),
  channels: z.array(z.number()).max(MAX_LISTED),
  peers: z.array(z.union([z.number(), z.string()])).max(MAX_LISTED),
  permissions: z.array(z.string()).max(MAX_LISTED).default([]),
  isAdopted: z.boolean().default(false),
  moved: z.number().default(0),
  ticket: z.string().nullable().default(null),
  since: z.number().nullable().default(null),
  heard: heard.default([]),
  /** Packets and bytes up, packets and bytes down. */
  wire: z.tuple([z.number(), z.number(), z.number(), z.number()]).default([0, 0, 0, 0]),
  described: z.tuple([z.number(), z.number(), z.number()]).default([0, 0, 0]),
  totals: z.tuple([z.number(), z.number()]).default([0, 0]),
});

type SavedAllocation = z.output<typeof savedAllocation>;

const savedRequest = z.object({
  at: z.number(),
  username: z.string().nullable(),
  realm: z.string().nullable(),
  channel: z.number().nullable(),
  peer: endpoint.nullable(),
  permits: z.array(z.string()).max(MAX_LISTED).readonly().default([]),
  ticket: z.string().nullable().default(null),
  connectionId: z.number().nullable().default(null),
});

const savedWaiting = z.object({ flow: savedFlow, seen: z.number(), wire: both, channels: heard });

export const savedState = z.object({
  allocations: z.array(savedAllocation).max(MAX_SAVED),
  /** Those of `allocations` are not all there were. */
  isPartial: z.boolean(),
  waiting: z.array(z.tuple([z.string(), savedRequest])),
  /** Pairs without an allocation, with what has passed between them. */
  unknown: z.array(savedWaiting).max(MAX_WAITING).default([]),
});

export type SavedState = z.input<typeof savedState>;

export function saveState(allocations: Allocations): SavedState {
  const saved: z.input<typeof savedAllocation>[] = [];
  for (const allocation of allocations.values()) {
    if (saved.length === MAX_SAVED) break;
    saved.push(saveAllocation(allocation));
  }
  return {
    allocations: saved,
    isPartial: allocations.size > MAX_SAVED,
    waiting: allocations.transactions.save(),
    unknown: [...allocations.waiting.values().take(MAX_WAITING)].map(saveWaiting),
  };
}

function saveWaiting({ flow, seen, wire, channels }: Waiting): z.output<typeof savedWaiting> {
  return { flow: saveFlow(flow), seen, wire, channels: [...(channels ?? [])] };
}

function saveFlow(flow: Flow): z.output<typeof savedFlow> {
  return { client: clientOf(flow), server: serverOf(flow), protocol: protocolOf(flow) };
}

function protocolOf({ protocol }: Flow): 6 | 17 {
  return protocol === 6 ? 6 : 17;
}

function saveAllocation(allocation: Allocation): z.input<typeof savedAllocation> {
  const { client, server, realm, relayed, leaseEnd, isDescribed, channels, peers, permissions, flow } = allocation;
  const { isAdopted, moved, ticket, since, wire, describedAt, describedUp, describedDown, heard: waits } = allocation;
  return {
    client: { address: client.address!, port: client.port! },
    server,
    protocol: protocolOf(flow),
    connection: client.connection!,
    user: client.user,
    realm,
    relayed,
    leaseEnd,
    isDescribed,
    channels: [...channels].slice(0, MAX_LISTED),
    peers: [...peers].slice(0, MAX_LISTED),
    wire: [wire.upPackets, wire.upBytes, wire.downPackets, wire.downBytes],
    described: [describedAt, describedUp, describedDown],
    totals: [allocation.upTotal, allocation.downTotal],
    // What most of them have not is left out.
    ...(permissions.size > 0 ? { permissions: [...permissions].slice(0, MAX_LISTED) } : {}),
    ...(moved > 0 ? { moved, flow: saveFlow(flow) } : {}),
    ...(ticket === null ? {} : { ticket }),
    ...(isAdopted ? { isAdopted, since, heard: [...(waits ?? [])] } : {}),
  };
}

/** Puts those back whose lease has not run out by `now`. */
export function restoreState(allocations: Allocations, state: SavedState, now: number): void {
  const { waiting, unknown, allocations: saved } = savedState.parse(state);
  allocations.transactions.restore(waiting);
  // The last one that is put back counts as seen last.
  for (const each of unknown.toReversed()) restoreWaiting(allocations, each);
  for (const each of saved.toReversed()) if (each.leaseEnd > now) restoreAllocation(allocations, each);
}

function restoreWaiting(allocations: Allocations, saved: z.output<typeof savedWaiting>): void {
  const flow = flowOf(saved.flow);
  if (flow === null) return;
  const { seen, wire, channels } = saved;
  allocations.waiting.put({ flow, seen, wire: { ...wire }, channels: channels.length === 0 ? null : mapOf(channels) });
}

function restoreAllocation(allocations: Allocations, saved: SavedAllocation): void {
  const flow = flowOf(saved.flow ?? saved);
  if (flow === null) return;
  const { realm, relayed, server, isAdopted, leaseEnd } = saved;
  const stream = realm ?? formatEndpoint(server);
  const client = clientFacts({ ...saved.client, user: saved.user, connection: saved.connection });
  const allocation = createAllocation({ stream, client, realm, relayed, server, flow, isAdopted, leaseEnd }, 0);
  const [describedAt, describedUp, describedDown] = saved.described;
  const [upTotal, downTotal] = saved.totals;
  const { isDescribed, moved, ticket, since } = saved;
  const rest = { isDescribed, moved, ticket, since, describedAt, describedUp, describedDown, upTotal, downTotal };
  Object.assign(allocation, rest, { heard: saved.heard.length === 0 ? null : mapOf(saved.heard) });
  const [upPackets, upBytes, downPackets, downBytes] = saved.wire;
  Object.assign(allocation.wire, { upPackets, upBytes, downPackets, downBytes });
  for (const channel of saved.channels) allocation.channels.add(channel);
  for (const peer of saved.peers) allocation.peers.add(peer);
  for (const address of saved.permissions) allocation.permissions.add(address);
  allocations.restore(allocation);
}

/** Copies: what is restored goes on counting. */
function mapOf<Value extends object>(entries: readonly (readonly [number, Value])[]): Map<number, Value> {
  return new Map(entries.map(([key, value]) => [key, { ...value }]));
}

function flowOf(saved: z.output<typeof savedFlow>): Flow | null {
  const client = parseIp(saved.client.address);
  const server = parseIp(saved.server.address);
  if (client === null || server === null || client.length !== server.length) return null;
  return {
    bytes: Uint8Array.from([...client, ...server]),
    protocol: saved.protocol,
    addressLength: client.length,
    client: 0,
    clientPort: saved.client.port,
    server: client.length,
    serverPort: saved.server.port,
  };
}
