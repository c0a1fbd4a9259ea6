/**
 * Connections that somebody else has kept become sessions: identified, named and masked like those that we see ourselves,
 * so that the same listener is the same. Their places are not looked up: they are what was known then.
 */

import { clientFacts } from '../core/observation.ts';
import { type PastConnection, pastSession } from '../core/past.ts';
import type { SessionRecord } from '../core/session.ts';
import { createEnrichment, type EnrichmentOptions } from './index.ts';
import { keyedHash } from './privacy.ts';

export interface PastSessions {
  /** The same id for the same connection of a source, each time. One call at a time. */
  sessionsOf(source: string, connections: readonly PastConnection[]): Promise<SessionRecord[]>;
  close(): Promise<void>;
}

/** Clients are rarely the same: each has a port of its own. */
const KEPT = 1000;

/** Rejects with the codes of `createEnrichment`. */
export async function createPastSessions(
  options: Pick<EnrichmentOptions, 'exclude' | 'privacy' | 'key' | 'log' | 'counters'>,
): Promise<PastSessions> {
  const nowhere = { geo: false, asnDatabase: false, acceptDeclared: false } as const;
  const enrichment = await createEnrichment({ ...options, ...nowhere, keepClients: KEPT, found: () => {} });
  const hash = keyedHash(options.key);
  return {
    sessionsOf: async (source, connections) => {
      const met = connections.map((past) => {
        const { address, port, userAgent, key } = past;
        return {
          past,
          client: enrichment.identify(source, clientFacts({ address, port, userAgent, connection: key })),
        };
      });
      // It is known then what played.
      await enrichment.settled();
      return met.map(({ past, client }) => pastSession(hash(`past|${source}|${past.key}`), source, past, client));
    },
    close: () => enrichment.close(),
  };
}
