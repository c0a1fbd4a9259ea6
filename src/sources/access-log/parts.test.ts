/** Read in parts by threads, a log gives what it gives from beginning to end. */

import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { randomFrom } from '../../enrich/fixture.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import type { PlainFile } from '../source.ts';
import { logTime } from './fixture.ts';
import { config } from './options.ts';
import { readParts } from './parts.ts';
import { LogReader } from './reader.ts';
import { readerOptions } from './reader-options.ts';
import type { LogTally } from './reading.ts';
import { Sessions } from './sessions.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'headcount-parts-'));
after(() => rmSync(folder, { recursive: true }));

const GAP = 40_000;
const LATENESS = 5000;
const T0 = Date.UTC(2026, 4, 1);

function options(counters: ScopedCounters, more: Record<string, unknown>) {
  const read = config.parse({ path: 'unused', playbackId: 'sid', ...more });
  return { ...readerOptions(read, { gap: GAP, lateness: LATENESS }, counters), seed: 7 };
}

interface Outcome {
  readonly sessions: string[];
  readonly tally: LogTally;
  readonly counters: Readonly<Record<string, number>>;
}

async function inParts(texts: readonly string[], partBytes: number, more = {}): Promise<Outcome> {
  const counters = new ScopedCounters();
  const sessions = new Sessions(GAP);
  const files = texts.map((text, i): PlainFile => {
    const path = join(folder, `part-${i}.log`);
    writeFileSync(path, text);
    return { path, size: statSync(path).size, read: () => {} };
  });
  const tally = await readParts({
    files,
    options: options(counters, more),
    emit: async (batch) => sessions.take(batch),
    check: () => {},
    partBytes,
  });
  return { sessions: sessions.all(), tally, counters: counters.read() };
}

function inOne(texts: readonly string[], more = {}): Outcome {
  const counters = new ScopedCounters();
  const sessions = new Sessions(GAP);
  const reader = new LogReader(options(counters, more));
  for (const text of texts) {
    reader.take(Buffer.from(text), Number.POSITIVE_INFINITY);
    const { observations, watermark } = reader.cut();
    sessions.take({ observations, ...(watermark === null ? {} : { watermark }) });
  }
  return { sessions: sessions.all(), tally: reader.tally(), counters: counters.read() };
}

/** Caches that begin anew are no difference. */
function comparable({ sessions, tally, counters }: Outcome) {
  const { forgottenPaths: _, ...others } = counters;
  return { sessions, tally, counters: others };
}

interface Shape {
  /** So many seconds may a line be older than the one before it. */
  readonly disorder?: number;
  readonly path?: (random: () => number, second: number) => string;
  readonly line?: (i: number, line: string) => string;
}

function someLog(lines: number, seed: number, { disorder = 0, path, line = (_, each) => each }: Shape = {}): string {
  const random = randomFrom(seed);
  const pathOf =
    path ??
    ((_, second) => (second % 3 === 0 ? `/hls/s${second % 5}/720p.m3u8` : `/hls/s${second % 5}/v/${second}.ts`));
  return Array.from({ length: lines }, (_, i) => {
    const second = Math.floor(i / 20) - Math.floor(random() * (disorder + 1));
    const player = Math.floor(random() * 300);
    const id = player % 10 === 0 ? `?sid=p${player}` : player % 10 === 1 ? '?CMCD=br%3D300%2Csid%3D%22c1%22' : '';
    const request = `${random() < 0.01 ? 'HEAD' : 'GET'} ${pathOf(random, second)}${id} HTTP/1.1`;
    const status = random() < 0.02 ? 404 : 200;
    const written = `192.0.2.${player % 250} - - [${logTime(T0 + second * 1000)}] "${request}" ${status} ${i % 977} "-" "Player/${player % 7}"`;
    return random() < 0.002 ? 'none\n' : `${line(i, written)}\n`;
  }).join('');
}

for (const [what, texts, more] of [
  ['in order', [someLog(30_000, 1)], {}],
  ['a little out of order', [someLog(30_000, 2, { disorder: 4 })], {}],
  ['much out of order', [someLog(30_000, 3, { disorder: 30 })], {}],
  ['several files', [someLog(12_000, 4), someLog(12_000, 4), someLog(9000, 5)], {}],
  ['a last line without its end', [someLog(20_000, 6).slice(0, -1)], {}],
  [
    'streams whose names end in digits, learned on the way',
    [
      someLog(30_000, 7, {
        path: (random, second) => (second > 700 && random() < 0.01 ? '/hls/cam1.m3u8' : `/hls/cam1${second % 9}.ts`),
      }),
    ],
    {},
  ],
  [
    'another format from the middle on',
    [
      someLog(30_000, 8, {
        line: (i, each) =>
          i < 17_000
            ? each
            : JSON.stringify({
                remote_addr: each.split(' ', 1)[0],
                time: T0 + i * 50,
                request: `GET /hls/x/${i}.ts HTTP/1.1`,
                status: 200,
              }),
      }),
    ],
    {},
  ],
  [
    'connections, of which some are equal',
    [
      someLog(20_000, 9, {
        path: () => '/live.mp3',
        line: (i, each) =>
          `${each.replace(/ 200 \d+ /, ' 200 160000 ').replace(/192.0.2.\d+/, '192.0.2.7')} ${i % 3 === 0 ? 10 : 12}`,
      }),
    ],
    { format: 'icecast' },
  ],
] as const) {
  test(`${what}: the same in parts`, async () => {
    const whole = inOne(texts, more);
    assert.ok(whole.sessions.length > 50, `${whole.sessions.length} sessions`);
    for (const partBytes of [70_001, 400_000]) {
      assert.deepEqual(comparable(await inParts(texts, partBytes, more)), comparable(whole));
    }
  });
}

test('a file that cannot be read, and a reader that is stopped, are told', async () => {
  const path = join(folder, 'gone.log');
  writeFileSync(path, someLog(20_000, 1));
  const { size } = statSync(path);
  const read = (file: PlainFile) =>
    readParts({
      files: [file],
      options: options(new ScopedCounters(), {}),
      emit: async () => {},
      check: () => {},
      partBytes: 200_000,
    });
  await assert.rejects(read({ path: `${path}.none`, size, read: () => {} }), { code: 'FILE_UNREADABLE' });
  const stop = () => {
    throw new Error('enough');
  };
  await assert.rejects(read({ path, size, read: stop }), /enough/);
});
