/**
 * A spyserver that we run as our child. It only watches it: when the child ends, its listeners are gone, and the
 * supervisor starts both again. How it is run is transports/spawn, what its lines mean audience.ts.
 */

import { access, constants } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Observation } from '../../core/observation.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { type Ending, spawnLines } from '../../transports/spawn/spawn.ts';
import type { SourceContext } from '../source.ts';
import { createAudience } from './audience.ts';
import { type IgnoreOptions, ignoredBy } from './ignore.ts';

export interface ChildOptions extends IgnoreOptions {
  /** The path of its configuration. */
  readonly config: string;
  readonly exe: string;
}

export async function runChild(options: ChildOptions, context: SourceContext): Promise<void> {
  const { signal, clock, counters, emit, log } = context;
  await checkReadable(options.config);
  const isIgnored = await ignoredBy(options, context);
  let now = clock.now();
  const audience = createAudience({ stream: basename(options.config), boot: now, isIgnored, counters });
  const steps = spawnLines({ ...context, program: options.exe, args: [options.config] });
  // Nobody is known yet: whoever an earlier run has left open is gone.
  await emit({ observations: [{ kind: 'roster', at: now, streams: null, present: [] }], watermark: now });
  let port: number | null = null;
  for await (const step of steps) {
    if (signal.aborted) continue;
    // The lines bear no time. They are told in order, so their times must not go back.
    now = Math.max(now, step.kind === 'ended' ? step.at : clock.now());
    if (step.kind === 'lines') {
      const observations: Observation[] = [];
      for (const line of step.lines) observations.push(...audience.take(line, now));
      if (port !== audience.serverPort) log.info(`the spyserver listens on port ${audience.serverPort}`);
      port = audience.serverPort;
      await emit({ observations, watermark: now });
    } else if (step.kind === 'quiet') {
      await emit({ observations: [], watermark: now });
    } else {
      await emit({ observations: audience.leave(now), watermark: now });
      throw ended(options.exe, step.ending);
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

function ended(exe: string, { code, signal }: Ending): HeadcountError {
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
  const hint = 'What it printed last is not shown, since clients may have written it; run it by hand to see.';
  return new HeadcountError('CHILD_ENDED', `The spyserver ${exe} ${how}. ${hint}`);
}
