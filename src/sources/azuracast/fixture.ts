/** A stand-in for AzuraCast on loopback, which cannot be installed here: its API as its source answers it. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { freePort } from '../../../lab/child.ts';
import type { SourceFixture } from '../fixture.ts';

export interface StandInListener {
  readonly ip: string;
  readonly user_agent: string;
  readonly hash: string;
  readonly mount_name: string;
  /** Seconds since the epoch; null where it is broken. */
  readonly connected_on: number | null;
}

export interface StandInStation {
  isPublic: boolean;
  isOnline: boolean;
  title: string;
  listeners: StandInListener[];
  /** Its listeners cannot be asked for. */
  isBroken: boolean;
}

export interface StandIn {
  readonly port: number;
  readonly apiKey: string;
  readonly stations: Map<string, StandInStation>;
  readonly asked: string[];
  /** How it answers from now on. */
  mood: 'well' | 'cut off' | 'hangs';
  stop(): Promise<void>;
}

const API_KEY = '0123456789abcdef:fedcba9876543210';
const MOUNT = '/radio.mp3 (128kbps MP3)';

export const aListener = (hash: string, more: Partial<StandInListener> = {}): StandInListener => ({
  ip: '192.0.2.1',
  user_agent: 'VLC/3.0.18 LibVLC/3.0.18',
  hash,
  mount_name: MOUNT,
  connected_on: Math.floor(Date.now() / 1000) - 60,
  ...more,
});

export const aStation = (...listeners: StandInListener[]): StandInStation => ({
  isPublic: true,
  isOnline: true,
  title: 'Artist - Title',
  listeners,
  isBroken: false,
});

export async function startAzuracast(): Promise<StandIn> {
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    standIn.asked.push(path);
    if (standIn.mood === 'hangs') return;
    const key = request.headers['x-api-key'];
    const { status, content } = answerOf(standIn, path, key === undefined ? null : key === API_KEY);
    const text = JSON.stringify(content);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(standIn.mood === 'cut off' ? text.slice(0, text.length / 2) : text);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const standIn: StandIn = {
    port: (server.address() as { port: number }).port,
    apiKey: API_KEY,
    stations: new Map([['radio', aStation()]]),
    asked: [],
    mood: 'well',
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return standIn;
}

const failure = (code: number, type: string) => ({ status: code, content: { code, type, message: type } });

/** `isKeyRight`: null if there was none. */
function answerOf({ stations }: StandIn, path: string, isKeyRight: boolean | null) {
  const [, route, name] = /^\/api\/(nowplaying|station)(?:\/([\w-]+))?/.exec(path) ?? [];
  if (route === 'nowplaying' && name === undefined) {
    const all = [...stations].filter(([, { isPublic }]) => isPublic);
    return { status: 200, content: all.map(([each, station]) => nowPlaying(each, station)) };
  }
  const station = stations.get(name ?? '');
  if (station === undefined) return failure(404, 'NotFoundException');
  if (route === 'nowplaying') {
    const isAllowed = station.isPublic || isKeyRight === true;
    return isAllowed ? { status: 200, content: nowPlaying(name!, station) } : failure(404, 'NotFoundException');
  }
  if (isKeyRight !== true) return failure(403, 'PermissionDeniedException');
  if (station.isBroken) return failure(500, 'ErrorException');
  const now = Math.floor(Date.now() / 1000);
  const isUnique = !path.endsWith('unique=false');
  const rows = station.listeners.filter(
    ({ hash }, i, all) => !isUnique || all.findIndex((other) => other.hash === hash) === i,
  );
  const more = { mount_is_local: true, connected_until: now, device: {}, location: {} };
  return {
    status: 200,
    content: rows.map((row) => ({ ...row, ...more, connected_time: now - (row.connected_on ?? 0) })),
  };
}

function nowPlaying(shortcode: string, { isOnline, title, listeners }: StandInStation) {
  const counts = { total: listeners.length, unique: listeners.length, current: listeners.length };
  const mount = { id: 1, name: MOUNT, path: '/radio.mp3', bitrate: 128, format: 'mp3', listeners: counts };
  return {
    station: { id: 1, name: 'A Radio', shortcode, mounts: [mount], remotes: [], hls_enabled: false, hls_listeners: 0 },
    listeners: counts,
    now_playing: { song: { text: isOnline ? title : 'Station Offline' } },
    song_history: [],
    is_online: isOnline,
  };
}

export const fixture: SourceFixture = {
  urls: [
    {
      url: 'azuracast://:0123:fedc@radio.example:8080/1,rock_radio?every=30s',
      options: {
        ...{ host: 'radio.example', port: 8080, apiKey: '0123:fedc', station: [1, 'rock_radio'], every: '30s' },
      },
      name: 'azuracast:radio.example:8080/1,rock_radio',
    },
    {
      url: 'azuracasts://radio.example?station=rock',
      options: { host: 'radio.example', port: 443, tls: true, station: ['rock'] },
      name: 'azuracast:radio.example:443/rock',
    },
    {
      url: 'azuracasts://0123:fedc@radio.example',
      options: { host: 'radio.example', port: 443, tls: true, apiKey: '0123:fedc' },
      name: 'azuracast:radio.example:443',
    },
  ],
  refused: [
    {},
    { host: 'radio.example', station: 'a/b' },
    { host: 'radio.example', station: ['rock radio'] },
    { host: 'radio.example', apiKey: '' },
    { host: 'radio.example', password: 'x' },
  ],
  start: async () => {
    const server = await startAzuracast();
    let hash = 0;
    return {
      options: { host: '127.0.0.1', port: server.port, apiKey: server.apiKey, every: '1s' },
      speak: async () => {
        // A listener without a start is counted and skipped.
        server.stations.set('radio', aStation(aListener(String(++hash)), aListener('x', { connected_on: null })));
      },
      stop: server.stop,
    };
  },
  unreachable: async () => ({ host: '127.0.0.1', port: await freePort() }),
};
