/** Who is connected to a spyserver, by the lines that it prints (parse.ts): what they mean for the audience. */

import {
  type ClientFacts,
  clientFacts,
  type Details,
  FOREVER,
  type Instant,
  type Observation,
  presence,
  type StreamReport,
} from '../../core/observation.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { IsIgnored } from './ignore.ts';
import { type ClientSoftware, type Endpoint, parseLine } from './parse.ts';

/** More than any spyserver serves; if it loses track of so many, the oldest ones are taken to be gone. */
export const MAX_CLIENTS = 10_000;

export interface AudienceOptions {
  readonly stream: string;
  /** Tells this run of the server from all others. */
  readonly boot: Instant;
  readonly isIgnored: IsIgnored;
  readonly counters: ScopedCounters;
}

export interface Audience {
  /** Null until the spyserver has told. */
  readonly serverPort: number | null;
  take(line: string, now: Instant): readonly Observation[];
  /** Everybody leaves, since the server has ended. */
  leave(now: Instant): readonly Observation[];
}

const NOTHING: readonly Observation[] = [];

export function createAudience({ stream, boot, isIgnored, counters }: AudienceOptions): Audience {
  /** By address and port. */
  const connected = new Map<string, ClientFacts>();
  let ordinal = 0;
  let serverPort: number | null = null;

  const disconnect = (key: string, now: Instant): readonly Observation[] => {
    const client = connected.get(key);
    if (client === undefined) return NOTHING;
    connected.delete(key);
    return [{ kind: 'departure', stream, client, at: now }];
  };
  const accept = ({ address, port }: Endpoint, software: ClientSoftware, now: Instant): readonly Observation[] => {
    if (isIgnored(address)) {
      counters.add('ignoredClients');
      return NOTHING;
    }
    const key = `${address} ${port}`;
    // The same address and port again: that it had left was not told.
    const gone = [...disconnect(key, now)];
    if (connected.size >= MAX_CLIENTS) {
      counters.add('droppedClients');
      gone.push(...disconnect(connected.keys().next().value!, now));
    }
    const connection = `${boot} ${key} ${++ordinal}`;
    const client = clientFacts({ address, port, userAgent: software.id, connection });
    connected.set(key, client);
    counters.add('accepted');
    return [...gone, presence({ stream, client, from: now, until: FOREVER, details: detailsOf(software, serverPort) })];
  };
  const leaveOne = ({ address, port }: Endpoint, now: Instant): readonly Observation[] => {
    const gone = disconnect(`${address} ${port}`, now);
    if (gone.length > 0) counters.add('disconnected');
    else if (!isIgnored(address)) counters.add('unknownDisconnects');
    return gone;
  };
  const report = (at: Instant, more: Partial<StreamReport>): StreamReport[] => [
    { kind: 'report', stream, at, status: 'up', ...more },
  ];

  const take = (text: string, now: Instant): readonly Observation[] => {
    const line = parseLine(text);
    counters.add('lines');
    switch (line.kind) {
      case 'accepted':
        return accept(line.client, line.software, now);
      case 'disconnected':
        return leaveOne(line.client, now);
      case 'listening':
        serverPort = line.port;
        return report(now, {});
      case 'device':
        return report(now, { description: `${line.device}, ${line.isInUse ? 'in use' : 'asleep'}` });
      case 'unknown':
        counters.add('unknownLines');
        counters.example('unknownLines', () => text);
        return NOTHING;
      case 'noise':
        return NOTHING;
    }
  };
  return {
    get serverPort() {
      return serverPort;
    },
    take,
    leave: (now) => [
      ...[...connected.keys()].flatMap((key) => disconnect(key, now)),
      ...report(now, { status: 'down', description: null }),
    ],
  };
}

function detailsOf({ software, version, os }: ClientSoftware, serverPort: number | null): Details {
  const known = Object.entries({ software, version, os, serverPort }).filter(([, value]) => value !== null);
  return Object.fromEntries(known) as Details;
}
