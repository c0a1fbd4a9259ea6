/**
 * A stand-in for SHOUTcast on loopback, which cannot be installed here: DNAS 1.9.8, 2.0 and 2.6 as they answer by the documents,
 * with their quirks. Version 1 streams to whoever is no `Mozilla`, has minimal headers and no length, Latin-1, bare ampersands,
 * a document type definition, and a form where a password is wrong; version 2 gives UIDs again, and hides its statistics
 * if told so.
 */

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { freePort } from '../../../lab/child.ts';
import type { SourceFixture } from '../fixture.ts';

export interface StandInListener {
  /** Empty where it is broken. */
  uid: string;
  hostname: string;
  userAgent: string;
  xff: string;
  /** For so many seconds when asked. */
  seconds: number;
}

export interface StandInStream {
  status: 0 | 1;
  title: string;
  listeners: StandInListener[];
  songs: { readonly playedAt: number; readonly title: string }[];
  /** Its listeners cannot be asked for. */
  isBroken: boolean;
}

export interface StandIn {
  readonly port: number;
  readonly password: string;
  readonly streams: Map<string, StandInStream>;
  /** What was asked: paths with their queries. */
  readonly asked: string[];
  /** How it answers from now on. */
  mood: 'well' | 'cut off' | 'hangs';
  /** Its statistics are hidden from whoever does not have the password, in one of two ways. */
  hides: 'nothing' | 'by redirect' | 'by refusal';
  stop(): Promise<void>;
}

export type Version = '1.9.8' | '2.0' | '2.6';

const PASSWORD = 'hackme';

export const aListener = (uid: string, more: Partial<StandInListener> = {}): StandInListener => ({
  uid,
  hostname: '192.0.2.1',
  userAgent: 'WinampMPEG/5.66',
  xff: '',
  seconds: 60,
  ...more,
});

export const aStream = (...listeners: StandInListener[]): StandInStream => ({
  status: 1,
  title: 'Artist - Title',
  listeners,
  songs: [],
  isBroken: false,
});

export async function startShoutcast(version: Version, at = 0): Promise<StandIn> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    let head = '';
    socket.on('data', (chunk) => {
      head += chunk.toString('latin1');
      if (head.includes('\r\n\r\n')) answer(standIn, version, socket, head);
    });
  }).listen(at, '127.0.0.1');
  await once(server, 'listening');
  const standIn: StandIn = {
    port: (server.address() as { port: number }).port,
    password: PASSWORD,
    streams: new Map([['1', aStream()]]),
    asked: [],
    mood: 'well',
    hides: 'nothing',
    stop: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
  return standIn;
}

function answer(standIn: StandIn, version: Version, socket: Socket, head: string): void {
  const [, target] = /^GET (\S+) /.exec(head) ?? [];
  const url = new URL(target ?? '/', 'http://x');
  standIn.asked.push(`${url.pathname}${url.search}`);
  if (standIn.mood === 'hangs') return;
  if (version === '1.9.8' && !/^user-agent: .*Mozilla/im.test(head)) {
    streamForEver(socket);
    return;
  }
  const basic = /^authorization: Basic (\S+)/im.exec(head)?.[1] ?? '';
  const password =
    url.searchParams.get('pass') ??
    Buffer.from(basic, 'base64')
      .toString()
      .replace(/^admin:/, '');
  const page = pageOf(standIn, version, url, password === PASSWORD);
  const bytes = Buffer.from(page.body, version === '1.9.8' ? 'latin1' : 'utf8');
  socket.write(page.head);
  socket.end(standIn.mood === 'cut off' ? bytes.subarray(0, bytes.length / 2) : bytes);
}

/** What a player gets. */
function streamForEver(socket: Socket): void {
  socket.write('ICY 200 OK\r\nicy-name:Radio\r\ncontent-type:audio/mpeg\r\nicy-br:128\r\n\r\n');
  const timer = setInterval(() => socket.write(Buffer.alloc(4096)), 20);
  socket.on('close', () => clearInterval(timer));
}

interface StandInPage {
  readonly head: string;
  readonly body: string;
}

