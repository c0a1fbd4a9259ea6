/**
 * What a log says is a function of its lines alone: the same logs give the same sessions, with the same ids, read whole,
 * in pieces cut anywhere, through every way of rotating, through any number of deaths, and again. Whole processes, real
 * files, the real store; what sessions are true is known elsewhere (crowd.test.ts, core and access-log).
 */

import { strict as assert } from 'node:assert';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { randomFrom } from '../../src/enrich/fixture.ts';
import type { SessionPageWire, SessionWire, SourcesWire } from '../../src/http/contract.ts';
import { eventually, type Installation, install } from './process.ts';
import { LAST_STREAM, type Writing, type WrittenLog, writeLogs } from './written-logs.ts';

/** So often Headcount is killed; two hundred times say no more, but take minutes. */
const KILLS = Number(process.env['HEADCOUNT_KILLS'] ?? 20);
const WRITING: Writing = { seed: 20_250_310, players: 190 };

const LOGS = writeLogs(WRITING);
/** Compiled code, so that what starts often starts fast. */
const CACHE = mkdtempSync(join(tmpdir(), 'headcount-e2e-compiled-'));

const installations: Installation[] = [];
/** As they are when the logs are there from the beginning. */
let reference: string[];

afterEach(async () => {
  for (const each of installations.splice(0)) await each.remove();
});
after(() => rmSync(CACHE, { recursive: true }));

before(async () => {
  const installation = await installed(LOGS);
  for (const log of LOGS) writeFileSync(pathOf(installation, log), Buffer.concat(log.lines));
  const child = await installation.start();
  reference = await sessionsOf(installation, LOGS);
  // Ended well, so that the cache is written.
  process.kill(child.pid, 'SIGTERM');
  await child.ended;
});

test('the logs are worth it: all that makes it hard is in them', () => {
  const sessions = reference.map((text) => JSON.parse(text) as SessionWire);
  const lines = LOGS.flatMap((log) => log.lines);
  assert.ok(lines.length > 20_000 && sessions.length > 1800, `${sessions.length} sessions of ${lines.length} lines`);
  const has = (what: string, count: number, is: (session: SessionWire) => boolean) =>
    assert.ok(sessions.filter(is).length >= count, what);
  has('ids', 100, ({ identity }) => identity === 'declared');
  has('switches of quality', 100, ({ qualityChanges }) => qualityChanges.length > 1);
  has('IPv6', 100, ({ client }) => client.ip?.includes(':') === true);
  has('measures', 100, ({ details }) => 'cmcdBitrate' in details && 'cmcdThroughput' in details);
  has('users', 20, ({ client }) => client.user !== null);
  has('publishers', 5, ({ bot }) => bot);
  assert.ok(
    sessions.every(({ client }) => !client.ip?.startsWith('203.0.113.')),
    'nobody is a proxy',
  );
  const withoutId = (text: string) => text.replace(/"id":"[^"]*"/, '');
  assert.ok(new Set(reference.map(withoutId)).size <= sessions.length - 50, 'connections that are equal');
  assert.equal(new Set(sessions.map(({ id }) => id)).size, sessions.length);
});

test('read again, by the same Headcount and by one that knows nothing: nothing is doubled, every id is the same', async () => {
  const installation = await installed(LOGS);
  for (const log of LOGS) writeFileSync(pathOf(installation, log), Buffer.concat(log.lines));
  for (let start = 0; start < 2; start++) {
    const child = await installation.start();
    await isAsBefore(installation);
    process.kill(child.pid, 'SIGTERM');
    assert.equal(await child.ended, 0);
  }
});

test('in pieces that are cut anywhere, written while it reads: the same sessions', async () => {
  const installation = await installed(LOGS);
  for (const log of LOGS) writeFileSync(pathOf(installation, log), '');
  await installation.start();
  for (const pieces of rounds(60, 1)) {
    for (const [log, piece] of pieces) appendFileSync(pathOf(installation, log), piece);
    // To and fro through the process, so that it has its turn.
    await installation.ask('/status');
  }
  await isAsBefore(installation);
});

