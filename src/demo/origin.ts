/**
 * A small HLS origin on loopback: live playlists of a few streams and qualities, segments of plausible size, and an
 * access log in the combined format, as nginx would write it. Whom a request comes from is what X-Forwarded-For says:
 * the crowd (crowd.ts) is the proxy in front.
 */

import { createWriteStream, type WriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const SEGMENT_SECONDS = 4;
const WINDOW = 5;
/** The log is rotated by renaming, as logrotate would, so that a demo may run for weeks. */
const LARGEST_LOG = 32 * 1024 * 1024;

export interface DemoStream {
  readonly name: string;
  /** Bytes of a segment by quality. */
  readonly qualities: Readonly<Record<string, number>>;
}

export const STREAMS: readonly DemoStream[] = [
  { name: 'jazz', qualities: { '64k': 16_000, '128k': 32_000, '320k': 80_000 } },
  { name: 'rock', qualities: { '64k': 16_000, '128k': 32_000, '320k': 80_000 } },
  { name: 'news', qualities: { '240p': 40_000, '480p': 90_000, '720p': 160_000 } },
  { name: 'harbour-cam', qualities: { '480p': 80_000, '1080p': 220_000 } },
  { name: 'lectures', qualities: { '240p': 40_000, '720p': 120_000, '1080p': 200_000 } },
];

export interface Origin {
  readonly port: number;
  readonly logPath: string;
  close(): Promise<void>;
}

export async function startOrigin(logPath: string): Promise<Origin> {
  const body = Buffer.alloc(Math.max(...STREAMS.flatMap(({ qualities }) => Object.values(qualities))), 'G');
  const log = new AccessLog(logPath);
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://origin');
    const bytes = answer(pathname, response, body);
    log.write(line(request, response.statusCode, bytes, new Date()));
  });
  server.keepAliveTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    logPath,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await log.close();
    },
  };
}

/** Answers, and says how many bytes the body has. */
function answer(path: string, response: ServerResponse, body: Buffer): number {
  const [, name, file, segment] = path.split('/');
  const stream = STREAMS.find((each) => each.name === name);
  const quality = file?.replace(/\.m3u8$/, '') ?? '';
  const size = stream?.qualities[quality];
  if (stream !== undefined && file === 'master.m3u8') return send(response, 200, Buffer.from(masterPlaylist(stream)));
  if (size === undefined) return send(response, 404, Buffer.from('not found\n'));
  if (segment === undefined) return send(response, 200, Buffer.from(mediaPlaylist(quality, Date.now())));
  if (!/^\d+\.ts$/.test(segment)) return send(response, 404, Buffer.from('not found\n'));
  return send(response, 200, body.subarray(0, size));
}

function send(response: ServerResponse, status: number, body: Buffer): number {
  response.writeHead(status, { 'content-length': body.length });
  response.end(body);
  return body.length;
}

function masterPlaylist({ qualities }: DemoStream): string {
  const variants = Object.entries(qualities).map(
    ([quality, bytes]) => `#EXT-X-STREAM-INF:BANDWIDTH=${Math.round((bytes * 8) / SEGMENT_SECONDS)}\n${quality}.m3u8`,
  );
  return `#EXTM3U\n${variants.join('\n')}\n`;
}

/** The newest segment that is there at this time. */
export function newestSegment(now: number): number {
  return Math.floor(now / 1000 / SEGMENT_SECONDS);
}

function mediaPlaylist(quality: string, now: number): string {
  const newest = newestSegment(now);
  const segments = Array.from({ length: WINDOW }, (_, i) => newest - WINDOW + 1 + i);
  const entries = segments.map((number) => `#EXTINF:${SEGMENT_SECONDS},\n${quality}/${number}.ts`);
  const head = `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:${SEGMENT_SECONDS}\n#EXT-X-MEDIA-SEQUENCE:${segments[0]}`;
  return `${head}\n${entries.join('\n')}\n`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** One line of nginx's `combined` format. */
function line(request: IncomingMessage, status: number, bytes: number, at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${two(at.getUTCDate())}/${MONTHS[at.getUTCMonth()]}/${at.getUTCFullYear()}`;
  const time = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
  const address = String(request.headers['x-forwarded-for'] ?? request.socket.remoteAddress);
  const agent = String(request.headers['user-agent'] ?? '-').replaceAll('"', '\\x22');
  return `${address} - - [${day}:${time} +0000] "${request.method} ${request.url} HTTP/${request.httpVersion}" ${status} ${bytes} "-" "${agent}"\n`;
}

class AccessLog {
  readonly #path: string;
  #stream: WriteStream;
  #size = 0;
  #rotating: Promise<void> | null = null;

  constructor(path: string) {
    this.#path = path;
    this.#stream = createWriteStream(path, { flags: 'a' });
  }

  write(text: string): void {
    this.#stream.write(text);
    this.#size += text.length;
    if (this.#size > LARGEST_LOG && this.#rotating === null) this.#rotating = this.#rotate();
  }

  async #rotate(): Promise<void> {
    await rename(this.#path, `${this.#path}.1`);
    const old = this.#stream;
    this.#stream = createWriteStream(this.#path, { flags: 'a' });
    this.#size = 0;
    this.#rotating = null;
    await end(old);
  }

  async close(): Promise<void> {
    await this.#rotating;
    await end(this.#stream);
  }
}

function end(stream: WriteStream): Promise<void> {
  return new Promise((resolve) => stream.end(() => resolve()));
}
