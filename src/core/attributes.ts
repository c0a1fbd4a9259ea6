/**
 * What a session says of its client when its presences disagree (a phone that changed networks, a user name that came
 * later): every attribute keeps the value with the greatest (time, value), so the order of arrival does not matter.
 * Nearly every session has one client all its life and never gets here.
 */

import type { Client, Player } from './identity.ts';
import type { Instant } from './observation.ts';

/** A value and when it was last seen to be so. */
export interface Dated<T> {
  readonly at: Instant;
  readonly value: T;
}

/** Of two dated values the newer; of two equally new ones the greater, so that merging commutes. */
export function newer<T>(a: Dated<T> | null, b: Dated<T> | null): Dated<T> | null {
  if (a === null) return b;
  if (b === null) return a;
  if (a.at !== b.at) return a.at > b.at ? a : b;
  return rankOf(a.value) >= rankOf(b.value) ? a : b;
}

function rankOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Plain and JSON-safe: it is stored as it is. */
export interface Attributes {
  readonly endpoint: Dated<{ readonly address: string | null; readonly port: number | null }> | null;
  readonly agent: Dated<{
    readonly userAgent: string;
    readonly player: Player | null;
    readonly bot: boolean;
  }> | null;
  readonly user: Dated<string> | null;
  readonly device: Dated<string> | null;
  /** The best-founded listener: a user beats a device beats network + user agent, however old. */
  readonly listener: Dated<{ readonly rank: number; readonly listener: string }>;
}

/** What one client says, all of it last seen at `at`. */
export function attributesOf(client: Client, at: Instant): Attributes {
  const { address, port, userAgent, player, bot, user, device, listenerRank: rank, listener } = client;
  return {
    endpoint: address === null && port === null ? null : { at, value: { address, port } },
    agent: userAgent === null ? null : { at, value: { userAgent, player, bot } },
    user: user === null ? null : { at, value: user },
    device: device === null ? null : { at, value: device },
    listener: { at, value: { rank, listener } },
  };
}

export function mergeAttributes(a: Attributes, b: Attributes): Attributes {
  const ranks = a.listener.value.rank - b.listener.value.rank;
  return {
    endpoint: newer(a.endpoint, b.endpoint),
    agent: newer(a.agent, b.agent),
    user: newer(a.user, b.user),
    device: newer(a.device, b.device),
    listener: ranks > 0 ? a.listener : ranks < 0 ? b.listener : newer(a.listener, b.listener)!,
  };
}

/** The client as these attributes describe it; identity and limits stay with the client that opened the session. */
export function composeClient(opener: Client, attributes: Attributes): Client {
  return {
    ...opener,
    address: attributes.endpoint?.value.address ?? null,
    port: attributes.endpoint?.value.port ?? null,
    userAgent: attributes.agent?.value.userAgent ?? null,
    player: attributes.agent?.value.player ?? null,
    bot: attributes.agent?.value.bot ?? opener.bot,
    user: attributes.user?.value ?? null,
    device: attributes.device?.value ?? null,
    listener: attributes.listener.value.listener,
    listenerRank: attributes.listener.value.rank,
  };
}

/** Do two client objects say the same, whatever enrichment has found out of them so far? */
export function sayTheSame(a: Client, b: Client): boolean {
  return (
    a.listener === b.listener &&
    a.address === b.address &&
    a.port === b.port &&
    a.userAgent === b.userAgent &&
    a.user === b.user &&
    a.device === b.device
  );
}
