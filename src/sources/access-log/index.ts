/**
 * HLS audience from the access log of a web server or CDN: requests of the same client on the same stream are presences.
 * The page of this source is docs/sources/access-log.md.
 *
 * Here is the run of a source. How the file is followed is transports/tail, what a line means reader.ts; batches, watermark
 * and cursor are ../line-batches.ts.
 */

import { readStandardInput } from '../../transports/receive/standard-input.ts';
import { receiveSyslog } from '../../transports/receive/syslog.ts';
import type { TailCursor } from '../../transports/tail/mark.ts';
import { tail } from '../../transports/tail/tail.ts';
import { emitLines, type LogStep } from '../line-batches.ts';
import { type CommonOptions, defineSource, type SourceContext } from '../source.ts';
import { FAULTS } from './line.ts';
import { NAME } from './name.ts';
import { addressOf, config, type Options } from './options.ts';
import { readCursor, startOf } from './place.ts';
import { readLogOnce } from './read-once.ts';
import { LogReader } from './reader.ts';
import { readerOptions, TRAITS } from './reader-options.ts';

export const accessLog = defineSource({
  ...NAME,
  summary: 'HLS, DASH and progressive listeners from the access log of any web server, CDN or Icecast.',
  usage: '/var/log/nginx/access.log, log:PATTERN?from=end, syslog:HOST:PORT, or - for standard input',
  config,
  traits: TRAITS,
  counts: {
    work: ['lines', 'requests', 'bytes'],
    rejects: {
      ...Object.fromEntries(FAULTS.map((fault) => [`rejected${fault}`, 'lines'])),
      ...{ longLines: null, malformedMessages: 'datagrams', truncatedMessages: 'connections' },
      ...{ droppedDatagrams: 'datagrams', kernelDrops: null, refusedSenders: null },
    },
  },
  fromUrl: (url) => ({ path: pathOf(url) }),
  defaultName: ({ path }) => `access-log:${path}`,
  create: (options, common) => ({ run: (context) => run(options, common, context) }),
  readOnce: readLogOnce,
});

function pathOf(url: URL | string): string {
  if (typeof url === 'string') return url.replace(/^log:/, '').replace(/^syslog:\/\//, 'syslog:');
  return decodeURIComponent(url.host === '' ? url.pathname : `${url.host}${url.pathname}`);
}

async function run(options: Options, common: CommonOptions, context: SourceContext): Promise<void> {
  const resumed = readCursor(context);
  const reader = new LogReader(readerOptions(options, common, context.counters, resumed?.reader ?? null));
  const steps = stepsOf(options, reader, resumed?.files ?? null, context);
  await emitLines({ steps, reader, follow: options.follow, resumed }, context);
}

/** Where lines come from: files, standard input, or whoever sends them. */
function stepsOf(
  options: Options,
  reader: LogReader,
  cursor: TailCursor | null,
  context: SourceContext,
): AsyncIterable<LogStep> {
  const { signal, clock, counters, log } = context;
  const listen = /^syslog:(.*)$/.exec(options.path)?.[1];
  if (listen !== undefined) {
    const { host, port } = addressOf(listen);
    const onListening = (bound: number) => log.info(`listening for syslog on port ${bound}`);
    const { protocol, senders } = options;
    return receiveSyslog({ host, port, protocol, senders, signal, clock, counters, onListening });
  }
  if (options.path === '-') return readStandardInput({ stream: process.stdin, signal, clock, counters });
  return tail({
    path: options.path,
    start: startOf(options, clock.now()),
    follow: options.follow,
    cursor,
    timeOf: (file) => reader.newestOf(file),
    signal,
    clock,
    counters,
    pollMs: options.poll,
  });
}
