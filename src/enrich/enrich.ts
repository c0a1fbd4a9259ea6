/** The contract of enrichment: raw client facts in, an identified, placed and masked client out. */

import type { Client } from '../core/identity.ts';
import type { ClientFacts } from '../core/observation.ts';

export interface Enrichment {
  /**
   * The client for these facts: the same object for the same facts of the same source, as long as it is cached. Fast:
   * what takes longer (the player's name, the place from a web service) is filled in later and told to the `found` callback
   * given at creation.
   */
  identify(source: string, facts: ClientFacts): Client;
  /**
   * Resolves when nothing is under way here any more: all that can be found out of the clients identified so far has been
   * told. For whoever must not close the book before, such as the analysis of a file. A web service is not waited for: it
   * answers so many questions a minute, and a backlog has more.
   */
  settled(): Promise<void>;
  /** What is under way is dropped; nothing is left open. */
  close(): Promise<void>;
}

/** For whoever keeps clients himself. */
export interface MeetingEnrichment extends Enrichment {
  /** As `identify`, but nobody is remembered here: equal facts are another object each time. */
  meet(source: string, facts: ClientFacts): Client;
}

/** `player`, `bot` or `place` of a client of this source has been filled in. */
export type Found = (source: string, client: Client) => void;
