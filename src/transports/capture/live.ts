/**
 * A live capture: a tcpdump child that writes pcap to us. Privileges stay in a tool that is made for them, and what
 * comes is what a capture file would hold, for pcap.ts. The child is started with fixed arguments and no shell; it ends
 * with the capture, by SIGINT, and by force if it does not end within two seconds. All it needs is CAP_NET_RAW: as root it
 * becomes nobody once it listens.
 *
 * What the kernel had to drop is asked of tcpdump every ten seconds (SIGUSR1) and read from its last words.
 */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import type { Readable } from 'node:stream';
import type { Clock } from '../../lib/clock.ts';
import { HeadcountError } from '../../lib/errors.ts';

export interface LiveOptions {
  /** As the system names it; `any` is all of them. */
  readonly interface: string;
  /** In the language of pcap-filter(7). */
  readonly filter: string;
  /** Bytes of each packet. */
  readonly snapLength: number;
  /** The kernel's buffer. */
  readonly bufferKiB: number;
  /** When nothing has come for so long, that is told too. */
  readonly idleMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called when more is known of what the kernel has seen and dropped since it was last called. */
  readonly onCounts: (counts: CaptureCounts) => void;
}

export interface CaptureCounts {
  /** Packets that the filter let pass; on the loopback interface the kernel counts each twice. */
  readonly received: number;
  /** Packets that were lost because nobody took them out of the kernel's buffer in time. */
  readonly dropped: number;
}

const COUNTS_EVERY = 10_000;
const END_WITHIN = 2000;
const MAX_WORDS = 16 * 1024;

type Child = ChildProcessByStdio<null, Readable, Readable>;

/**
 * Yields what tcpdump writes as it comes, null when nothing has come for `idleMs`, and returns when the signal aborts.
 * Reading slowly is back-pressure: the kernel then drops, and counts. Throws `CAPTURE_FAILED` when tcpdump cannot be
 * started or ends by itself. When it has returned or thrown, the child is gone.
 */
export async function* captureLive(options: LiveOptions): AsyncGenerator<Buffer | null, void, void> {
  const { signal, clock, idleMs } = options;
  if (signal.aborted) return;
  const child = start(options);
  const words = listen(child, options.onCounts);
  const ended = new Promise<Error | null>((resolve) => {
    child.once('error', resolve);
    child.once('close', () => resolve(null));
  });
  const counting = setInterval(() => words.askForCounts(), COUNTS_EVERY);
  try {
    while (!signal.aborted) {
      const chunk = child.stdout.read() as Buffer | null;
      if (chunk !== null) yield chunk;
      else if (child.stdout.readableEnded || child.stdout.destroyed) break;
      else if (await isIdle(child.stdout, clock, idleMs, signal)) yield null;
    }
    if (signal.aborted) return;
    const error = await ended;
    throw failure(options.interface, words.said(), error);
  } finally {
    clearInterval(counting);
    await endChild(child, ended);
  }
}

function start({ interface: name, filter, snapLength, bufferKiB }: LiveOptions): Child {
  const size = ['-s', String(snapLength), '-B', String(bufferKiB)];
  const args = ['-i', name, '-n', '-U', '-w', '-', ...size, ...dropsPrivileges(), '--', filter];
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/local/sbin`;
  return spawn('tcpdump', args, { env: { PATH: path, LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Started as root it keeps nothing of that but the socket, which is open by then. */
function dropsPrivileges(): string[] {
  return process.getuid?.() === 0 ? ['-Z', 'nobody'] : [];
}

/** True if nothing has come within `ms`; false as soon as there is something, or an end, or the signal aborts. */
function isIdle(stream: Readable, clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  const waiting = new AbortController();
  const stop = () => waiting.abort();
  const events = ['readable', 'end', 'close', 'error'] as const;
  for (const event of events) stream.on(event, stop);
  signal.addEventListener('abort', stop);
  return clock.sleep(ms, waiting.signal).then(() => {
    for (const event of events) stream.off(event, stop);
    signal.removeEventListener('abort', stop);
    return !waiting.signal.aborted;
  });
}

/** Listens to standard error: counts, and the reason of an end. */
function listen(child: Child, onCounts: (counts: CaptureCounts) => void) {
  let said = '';
  let isListening = false;
  let last: CaptureCounts = { received: 0, dropped: 0 };
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    said = (said + text).slice(-MAX_WORDS);
    // Until it listens the signal would end it.
    isListening ||= said.includes('listening on');
    const counts = countsIn(said);
    if (counts === null) return;
    onCounts({ received: counts.received - last.received, dropped: counts.dropped - last.dropped });
    last = counts;
    said = said.slice(said.lastIndexOf('dropped'));
  });
  return {
    said: () => said,
    askForCounts: () => {
      if (isListening) child.kill('SIGUSR1');
    },
  };
}

/** `5 packets captured, 5 packets received by filter, 0 packets dropped by kernel`, on one line or on three. */
function countsIn(text: string): CaptureCounts | null {
  const match = [...text.matchAll(/(\d+) packets? received by filter[,\s]+(\d+) packets? dropped by kernel/g)].at(-1);
  return match === undefined ? null : { received: Number(match[1]), dropped: Number(match[2]) };
}

function failure(name: string, said: string, error: Error | null): HeadcountError {
  const because = (message: string) =>
    new HeadcountError('CAPTURE_FAILED', message, error === null ? {} : { cause: error });
  if (error !== null && (error as NodeJS.ErrnoException).code === 'ENOENT') {
    return because('Cannot capture packets: tcpdump is not installed. Install it (Debian: apt install tcpdump).');
  }
  if (/permission|not permitted/i.test(said)) {
    const how =
      'Let tcpdump, setcap cap_net_raw+ep "$(command -v tcpdump)", or give CAP_NET_RAW to Headcount, or be root.';
    return because(`This user may not capture packets on "${name}". ${how}`);
  }
  if (/no such device|SIOCGIFHWADDR/i.test(said)) {
    const known = ['any', ...Object.keys(networkInterfaces())].join(', ');
    return because(`There is no network interface "${name}". Those that are up: ${known}.`);
  }
  const lastLine = said.trim().split('\n').at(-1) ?? '';
  return because(`tcpdump ended by itself on "${name}"${lastLine === '' ? '' : `: ${lastLine.slice(0, 200)}`}.`);
}

async function endChild(child: Child, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGINT');
  // Nobody reads any more, but it must be able to write its last.
  child.stdout.resume();
  const force = setTimeout(() => child.kill('SIGKILL'), END_WITHIN);
  await ended;
  clearTimeout(force);
}