test('in a thousand pieces, each read before the next is written: the same sessions', async () => {
  const installation = await installed(LOGS);
  for (const log of LOGS) writeFileSync(pathOf(installation, log), '');
  await installation.start();
  const written = new Map<string, number>();
  for (const pieces of rounds(1000, 2)) {
    for (const [log, piece] of pieces) {
      appendFileSync(pathOf(installation, log), piece);
      written.set(log.name, (written.get(log.name) ?? 0) + linesIn(piece));
    }
    await isRead(installation, written);
  }
  await isAsBefore(installation);
});

/** What is done with a log, at `path`, to begin a new one. `nth`: how many have been before. */
interface Rotation {
  readonly name: string;
  /** What is not read by then is lost to everybody. */
  readonly onlyWhenRead?: boolean;
  begin?(path: string): void;
  rotate(path: string, nth: number): void;
}

const ROTATIONS: readonly Rotation[] = [
  {
    name: 'renamed, and a new one created',
    rotate: (path, nth) => {
      shift(path, nth, '');
      writeFileSync(path, '');
    },
  },
  {
    name: 'copied, and truncated when all of it was read',
    onlyWhenRead: true,
    rotate: (path, nth) => {
      shift(path, nth, '');
      writeFileSync(path, readFileSync(`${path}.1`));
      truncateSync(path);
    },
  },
  {
    name: 'renamed and packed',
    rotate: (path, nth) => {
      shift(path, nth, '.gz');
      renameSync(`${path}.1.gz`, `${path}.1`);
      writeFileSync(path, '');
      writeFileSync(`${path}.1.gz`, gzipSync(readFileSync(`${path}.1`)));
      rmSync(`${path}.1`);
    },
  },
  {
    name: 'a link that points to the next one',
    // A file to which no link points any more may be anybody's.
    onlyWhenRead: true,
    begin: (path) => {
      writeFileSync(`${path}-0`, '');
      symlinkSync(`${path}-0`, path);
    },
    rotate: (path, nth) => {
      writeFileSync(`${path}-${nth + 1}`, '');
      symlinkSync(`${path}-${nth + 1}`, `${path}.new`);
      renameSync(`${path}.new`, path);
    },
  },
];

for (const { name, onlyWhenRead = false, begin, rotate } of ROTATIONS) {
  test(`rotated ten times: ${name}: the same sessions`, async () => {
    const installation = await installed(LOGS);
    for (const log of LOGS) (begin ?? ((path) => writeFileSync(path, '')))(pathOf(installation, log));
    await installation.start();
    const written = new Map<string, number>();
    const all = rounds(11, 3, true);
    for (const [nth, pieces] of all.entries()) {
      const before = new Map(written);
      for (const [log, piece] of pieces) {
        appendFileSync(pathOf(installation, log), piece);
        written.set(log.name, (written.get(log.name) ?? 0) + linesIn(piece));
      }
      // Once it is known to follow the log, nothing may have been read yet of what was written since the last time.
      await isRead(installation, onlyWhenRead || nth === 0 ? written : before);
      if (nth < all.length - 1) for (const log of LOGS) rotate(pathOf(installation, log), nth);
    }
    await isAsBefore(installation);
  });
}

/** As logrotate does it: `.2` becomes `.3`, `.1` becomes `.2`, the log becomes `.1`. */
function shift(path: string, nth: number, packed: string): void {
  for (let n = nth; n > 0; n--) renameSync(`${path}.${n}${packed}`, `${path}.${n + 1}${packed}`);
  renameSync(path, `${path}.1${packed}`);
}

test(`killed ${KILLS} times while it reads what is written meanwhile: the same sessions`, async (t) => {
  const installation = await installed(LOGS);
  for (const log of LOGS) writeFileSync(pathOf(installation, log), '');
  const random = randomFrom(4);
  const all = rounds(KILLS * 10, 4);
  let sinceAnswer = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const child = installation.launch();
    const isServing = child.printed(/serving on/, 60_000);
    // One in five dies while it starts, the others within what they do then.
    const isEarly = random() < 0.2;
    if (isEarly) await child.printed(/./, 100).catch(() => {});
    else await isServing;
    isServing.catch(() => {});
    for (const pieces of all.slice(kill * 10, kill * 10 + 10)) {
      for (const [log, piece] of pieces) appendFileSync(pathOf(installation, log), piece);
      // So long that sometimes nothing of it has been committed, and sometimes all.
      if (!isEarly && random() < 0.5) await installation.ask('/status').then(() => sinceAnswer++);
    }
    if (!isEarly && random() < 0.5) await installation.ask<SourcesWire>('/sources');
    await child.stop('SIGKILL');
  }
  await installation.start();
  await isAsBefore(installation);
  t.diagnostic(`${sinceAnswer} answers between kills`);
});

