/**
 * Servers that are asked again and again: what they do to us when they turn on us, and how many of them there may be.
 * Whoever adds a polled kind adds a line to `POLLED`; whoever thinks of another hostility adds one to the lab. Tautulli is not
 * among them: it reports no streams, and a failure starts it again instead of being counted.
 */

import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startChild, until } from '../../lab/child.ts';
import { HOSTILITIES, type HostileServer, startHostileServer } from '../../lab/hostile-server.ts';
import { startIcecastFarm } from '../../lab/icecast-farm.ts';
import { labPath, labSession } from '../../lab/mediamtx.ts';
import { labClient, labStream } from '../../lab/srs.ts';
import type { SourcesWire, SourceWire, StreamsWire } from '../../src/http/contract.ts';
import { eventually, install } from './process.ts';

interface Polled {
  url(port: number): string;
  /** Path → body: a stream, and one listener on it. */
  readonly answers: Readonly<Record<string, string>>;
}

const recorded = (path: string) => readFileSync(new URL(`../../src/sources/${path}`, import.meta.url), 'utf8');
const srsList = (list: string, items: object[]) =>
  JSON.stringify({ code: 0, server: 'a', service: 'b', [list]: items });
const mediamtxList = (items: object[]) => JSON.stringify({ pageCount: 1, itemCount: items.length, items });

const POLLED: Readonly<Record<string, Polled>> = {
  icecast: {
    url: (port) => `icecast://admin:x@127.0.0.1:${port}`,
    answers: {
      '/admin/stats': recorded('icecast/testdata/icecast-2.4.4/stats_mount.xml'),
      '/admin/listclients': recorded('icecast/testdata/icecast-2.4.4/listclients.xml'),
    },
  },
  'nginx-rtmp': {
    url: (port) => `nginx-rtmp://127.0.0.1:${port}/stat`,
    answers: { '/stat': recorded('nginx-rtmp/testdata/nginx-rtmp-1.2.2/stat.xml') },
  },
  mediamtx: {
    url: (port) => `mediamtx://127.0.0.1:${port}`,
    answers: {
      '/v3/paths/list': mediamtxList([labPath('cam1', 1)]),
      '/v3/rtspsessions/list': mediamtxList([labSession('a')]),
    },
  },
  srs: {
    url: (port) => `srs://127.0.0.1:${port}`,
    answers: {
      '/api/v1/streams': srsList('streams', [labStream('cam1', 2)]),
      '/api/v1/clients': srsList('clients', [labClient('a')]),
    },
  },
  shoutcast: {
    url: (port) => `shoutcast://:x@127.0.0.1:${port}`,
    answers: {
      '/statistics': JSON.stringify({ totalstreams: 1, streams: [{ id: 1, streamstatus: 1, currentlisteners: 1 }] }),
      '/admin.cgi': JSON.stringify([{ hostname: '192.0.2.1', useragent: 'Player/1', connecttime: 60, uid: 7 }]),
    },
  },
  owncast: {
    url: (port) => `owncast://admin:x@127.0.0.1:${port}`,
    answers: {
      '/api/admin/status': JSON.stringify({ online: true, viewerCount: 1 }),
      '/api/admin/viewers': JSON.stringify([{ ipAddress: '192.0.2.1', userAgent: 'Player/1', clientID: 'a' }]),
    },
  },
  azuracast: {
    url: (port) => `azuracast://:x@127.0.0.1:${port}`,
    answers: {
      '/api/nowplaying': JSON.stringify([
        { station: { shortcode: 'radio', mounts: [{ path: '/live', name: '/live' }] }, is_online: true },
      ]),
      '/api/station/radio/listeners': JSON.stringify([{ ip: '192.0.2.1', mount_name: '/live', connected_on: 1e9 }]),
    },
  },
  wowza: {
    url: (port) => `wowza://admin:x@127.0.0.1:${port}`,
    answers: { '/serverinfo': recorded('wowza/testdata/serverinfo-4.xml') },
  },
  json: {
    url: (port) => `json:http://127.0.0.1:${port}/rooms?items=peers&fields=id:id,address:ip&stream=main`,
    answers: { '/rooms': JSON.stringify({ peers: [{ id: 'a', ip: '192.0.2.1' }] }) },
  },
};

const cleanups: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

/** Somebody who must never be asked. */
async function startElsewhere() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(async () => server.close());
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, asked };
}

/** So much more than before may be resident: a few answers at a time, of 20 MB each, as they come and unpacked. */
const MAX_MORE_KIB = 400 * 1024;
/** What is on its way when we hang up counts as sent. */
const MAX_TAKEN = 40_000_000;

