/**
 * A SPY Server of Airspy that we run as our child: who is connected is read from what it prints. The page of this source
 * is docs/sources/spyserver.md.
 *
 * It only watches its child: when that ends, its listeners are gone, and the supervisor starts both again. How the child
 * is run is transports/spawn, what its lines mean parse.ts.
 */

import { access, constants } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
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
import { HeadcountError } from '../../lib/errors.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { type Ending, spawnLines } from '../../transports/spawn/spawn.ts';
import { defineSource, type SourceContext } from '../source.ts';
import { type ClientSoftware, type Endpoint, parseLine } from './parse.ts';

const config = z.strictObject({
  config: z
    .string()
    .min(1)
    .describe('The configuration file of the spyserver. Its file name is the name of the stream.'),
  exe: z.string().min(1).describe('The program: it is run as `exe config`.'),
});

type Options = z.output<typeof config>;

/** More than any spyserver serves; if it loses track of so many, the oldest ones are taken to be gone. */
const MAX_CLIENTS = 10_000;

export const spyserver = defineSource({
  kind: 'spyserver',
  schemes: ['spyserver'],
  claims: null,
  summary: 'An Airspy SPY Server, run as a child: its clients, as it prints them.',
  usage: 'spyserver:/etc/hf.config?exe=/opt/spyserver',
  config,
  traits: { departures: 'inOrder', provisional: false, gap: 0, lateness: 0, resumes: false },
  fromUrl: (url) => ({ config: pathOf(url) }),
  defaultName: (options) => `spyserver:${options.config}`,
  create: (options) => ({ run: (context) => run(options, context) }),
});

function pathOf(url: URL | string): string {
  if (typeof url === 'string') return url.replace(/^spyserver:/, '');
  return decodeURIComponent(url.host === '' ? url.pathname : `${url.host}${url.pathname}`);
}

async function run(options: Options, context: SourceContext): Promise<void> {
  const { signal, clock, counters, emit, log } = context;
  await checkReadable(options.config);
  let now = clock.now();
  const audience = createAudience(basename(options.config), now, counters);
  const steps = spawnLines({ program: options.exe, args: [options.config], signal, clock, counters });
  // Nobody is known yet: whoever an earlier run has left open is gone.
  await emit({ observations: [{ kind: 'roster', at: now, streams: null, present: [] }], watermark: now });
  for await (const step of steps) {
    if (signal.aborted) continue;
    // The lines bear no time. They are told in order, so their times must not go back.
    now = Math.max(now, clock.now());
    if (step.kind === 'lines') {
      const observations = step.lines.flatMap((line) => audience.take(line, now));
      const up = observations.find(({ kind }) => kind === 'report');
      if (up !== undefined) log.info(`the spyserver listens on port ${audience.serverPort}`);
      await emit({ observations, watermark: now });
    } else if (step.kind === 'quiet') {
      await emit({ observations: [], watermark: now });
    } else {
      await emit({ observations: audience.leave(now), watermark: now });
      throw ended(options, step.ending);
    }
  }
}

async function checkReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    throw new HeadcountError('SPYSERVER_CONFIG_MISSING', `The spyserver configuration ${path} cannot be read.`, {
      cause,
    });
  }
}

function ended({ exe }: Options, { code, signal }: Ending): HeadcountError {
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
  const hint = 'What it printed last is not shown, since clients may have written it; run it by hand to see.';
  return new HeadcountError('CHILD_ENDED', `The spyserver ${exe} ${how}. ${hint}`);
}

interface Audience {
  /** Null until the spyserver has told. */
  readonly serverPort: number | null;
  take(line: string, now: Instant): Observation[];
  /** Everybody leaves, since the server has ended. */
  leave(now: Instant): Observation[];
}

/** Who is connected, by address and port. `boot` tells this run of the server from all others. */
function createAudience(stream: string, boot: Instant, counters: ScopedCounters): Audience {
  const connected = new Map<string, ClientFacts>();
  let ordinal = 0;
  let serverPort: number | null = null;

  const disconnect = (key: string, now: Instant): Observation[] => {
    const client = connected.get(key);
    if (client === undefined) return [];
    connected.delete(key);
    return [{ kind: 'departure', stream, client, at: now }];
  };
  const accept = ({ address, port }: Endpoint, software: ClientSoftware, now: Instant): Observation[] => {
    const key = `${address} ${port}`;
    // The same address and port again: that it had left was not told.
    const gone = disconnect(key, now);
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
  const report = (status: 'up' | 'down', at: Instant): StreamReport => ({ kind: 'report', stream, at, status });

  const take = (text: string, now: Instant): Observation[] => {
    const line = parseLine(text);
    switch (line.kind) {
      case 'accepted':
        return accept(line.client, line.software, now);
      case 'disconnected': {
        const gone = disconnect(`${line.client.address} ${line.client.port}`, now);
        counters.add(gone.length > 0 ? 'disconnected' : 'unknownDisconnects');
        return gone;
      }
      case 'listening':
        serverPort = line.port;
        return [report('up', now)];
      case 'unknown':
        counters.add('unknownLines');
        return [];
      case 'noise':
        return [];
    }
  };
  return {
    get serverPort() {
      return serverPort;
    },
    take,
    leave: (now) => [...[...connected.keys()].flatMap((key) => disconnect(key, now)), report('down', now)],
  };
}

function detailsOf({ software, version, os }: ClientSoftware, serverPort: number | null): Details {
  const known = Object.entries({ software, version, os, serverPort }).filter(([, value]) => value !== null);
  return Object.fromEntries(known) as Details;
}