async function installed(logs: readonly WrittenLog[]): Promise<Installation> {
  const installation = await install({}, { NODE_COMPILE_CACHE: CACHE });
  installations.push(installation);
  const sources = logs.map((log) => ({ url: `log:${pathOf(installation, log)}`, name: log.name, ...log.options }));
  // Ids rest on the key of an installation.
  mkdirSync(installation.data);
  writeFileSync(join(installation.data, 'key'), `${'5a'.repeat(32)}\n`);
  installation.configure({ geo: { enabled: false }, retention: { addresses: null }, sources });
  return installation;
}

function pathOf({ folder }: Installation, { name }: WrittenLog): string {
  return join(folder, `${name}.log`);
}

/** The logs in so many rounds, each with a piece of every log; cut anywhere, or between lines. */
function rounds(count: number, seed: number, atLines = false): (readonly [WrittenLog, Buffer])[][] {
  const random = randomFrom(seed);
  const cut = LOGS.map((log) => {
    const bytes = Buffer.concat(log.lines);
    const places = Array.from({ length: count - 1 }, () => Math.floor(random() * bytes.length)).sort((a, b) => a - b);
    const ends = [...places.map((place) => (atLines ? bytes.indexOf(10, place) + 1 : place)), bytes.length];
    return ends.map((end, i) => [log, bytes.subarray(ends[i - 1] ?? 0, end)] as const);
  });
  return Array.from({ length: count }, (_, i) => cut.map((pieces) => pieces[i]!));
}

function linesIn(piece: Buffer): number {
  let lines = 0;
  for (const byte of piece) if (byte === 10) lines++;
  return lines;
}

/** By source, how many lines: read by the process that answers now. */
async function isRead(installation: Installation, lines: ReadonlyMap<string, number>): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const { items } = await installation.ask<SourcesWire>('/sources');
    if (items.every(({ name, counters }) => (counters['lines'] ?? 0) >= (lines.get(name) ?? 0))) return;
    if (performance.now() > deadline) throw new Error(`not all is read: ${JSON.stringify(items)}`);
  }
}

/** Every session but the last one of each log, as a text of its own, once all others are over. */
async function sessionsOf(installation: Installation, logs: readonly WrittenLog[]): Promise<string[]> {
  await isRead(installation, new Map(logs.map(({ name, lines }) => [name, lines.length])));
  let sessions: SessionWire[] = [];
  await eventually('all is over, and in the store', async () => {
    sessions = await installation.sessions();
    const { items } = await installation.ask<SourcesWire>('/sources');
    const requests = items.reduce((sum, { counters }) => sum + counters['requests']!, 0);
    assert.equal(requestsOf(sessions), requests);
    assert.ok(sessions.every(({ endedAt, stream }) => endedAt !== null || stream === LAST_STREAM));
  });
  return told(sessions);
}

function told(sessions: readonly SessionWire[]): string[] {
  const others = sessions.filter(({ stream }) => !stream.endsWith(LAST_STREAM));
  return others.map((session) => JSON.stringify(session)).sort();
}

const requestsOf = (sessions: readonly SessionWire[]) => sessions.reduce((sum, { requests }) => sum + requests, 0);

/** Says of the first few differences what they are: there may be thousands. */
async function isAsBefore(installation: Installation): Promise<void> {
  await eventually(
    'the same sessions',
    async () => {
      const { total } = await installation.ask<SessionPageWire>('/sessions?state=all&bot=all&limit=1');
      assert.ok(total >= reference.length, `${total} of ${reference.length} sessions`);
      const found = told(await installation.sessions());
      const [ours, theirs] = [new Set(found), new Set(reference)];
      const missing = reference.filter((each) => !ours.has(each));
      const more = found.filter((each) => !theirs.has(each));
      const first = (texts: string[]) => `${texts.length}:\n${texts.slice(0, 3).join('\n')}`;
      assert.ok(missing.length + more.length === 0, `missing ${first(missing)}\ninstead ${first(more)}`);
      assert.equal(found.length, reference.length);
    },
    60_000,
  );
}