test('hostile servers fail, each on its own; all others, and what was known, stay as they were', async () => {
  const elsewhere = await startElsewhere();
  const hostiles = new Map<string, HostileServer>();
  const well: string[] = [];
  const sources: object[] = [];
  for (const [kind, { url, answers }] of Object.entries(POLLED)) {
    for (const hostility of ['none', ...Object.keys(HOSTILITIES)]) {
      const server = await startHostileServer(answers, elsewhere.url);
      cleanups.push(() => server.stop());
      const name = `${kind}-${hostility}`;
      if (hostility === 'none') well.push(name);
      else hostiles.set(name, server);
      // Whoever drips is given up soon; whoever is well may take his time while the machine is busy with the others.
      const timeout = hostility === 'none' ? '30s' : '1s';
      sources.push({ url: url(server.port), name, every: '1s', timeout });
    }
  }
  const installation = await install({ sources });
  cleanups.push(() => installation.remove());
  const child = await installation.start();
  const items = async () => (await installation.ask<SourcesWire>('/sources')).items;
  const statusOf = async () => {
    const { items: streams } = await installation.ask<StreamsWire>('/streams');
    return new Map(streams.map(({ source, status }) => [source, status]));
  };
  const everywhere = async (status: string, names: Iterable<string>) => {
    const now = await statusOf();
    for (const name of names) assert.equal(now.get(name), status, name);
  };
  await eventually('all are well', () => everywhere('up', [...hostiles.keys(), ...well]));
  await eventually('all have an audience', async () => {
    for (const { name, sessions } of await items()) assert.ok(sessions > 0, name);
  });
  const peopleBefore = new Map((await items()).map(({ name, sessions }) => [name, sessions]));
  const before = peakOf(child.pid);

  for (const [name, server] of hostiles) {
    server.hostility = HOSTILITIES[Object.keys(HOSTILITIES).find((each) => name.endsWith(`-${each}`))!]!;
  }
  await eventually('all that are hostile are out of reach', () => everywhere('unreachable', hostiles.keys()));
  const failed = new Map((await items()).map((source) => [source.name, source]));
  for (const name of hostiles.keys()) checkFailed(failed.get(name)!, peopleBefore.get(name)!);
  for (const name of well) {
    const { status, restarts, lastError, sessions } = failed.get(name)!;
    assert.deepEqual([status, restarts, lastError, sessions], ['running', 0, null, peopleBefore.get(name)!], name);
  }
  await everywhere('up', well);
  await until('every server has been asked again', () => [...hostiles.values()].every((each) => each.badAnswers >= 2));
  assert.deepEqual(elsewhere.asked, []);
  const more = peakOf(child.pid) - before;
  assert.ok(more < MAX_MORE_KIB, `${more} KiB more than before`);

  for (const server of hostiles.values()) server.hostility = null;
  await eventually('all are well again', () => everywhere('up', [...hostiles.keys(), ...well]), 30_000);
  for (const [name, { longest }] of hostiles) assert.ok(longest < MAX_TAKEN, `${name}: ${longest} bytes were taken`);
});

function checkFailed({ name, counters, lastError, sessions }: SourceWire, people: number): void {
  assert.ok(counters['failures']! >= 1, `${name}: it is counted`);
  assert.match(lastError?.code ?? '', /^PEER_(ANSWERED_BADLY|UNREACHABLE)$/, name);
  assert.match(lastError!.message, /^(Cannot reach )?127\.0\.0\.1:\d+.{10,300}$/, name);
  assert.equal(sessions, people, `${name}: silence ends nobody`);
}

/** The most that it ever had in memory, in KiB. */
function peakOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
}

const SERVERS = 50;
const MOUNTS = 20;
const POLLER = fileURLToPath(new URL('polling-child.ts', import.meta.url));
/** How often each server is asked, about: `HEADCOUNT_CYCLES=1000` takes about three minutes. */
const CYCLES = Number(process.env['HEADCOUNT_CYCLES'] ?? 12);
/** Polls of all servers together; in between lies what is measured. */
const WARM = 3 * SERVERS;
const ENOUGH = WARM + CYCLES * SERVERS;
/** Were only a tenth of what a poll brings kept (twenty mounts, thirty listeners), it would be far more. */
const MAX_GROWTH = 8_000_000;

test('a thousand mounts on fifty servers: one poll of a server at a time, four questions, and memory stays flat', async () => {
  const farm = await startIcecastFarm(SERVERS, MOUNTS);
  cleanups.push(() => farm.stop());
  const poller = startChild(process.execPath, ['--expose-gc', POLLER], {
    input: JSON.stringify({ ports: farm.ports, reportAt: [WARM, ENOUGH] }),
  });
  cleanups.push(() => poller.stop());
  const reportAt = async (polls: number) => {
    const [, heap, streams] = await poller.printed(
      new RegExp(`^${polls} polls: (\\d+) bytes, (\\d+) streams$`, 'm'),
      Math.max(60_000, CYCLES * 5000),
    );
    return { heap: Number(heap), streams: Number(streams) };
  };
  const warm = await reportAt(WARM);
  const enough = await reportAt(ENOUGH);
  assert.equal(await poller.ended, 0, poller.output());

  assert.deepEqual([warm.streams, enough.streams], [SERVERS * MOUNTS, SERVERS * MOUNTS]);
  assert.ok(enough.heap - warm.heap < MAX_GROWTH, `the heap grew by ${enough.heap - warm.heap} bytes`);
  for (const [i, { polls, overlaps, mostAtOnce, mostOpen }] of farm.tallies.entries()) {
    assert.ok(polls >= 2, `server ${i} was asked ${polls} times`);
    assert.equal(overlaps, 0, `server ${i}: a poll began before the last one was over`);
    assert.ok(mostAtOnce <= 4, `server ${i} was asked ${mostAtOnce} questions at once`);
    // Where one question is over, the next one may begin before its connection is closed.
    assert.ok(mostOpen <= 8, `server ${i} had ${mostOpen} connections at once`);
  }
  await until('no socket is left', () => farm.tallies.every(({ open }) => open === 0));
});