const page = (contentType: string, body: string): StandInPage => ({
  head: `HTTP/1.0 200 OK\r\ncontent-type:${contentType}\r\n\r\n`,
  body,
});
const LOGIN = page('text/html', '<HTML><HEAD><TITLE>Login</TITLE></HEAD><BODY>Password: <form></form></BODY></HTML>');
const REFUSED: StandInPage = { head: 'HTTP/1.1 401 Unauthorized\r\ncontent-type:text/html\r\n\r\n', body: '' };
const UNKNOWN: StandInPage = { head: 'ICY 404 Resource Not Found\r\n\r\n', body: '' };
const ELSEWHERE: StandInPage = { head: 'HTTP/1.1 302 Found\r\nlocation:/index.html?sid=1\r\n\r\n', body: '' };
const FORBIDDEN: StandInPage = { head: 'HTTP/1.1 403 Forbidden\r\ncontent-type:text/html\r\n\r\n', body: '' };
const INDEX = page('text/html', '<html><body>SHOUTcast Administrator Login</body></html>');

function pageOf(standIn: StandIn, version: Version, url: URL, isAdmin: boolean): StandInPage {
  if (version === '1.9.8') return pageOfOne(standIn, url, isAdmin);
  const sid = url.searchParams.get('sid') ?? '1';
  const stream = standIn.streams.get(sid) ?? { ...aStream(), status: 0 as const, title: '' };
  if (url.pathname === '/index.html') return INDEX;
  if (url.pathname === '/admin.cgi') return isAdmin ? adminPage(version, stream, url.searchParams) : REFUSED;
  const isShown = standIn.hides === 'nothing' || (url.searchParams.has('pass') && isAdmin);
  if (!isShown) return standIn.hides === 'by refusal' ? FORBIDDEN : ELSEWHERE;
  if (url.pathname === '/stats') return page('text/xml', inServer(summaryOf(stream, version)));
  if (url.pathname === '/statistics' && version !== '2.0') return statistics(standIn);
  return url.pathname === '/7.html' ? seven(stream) : ELSEWHERE;
}

function pageOfOne({ streams }: StandIn, url: URL, isAdmin: boolean): StandInPage {
  const stream = streams.get('1')!;
  if (url.pathname === '/7.html') return seven(stream);
  if (url.pathname !== '/admin.cgi') return UNKNOWN;
  if (!isAdmin) return LOGIN;
  const doctype = '<!DOCTYPE SHOUTCASTSERVER [<!ELEMENT SHOUTCASTSERVER (CURRENTLISTENERS,LISTENERS)>]>';
  const all = summaryOf(stream, '1.9.8') + listenersXml(stream, '1.9.8') + songsXml(stream, '1.9.8');
  return page('text/xml', `${doctype}\n${inServer(all)}`);
}

function adminPage(version: Version, stream: StandInStream, query: URLSearchParams): StandInPage {
  if (stream.isBroken) return page('text/plain', 'Internal error');
  const isJson = query.get('mode') === 'viewjson';
  if (isJson && version === '2.0') return INDEX;
  if (!query.has('sid')) return ELSEWHERE;
  if (query.get('page') === '4') return page('text/xml', inServer(songsXml(stream, version)));
  if (!isJson) return page('text/xml', inServer(listenersXml(stream, version)));
  const rows = stream.listeners.map(({ uid, hostname, userAgent, xff, seconds }) => ({
    ...{ hostname, useragent: userAgent, connecttime: String(seconds), uid },
    ...{ type: '1', referer: '', xff, grid: '0', triggers: '0' },
  }));
  return page('application/json', JSON.stringify(rows));
}

function statistics({ streams }: StandIn): StandInPage {
  const all = [...streams].map(([id, stream]) => ({ id: Number(id), ...numbersOf(stream), ...textsOf(stream) }));
  return page('application/json', JSON.stringify({ totalstreams: all.length, activestreams: 1, streams: all }));
}

function numbersOf({ status, listeners }: StandInStream) {
  const seconds = listeners.map((each) => each.seconds);
  return {
    currentlisteners: listeners.length,
    peaklisteners: 16,
    maxlisteners: 64,
    averagetime: Math.round(seconds.reduce((sum, each) => sum + each, 0) / Math.max(seconds.length, 1)),
    streamstatus: status,
    bitrate: status * 128,
  };
}

