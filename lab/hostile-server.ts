/**
 * A server that answers well until it is told otherwise, and then in ways that would hurt whoever trusts it. Nothing of
 * what it sends is built in memory; it stops when the other side does.
 */

import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type Duplex, pipeline, Readable, type Writable } from 'node:stream';
import { createGzip, gzipSync } from 'node:zlib';

export interface HostileServer {
  readonly port: number;
  /** How it answers everything from now on; null is well. */
  hostility: Hostility | null;
  /** How many questions it has answered badly. */
  readonly badAnswers: number;
  /** Bytes of its longest bad answer that the other side has taken, or that wait on the way. */
  readonly longest: number;
  stop(): Promise<void>;
}

export interface BadAnswer {
  readonly response: ServerResponse;
  /** What a good answer would be. */
  readonly good: string;
  /** A URL of somebody else, who must never be asked. */
  readonly elsewhere: string;
}

export type Hostility = (answer: BadAnswer) => void;

/** `answers` are bodies by path, without the query. */
export async function startHostileServer(
  answers: Readonly<Record<string, string>>,
  elsewhere: string,
): Promise<HostileServer> {
  const state = { hostility: null as Hostility | null, badAnswers: 0, longest: 0 };
  const server = createServer((request, response) => {
    const good = answers[request.url!.split('?')[0]!];
    if (state.hostility !== null) {
      state.badAnswers++;
      const { socket } = response;
      // Connections are not kept: what a socket has written is one answer.
      socket!.once('close', () => {
        state.longest = Math.max(state.longest, socket!.bytesWritten);
      });
      response.on('error', () => {});
      state.hostility({ response, good: good ?? '', elsewhere });
    } else if (good === undefined) response.writeHead(404).end('not here');
    else response.end(good);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return Object.assign(state, {
    port,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}

const MEGABYTE = Buffer.alloc(1024 * 1024, ' ');

/** One a line. Each of them must be a failure of the poll, and nothing else. */
export const HOSTILITIES: Readonly<Record<string, Hostility>> = {
  'billion-laughs': ({ response, good }) => response.end(`${laughs(9)}${body(good).replace(/>[^<]*</, '>&lol9;<')}`),
  'external-dtd': ({ response, good, elsewhere }) =>
    response.end(`<!DOCTYPE a SYSTEM "${elsewhere}/a.dtd" [<!ENTITY % b SYSTEM "${elsewhere}/b">%b;]>${body(good)}`),
  'body-of-200-mb': ({ response }) => pour(MEGABYTE, response),
  'slow-drip': ({ response }) => {
    response.flushHeaders();
    const drip = setInterval(() => response.write(' '), 50);
    response.once('close', () => clearInterval(drip));
  },
  'utf-16': ({ response, good }) => response.end(Buffer.from(good, 'utf16le')),
  truncated: ({ response, good }) => response.end(good.slice(0, good.length / 2)),
  'broken-off': ({ response, good }) => {
    response.writeHead(200, { 'content-length': good.length + 1 });
    response.write(good, () => response.destroy());
  },
  'redirect-loop': ({ response }) => response.writeHead(302, { location: response.req.url! }).end(),
  'redirect-elsewhere': ({ response, elsewhere }) => response.writeHead(302, { location: elsewhere }).end(),
  'gzip-bomb': ({ response }) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    pour(MEGABYTE, createGzip(), response);
  },
  'no-gzip': ({ response, good }) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(good).subarray(0, 20)),
  'endless-header': ({ response }) => {
    const { socket } = response;
    socket!.write('HTTP/1.1 200 OK\r\n');
    pour(Buffer.from(`x-${'a'.repeat(1000)}: ${'b'.repeat(1000)}\r\n`), socket!);
  },
};

/** What follows the XML declaration and the stylesheet, if there are any: a document type must come first. */
function body(good: string): string {
  return good.replace(/^(<\?[^>]*\?>\s*)+/, '');
}

function laughs(levels: number): string {
  const entities = Array.from({ length: levels }, (_, i) => {
    const more = i === 0 ? 'lol' : `&lol${i};`.repeat(10);
    return `<!ENTITY lol${i + 1} "${more}">`;
  });
  return `<!DOCTYPE lolz [${entities.join('')}]>`;
}

/** The same again and again, until there were 200 MB. */
function* endless(chunk: Buffer): Generator<Buffer> {
  for (let sent = 0; sent < 200_000_000; sent += chunk.length) yield chunk;
}

/** No faster than it is taken; ends as soon as the other side has had enough. */
function pour(chunk: Buffer, ...to: readonly [...Duplex[], Writable]): void {
  pipeline([Readable.from(endless(chunk)), ...to], () => {});
}
