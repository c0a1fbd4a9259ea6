/**
 * Many Icecast-shaped servers in one process: each has its own port, its mounts and a listener or two on every other one, who
 * change now and then. They know how they are asked: whether two polls overlapped, and how many connections there were at once.
 */

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

export interface IcecastFarm {
  readonly ports: readonly number[];
  readonly tallies: readonly PollTally[];
  stop(): Promise<void>;
}

export interface PollTally {
  /** Questions for the mounts: one begins each poll. */
  polls: number;
  /** Polls that began while something of the one before was still being asked. */
  overlaps: number;
  /** Questions that waited for their answer at the same time. */
  mostAtOnce: number;
  /** Connections at this moment. */
  open: number;
  mostOpen: number;
}

/** An answer takes as long as a server nearby needs: whoever does not wait for it is noticed. */
const ANSWER_MS = 5;

export async function startIcecastFarm(servers: number, mounts: number): Promise<IcecastFarm> {
  const farm = await Promise.all(Array.from({ length: servers }, () => startOne(mounts)));
  return {
    ports: farm.map(({ server }) => (server.address() as { port: number }).port),
    tallies: farm.map(({ tally }) => tally),
    stop: async () => {
      for (const { server } of farm) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

async function startOne(mounts: number): Promise<{ server: Server; tally: PollTally }> {
  const tally: PollTally = { polls: 0, overlaps: 0, mostAtOnce: 0, open: 0, mostOpen: 0 };
  let asking = 0;
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://x');
    const isNewPoll = url.pathname === '/admin/stats';
    if (isNewPoll) tally.polls++;
    if (isNewPoll && asking > 0) tally.overlaps++;
    tally.mostAtOnce = Math.max(tally.mostAtOnce, ++asking);
    const body = isNewPoll ? stats(mounts) : listeners(url.searchParams.get('mount')!, tally.polls);
    setTimeout(() => {
      asking--;
      response.end(body);
    }, ANSWER_MS);
  });
  server.on('connection', (socket) => {
    tally.mostOpen = Math.max(tally.mostOpen, ++tally.open);
    socket.once('close', () => tally.open--);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, tally };
}

const countOf = (mount: number) => (mount % 2) * 3;

function stats(mounts: number): string {
  const sources = Array.from({ length: mounts }, (_, i) => {
    const facts = `<listeners>${countOf(i)}</listeners><server_type>audio/mpeg</server_type><title>Song ${i}</title>`;
    return `<source mount="/${i}.mp3">${facts}</source>`;
  });
  return `<icestats><server_start_iso8601>2026-11-21T01:16:40+0000</server_start_iso8601>${sources.join('')}</icestats>`;
}

/** With every poll one leaves and another one comes. */
function listeners(mount: string, poll: number): string {
  const all = Array.from({ length: 3 }, (_, i) => {
    const id = `${mount.replace(/\D/g, '')}${poll + i}`;
    const agent = `<UserAgent>VLC/3.0.${poll % 20}</UserAgent>`;
    return `<listener><IP>192.0.2.${i}</IP>${agent}<Connected>${3 - i}</Connected><ID>${id}</ID></listener>`;
  });
  return `<icestats><source mount="${mount}"><Listeners>3</Listeners>${all.join('')}</source></icestats>`;
}
