/**
 * Who is it? Two keys, not one: `key` says what folds into one session, `listener` says who it is.
 *
 * The ladder for `key`, strongest rung first: the server's own connection id · a playback id (issued by the server, or
 * declared by the player) · network + user agent. Nothing here decides sessions; the limits on what a client may
 * declare are the tracker's (tracker.ts), which knows what is open.
 */

import type { ClientFacts } from './observation.ts';
import type { Session } from './session.ts';

/** Which rung of the ladder `key` stands on. */
export type Rung = 'connection' | 'declared' | 'inferred';

/** Turns a text into a short stable token. Keyed, so that an address cannot be guessed back from it. */
export type Hash = (text: string) => string;

export interface Player {
  readonly name: string | null;
  readonly version: string | null;
  /** `browser`, `player`, `app`, `library`, `tool` or `bot`, as docs/players.md tells them apart; null if it does not show. */
  readonly type: string | null;
  /** The operating system or device family it runs on. */
  readonly platform: string | null;
}

export interface Geo {
  /** ISO 3166-1 alpha-2, upper case. */
  readonly countryCode: string | null;
  readonly regionCode: string | null;
  readonly region: string | null;
  readonly city: string | null;
  readonly postalCode: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly accuracyKm: number | null;
  readonly timeZone: string | null;
}

/** Where an address is, and whose network it is in. A session keeps the first one that is known of it. */
export interface Place {
  readonly geo: Geo | null;
  readonly asn: number | null;
  readonly organization: string | null;
  /** What a web service answered, for whoever passes it on. Never stored: absent after a restart, and with tables. */
  readonly answer?: unknown;
}

export interface Identity {
  readonly key: string;
  readonly identity: Rung;
  /** The client itself made up this key: opening sessions with it is limited per network. */
  readonly selfDeclared: boolean;
  /** Token of network + user agent: what a request without an id has in common with its player's declared session. */
  readonly agent: string;
  /** Token of the network: the IPv4 address or the IPv6 /64. */
  readonly network: string;
  readonly listener: string;
  /** What `listener` rests on: a user beats a device beats network + user agent. */
  readonly listenerRank: number;
}

/**
 * An identified, enriched, masked client: what the tracker sees. One object per distinct client, shared by all its
 * presences to one tracker; `player`, `bot` and a `place` that is null may be filled in later by enrichment, which then
 * calls `tracker.touch`.
 */
export interface Client extends Identity {
  /** As `privacy` allows it to be shown and stored. */
  readonly address: string | null;
  readonly port: number | null;
  readonly userAgent: string | null;
  readonly user: string | null;
  readonly device: string | null;
  place: Place | null;
  player: Player | null;
  bot: boolean;
  /** The tracker's own: the session that this client's presences went to last, found again without a look-up. */
  session: Session | null;
}

export const LISTENER_RANK = { agent: 0, device: 1, user: 2 } as const;

/**
 * The identity of a client.
 *
 * `network` is the raw address's network (an IPv4 address, an IPv6 /64, or the opaque token itself), null if there is
 * no address. `acceptDeclared` false ignores ids that the server did not issue.
 */
export function identify(facts: ClientFacts, network: string | null, acceptDeclared: boolean, hash: Hash): Identity {
  const networkToken = hash(`n|${network ?? ''}`);
  // A publisher is nobody's listener, however alike the two are.
  const agent = hash(`${facts.isPublisher ? 'b' : 'a'}|${network ?? ''}|${facts.userAgent ?? ''}`);
  const playback = facts.playback !== null && (facts.playback.issued || acceptDeclared) ? facts.playback : null;

  let key = agent;
  let identity: Rung = 'inferred';
  if (facts.connection !== null) {
    key = hash(`c|${facts.connection}`);
    identity = 'connection';
  } else if (playback !== null) {
    // Not bound to a network: a phone that moves from Wi-Fi to cellular stays one session.
    key = hash(`p|${playback.id}`);
    identity = 'declared';
  }

  let listener = agent;
  let listenerRank: number = LISTENER_RANK.agent;
  if (facts.user !== null) {
    listener = hash(`u|${facts.user}`);
    listenerRank = LISTENER_RANK.user;
  } else if (facts.device !== null) {
    listener = hash(`v|${facts.device}`);
    listenerRank = LISTENER_RANK.device;
  }

  return {
    key,
    identity,
    selfDeclared: identity === 'inferred' || (identity === 'declared' && playback?.issued === false),
    agent,
    network: networkToken,
    listener,
    listenerRank,
  };
}
