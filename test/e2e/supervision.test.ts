/**
 * Twenty SPY Servers that Headcount starts itself, ten thousand connections in random order, while the servers crash and are
 * killed, and Headcount is killed too. The stand-ins write down the truth (lab/spyserver-crowd.ts); history must be equal to it,
 * and nothing may be left running.
 */

import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { after, test } from 'node:test';
import { type LabChild, until } from '../../lab/child.ts';
import { createSpyServer, type SpyServer } from '../../lab/spyserver.ts';
import type { SpyConnection } from '../../lab/spyserver-crowd.ts';
import { randomFrom } from '../../src/enrich/fixture.ts';
import type { SessionWire, SourcesWire } from '../../src/http/contract.ts';
import { eventually, type Installation, install } from './process.ts';

const SEED = 20_200_221;
const INSTANCES = 20;
const CONNECTIONS = 10_000;
/** How many have come to each instance when Headcount is killed, when some have crashed, and at last. */
const TOTALS = [250, 450, 500] as const;
const LONG_MS = 120_000;

const random = randomFrom(SEED);
const servers: SpyServer[] = [];
const installations: Installation[] = [];
after(async () => {
  for (const each of installations) await each.remove();
  for (const each of servers) await each.stop();
});

const streamOf = (server: SpyServer) => basename(server.config);

/** The process ids of everything that runs and was started as a child of ours, by its command line. */
function runningChildren(): number[] {
  const isOurs = (pid: string) => {
    try {
      const isZombie = /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return !isZombie && servers.some(({ config }) => words.includes(config));
    } catch {
      return false;
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isOurs(name))
    .map(Number);
}

/** The number that the next client of each has: they never repeat. */
const next = new Map<SpyServer, number>();

/** Clients come and go until so many have come over all of its lives. */
async function visit(server: SpyServer, total: number): Promise<void> {
  for (let left = total; left > 0; left = total - server.truth().length) {
    await until(`${streamOf(server)} runs`, () => server.pid !== null, LONG_MS);
    const first = next.get(server) ?? servers.indexOf(server) * 1000;
    const clients = total - server.truth().length;
    next.set(server, first + clients);
    await server.visit({ seed: SEED + first, first, clients, most: 30 });
  }
}

/** It crashes or is killed, somewhere on the way to so many. */
async function trouble(server: SpyServer, total: number): Promise<void> {
  const before = server.truth().length;
  const enough = before + Math.floor(random() * 0.9 * (total - before));
  await until('some have come', () => server.pid !== null && server.truth().length > enough, LONG_MS);
  if (servers.indexOf(server) % 8 === 0) process.kill(server.pid!, 'SIGKILL');
  else server.crash(7);
}

const keyOf = (stream: string, client: string) => `${stream} ${client}`;

/** As the stand-in writes it. */
function clientOf({ client: { ip, port } }: SessionWire): string {
  return ip?.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function truthOf(): Map<string, SpyConnection> {
  const all = servers.flatMap((server) =>
    server.truth().map((connection) => [keyOf(streamOf(server), connection.client), connection] as const),
  );
  const truth = new Map(all);
  assert.equal(truth.size, all.length, 'no client comes twice');
  return truth;
}

/** Nothing is told that was not, or twice; whoever has gone has gone; and what is missing is among these. */
function checkHistory(sessions: readonly SessionWire[], mayMiss: ReadonlySet<string>): void {
  const truth = truthOf();
  const living = new Set(servers.map(({ pid }) => pid));
  const told = new Map(sessions.map((session) => [keyOf(session.stream, clientOf(session)), session]));
  assert.equal(told.size, sessions.length, 'nobody is told twice');
  for (const [key, session] of told) {
    const connection = truth.get(key);
    assert.ok(connection !== undefined, `${key} never was`);
    const isOpen = connection.to === null && living.has(connection.life);
    assert.equal(session.endedAt === null, isOpen, `${key}: is it open?`);
    assert.ok(Date.parse(session.startedAt) >= connection.from, `${key} begins before it came`);
    if (connection.to !== null)
      assert.ok(Date.parse(session.lastSeenAt) >= connection.to, `${key} ends before it left`);
    if (!connection.isInDoubt) assert.equal(session.client.userAgent ?? '', connection.id);
  }
  const missing = [...truth].filter(([key, { isInDoubt }]) => !told.has(key) && !isInDoubt).map(([key]) => key);
  assert.deepEqual(
    missing.filter((key) => !mayMiss.has(key)),
    [],
  );
}

async function commits({ url }: Installation): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const [, count] = /^headcount_events_total\{scope="collector",name="commits"\} (\d+)$/m.exec(text) ?? [];
  return Number(count);
}

const running = async ({ ask }: Installation) =>
  (await ask<SourcesWire>('/sources')).items.filter(({ status }) => status === 'running').length;

test('what the servers know is what history tells, whatever crashes, and nothing is left running', {
  timeout: 300_000,
}, async () => {
  for (let i = 0; i < INSTANCES; i++) servers.push(createSpyServer(`${i}.config`));
  const installation = await install({
    sources: servers.map(({ config, exe }) => ({ url: `spyserver:${config}`, exe })),
  });
  installations.push(installation);

  const first = await installation.start();
  // They start a second apart: whoever is up is visited at once.
  const coming = servers.map((server) => visit(server, TOTALS[0]));
  const hasAll = (server: SpyServer) => server.truth().length === TOTALS[0];
  await until('half of them have been visited', () => servers.filter(hasAll).length >= INSTANCES / 2, LONG_MS);
  const known = new Set((await installation.sessions()).map((session) => keyOf(session.stream, clientOf(session))));
  const before = await commits(installation);
  // One may have begun before; whatever was known then is in the next one.
  await until('they are written down', async () => (await commits(installation)) >= before + 2);
  await until('more have come', () => truthOf().size > known.size + TOTALS[0] / 2, LONG_MS);
  process.kill(first.pid, 'SIGKILL');
  await first.ended;
  await until('no server has outlived it', () => runningChildren().length === 0);
  // What it had not yet written down is lost, and nothing else.
  const mayMiss = new Set([...truthOf().keys()].filter((key) => !known.has(key)));

  const second = await installation.start();
  await Promise.all(
    servers.map(async (server, i) => {
      await coming[i];
      await Promise.all([visit(server, TOTALS[1]), i % 4 === 0 ? trouble(server, TOTALS[1]) : null]);
      await visit(server, TOTALS[2]);
    }),
  );
  await eventually('all of them run', async () => assert.equal(await running(installation), INSTANCES), LONG_MS);
  await eventually('history tells the truth', async () => checkHistory(await installation.sessions(), mayMiss), 30_000);
  assert.equal(truthOf().size, CONNECTIONS);
  assert.equal(runningChildren().length, INSTANCES);

  await servers[1]!.ignoreInterrupts();
  await stopWell(second, installation);
});

async function stopWell(child: LabChild, installation: Installation): Promise<void> {
  process.kill(child.pid, 'SIGTERM');
  assert.equal(await child.ended, 0, child.output());
  assert.deepEqual(runningChildren(), []);
  assert.deepEqual(JSON.parse(readFileSync(`${installation.data}/children.json`, 'utf8')), []);
}