const textsOf = ({ status, title }: StandInStream) => ({
  ...(status === 1 ? { streamuptime: 600 } : {}),
  servertitle: 'Rock & Röll Radio',
  songtitle: title,
  content: 'audio/mpeg',
});

function seven(stream: StandInStream): StandInPage {
  const { currentlisteners, streamstatus, peaklisteners, maxlisteners, bitrate } = numbersOf(stream);
  const values = [currentlisteners, streamstatus, peaklisteners, maxlisteners, currentlisteners, bitrate, stream.title];
  const head = '<HTML><meta http-equiv="Pragma" content="no-cache"></head>';
  return page('text/html', `${head}<body>${values.join(',')}</body></html>`);
}

const inServer = (inner: string) => `<SHOUTCASTSERVER>${inner}</SHOUTCASTSERVER>`;

function xmlOf(values: Readonly<Record<string, string | number>>, version: Version): string {
  const escaped = (text: string) =>
    // Version 1 leaves ampersands as they are.
    (version === '1.9.8' ? text : text.replaceAll('&', '&amp;')).replaceAll('<', '&lt;');
  return Object.entries(values)
    .map(([name, value]) => `<${name.toUpperCase()}>${escaped(String(value))}</${name.toUpperCase()}>`)
    .join('');
}

function summaryOf(stream: StandInStream, version: Version): string {
  const { streamuptime: _, ...texts } = textsOf(stream) as Record<string, string | number>;
  return xmlOf({ ...numbersOf(stream), ...(version === '1.9.8' ? texts : textsOf(stream)) }, version);
}

function listenersXml({ listeners }: StandInStream, version: Version): string {
  const rows = listeners.map(({ uid, hostname, userAgent, xff, seconds }) => {
    const more = version === '2.6' ? { xff, grid: 0 } : { underruns: 0, pointer: 0 };
    return xmlOf({ hostname, useragent: userAgent, connecttime: seconds, uid, ...more }, version);
  });
  return `<LISTENERS>${rows.map((row) => `<LISTENER>${row}</LISTENER>`).join('')}</LISTENERS>`;
}

function songsXml({ songs }: StandInStream, version: Version): string {
  const rows = songs.map(({ playedAt, title }) => `<SONG>${xmlOf({ playedat: playedAt, title }, version)}</SONG>`);
  return `<SONGHISTORY>${rows.join('')}</SONGHISTORY>`;
}

export const fixture: SourceFixture = {
  urls: [
    {
      url: 'shoutcast://:hackme@radio.example:8010/3?every=5s',
      options: { host: 'radio.example', port: 8010, sid: 3, password: 'hackme', every: '5s' },
      name: 'shoutcast:radio.example:8010/3',
    },
    {
      url: 'shoutcasts://boss:p%40ss@[2001:db8::1]/radio/1/',
      options: { host: '2001:db8::1', tls: true, path: '/radio', sid: 1, user: 'boss', password: 'p@ss' },
      name: 'shoutcast:[2001:db8::1]:8000/1',
    },
    {
      url: 'shoutcast://radio.example/radio',
      options: { host: 'radio.example', path: '/radio' },
      name: 'shoutcast:radio.example:8000',
    },
  ],
  refused: [
    {},
    { host: 'radio.example/1' },
    { host: 'radio.example', sid: 0 },
    { host: 'radio.example', sid: 'one' },
    { host: 'radio.example', password: '' },
    { host: 'radio.example', mount: '/live' },
  ],
  start: async () => {
    const server = await startShoutcast('2.6');
    let uid = 0;
    return {
      options: { host: '127.0.0.1', port: server.port, password: server.password, every: '1s' },
      speak: async () => {
        // A listener without a UID is counted and skipped.
        server.streams.set('1', aStream(aListener(String(++uid)), aListener('')));
      },
      stop: server.stop,
    };
  },
  unreachable: async () => ({ host: '127.0.0.1', port: await freePort(), password: 'hackme' }),
};
