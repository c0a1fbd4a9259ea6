/**
 * `listeners.json` as the Simple HLS listeners monitor writes it, in both of its formats: as a file, over HTTP, and POSTed
 * to an API. One pass makes one object, and all three ways have the same. The page of this facade is
 * docs/facades/hls-listeners.md.
 */

import { z } from 'zod';
import { messageOf } from '../../lib/errors.ts';
import { duration, flag, httpUrl, list, number } from '../../lib/options.ts';
import { replaceFile } from '../../lib/replace-file.ts';
import { defineFacade, type Environment, type FacadeContext } from '../facade.ts';
import { Listeners } from './listeners.ts';
import { Push } from './push.ts';

const config = z.strictObject({
  streams: list(
    z
      .string()
      .min(1)
      .refine((name) => name !== 'total_listeners', { error: 'is what the counts are called: no stream can be' }),
  )
    .default(['stream1', 'stream2'])
    .describe('The streams that are told, in this order. Default: what STREAM_NAMES says.'),
  format: z
    .enum(['v1', 'v2'])
    .default('v2')
    .describe(
      'With v1 durations, qualities and geo, as its README shows; with v2 connection times, mount names and location.',
    ),
  sources: list(z.string().min(1))
    .default([])
    .describe('Only listeners of these sources, or of these audiences. Default: all.'),
  bots: flag(true).describe('Count bots, too, as the original does.'),
  window: duration('40s', { least: '1s', most: '24h' }).describe(
    'Who was seen within this is listening. No longer than the gap of the source, or the gap decides.',
  ),
  every: duration('20s', { least: '1s', most: '1h' }).describe('How often listeners.json is made anew.'),
  file: z.string().min(1).nullable().default(null).describe('Where it is written, such as ./listeners.json.'),
  path: z
    .string()
    .regex(/^\/[\w.~-]+(\/[\w.~-]+)*$/, { error: 'must begin with a slash, such as /listeners.json' })
    .default('/listeners.json')
    .describe('Where it is served, below the base path.'),
  push: z
    .strictObject({
      url: httpUrl().describe('Where it is POSTed to, after each pass.'),
      usernameFile: z
        .string()
        .min(1)
        .default('/run/secrets/api_username')
        .describe('The file that holds the user name for HTTP Basic; white space around it is taken off.'),
      passwordFile: z
        .string()
        .min(1)
        .default('/run/secrets/api_password')
        .describe('The file that holds the password.'),
      timeout: duration('10s', { least: '100ms', most: '5m' }).describe('How long one attempt may take.'),
      retries: number({ least: 0, most: 10 })
        .default(2)
        .describe('So many more attempts, with growing pauses; the next pass ends them.'),
    })
    .optional()
    .describe('An API that is told, too.'),
});

type Options = z.output<typeof config>;

export const hlsListeners = defineFacade({
  kind: 'hls-listeners',
  summary: 'listeners.json of the Simple HLS listeners monitor, as a file, over HTTP and POSTed to an API.',
  config,
  fromEnvironment: (env) => {
    const streams = namesIn(env);
    return streams.length === 0 ? {} : { streams };
  },
  // The original is configured by this one variable, and writes into its working folder.
  impliedBy: (env) => (namesIn(env).length === 0 ? null : { file: './listeners.json' }),
  create: (options, context) => {
    const listeners = new Listeners(options, context);
    let newest: string | null = null;
    return {
      routes: [
        {
          path: options.path,
          summary: `Listeners of ${options.streams.join(', ')}, as the Simple HLS listeners monitor tells them (${options.format}).`,
          type: 'application/json',
          answer: () => newest,
        },
      ],
      run: (signal) =>
        runPasses(options, context, signal, () => {
          newest = listeners.pass(context.clock.now());
          return newest;
        }),
    };
  },
});

function namesIn(env: Environment): string[] {
  const names = (env['STREAM_NAMES'] ?? '').split(',').map((name) => name.trim());
  return names.filter((name) => name !== '');
}

async function runPasses(
  options: Options,
  context: FacadeContext,
  signal: AbortSignal,
  pass: () => string,
): Promise<void> {
  const { clock, counters } = context;
  const push = options.push === undefined ? null : new Push(options.push, context);
  const file = options.file === null ? null : new FileWriter(options.file, context);
  let next = clock.elapsed();
  while (!signal.aborted) {
    const text = pass();
    counters.add('passes');
    await file?.write(text);
    push?.send(text, signal);
    // A pass that took too long does not shift those after it, nor are they made up for.
    next = Math.max(next + options.every, clock.elapsed());
    await clock.sleep(next - clock.elapsed(), signal);
  }
  await push?.ended();
}

class FileWriter {
  readonly #path: string;
  readonly #context: FacadeContext;
  #trouble: string | null = null;

  constructor(path: string, context: FacadeContext) {
    this.#path = path;
    this.#context = context;
  }

  /** Never rejects: the next pass tries again. */
  async write(text: string): Promise<void> {
    const { log, counters } = this.#context;
    try {
      await replaceFile(this.#path, text);
      if (this.#trouble !== null) log.info('the file can be written again');
      this.#trouble = null;
    } catch (error) {
      counters.add('filesFailed');
      const message = messageOf(error);
      if (message !== this.#trouble) log.warn(`the file cannot be written: ${message}`);
      this.#trouble = message;
    }
  }
}
