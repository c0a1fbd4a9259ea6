/** `headcount analyze` as its users run it: its own process, real files. */

import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const BIN = fileURLToPath(new URL('../../bin/headcount.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'headcount-analyze-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function headcount(
  args: readonly string[],
  { input = '', env = {}, node = [] }: { input?: string; env?: NodeJS.ProcessEnv; node?: readonly string[] } = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...node, BIN, ...args], { cwd: folder, env: { ...process.env, ...env } });
    const ran = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => (ran.out += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (ran.err += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...ran }));
    child.stdin.end(input);
  });
}

/** Two listeners a few seconds apart; each asks three times. */
const line = (host: number, second: number) =>
  `192.0.2.${host} - - [17/May/2025:18:00:${String(second).padStart(2, '0')} +0000] "GET /hls/rock/720p.m3u8 HTTP/1.1" 200 500 "-" "VLC/3.0"\n`;
const LOG = [line(1, 0), line(2, 3), line(1, 10), line(2, 13), line(1, 20), line(2, 23), 'this is no line\n'].join('');
writeFileSync(join(folder, 'access.log'), LOG);

test('a report is written to where it should be, as its name says', async () => {
  const text = await headcount(['analyze', 'access.log']);
  assert.match(text.out, /Sessions +2 +Unique clients +2/);
  assert.equal(text.err, '', 'no progress where nobody looks');
  for (const [name, expected] of [
    ['report.json', /"sessions": 2,/],
    ['report.csv', /^total,,2,2,40,3000,,\r$/m],
    ['report.html', /At most <em>2<\/em> listened at once/],
    ['report.txt', /Sessions +2/],
  ] as const) {
    const ran = await headcount(['analyze', 'access.log', '-O', name]);
    assert.deepEqual(ran, { code: 0, out: '', err: '' }, name);
    assert.match(readFileSync(join(folder, name), 'utf8'), expected);
  }
  const json = await headcount(['analyze', '--format', 'json', '-'], { input: LOG });
  assert.equal(json.out, readFileSync(join(folder, 'report.json'), 'utf8'));
});

test('every session is written, also those that were still open', async () => {
  writeFileSync(join(folder, 'old.log.gz'), gzipSync(LOG));
  const ran = await headcount(['analyze', '-s', 'sessions.jsonl', 'old.log.gz']);
  assert.equal(ran.code, 0, ran.err);
  const sessions = readFileSync(join(folder, 'sessions.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((each) => JSON.parse(each));
  assert.deepEqual(
    sessions.map(({ client, requests, startedAt, durationSeconds }) => [
      ...[client.ip, requests, startedAt, durationSeconds],
    ]),
    [
      ['192.0.2.1', 3, '2025-05-17T18:00:00.000Z', 20],
      ['192.0.2.2', 3, '2025-05-17T18:00:03.000Z', 20],
    ],
  );
});

test('what fails leaves the old files as they were, and says so', async () => {
  writeFileSync(join(folder, 'kept.csv'), 'old');
  const missing = await headcount(['analyze', '-s', 'kept.csv', 'missing.log']);
  assert.equal(missing.code, 1);
  assert.match(missing.err, /^missing\.log cannot be read: [^\n]+\n$/);
  assert.equal(readFileSync(join(folder, 'kept.csv'), 'utf8'), 'old');
  const nowhere = await headcount(['analyze', '-O', 'no/such/folder.html', 'access.log']);
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.err, /^no\/such\/folder\.html cannot be written/);
  const wrong = await headcount(['analyze', '--sesions', 'x.csv', 'access.log']);
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /Did you mean --sessions\?/);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes('partial')),
    [],
  );
});

test('what came too late is said, also when it was late for the log alone', async () => {
  writeFileSync(join(folder, 'late.log'), [line(1, 0), line(1, 30), line(1, 10)].join(''));
  const { out } = await headcount(['analyze', 'late.log']);
  assert.match(out, /^ {2}lines late by more than the lateness: moved up to it +1$/m);
  assert.doesNotMatch(out, /too late for their session/);
});

/** Tells on standard error which modules are loaded. */
const TELLING = `data:text/javascript,${encodeURIComponent(
  "import { registerHooks } from 'node:module'; registerHooks({ load: (url, context, next) => { process.stderr.write(url + '\\n'); return next(url, context); } });",
)}`;

test('a command loads what it needs and nothing else', async () => {
  const loaded = async (...args: readonly string[]) => (await headcount(args, { node: ['--import', TELLING] })).err;
  const help = await loaded('--help');
  assert.match(help, /src\/cli\/ask\.ts/);
  assert.doesNotMatch(help, /node_modules|src\/sources/);
  const analysis = await loaded('analyze', 'access.log');
  assert.match(analysis, /src\/cli\/report\/text\.ts/);
  assert.doesNotMatch(
    analysis,
    /fastify|@duckdb|src\/app\.ts|src\/http\/(?!wire|session-columns|session-lines)|report\/html|session-parquet/,
  );
});

test('compiled code is kept for the user alone, and nothing depends on it', async () => {
  const version = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
  const unset = { XDG_CACHE_HOME: undefined, NODE_COMPILE_CACHE: undefined, NODE_DISABLE_COMPILE_CACHE: undefined };
  const runs = async (env: NodeJS.ProcessEnv) => {
    const ran = await headcount(['--version'], { env: { ...unset, ...env } });
    assert.deepEqual(ran, { code: 0, out: `${version}\n`, err: '' });
  };
  const home = join(folder, 'home');
  mkdirSync(home);
  await runs({ HOME: home });
  const kept = join(home, '.cache', 'headcount');
  assert.ok(readdirSync(kept).length > 0);
  // One that others may write to is left alone.
  const shared = join(folder, 'shared');
  mkdirSync(join(shared, 'headcount'), { recursive: true });
  chmodSync(join(shared, 'headcount'), 0o777);
  await runs({ HOME: home, XDG_CACHE_HOME: shared });
  assert.deepEqual(readdirSync(join(shared, 'headcount')), []);
  // A file where the folder should be, no such folder, and none at all.
  await runs({ HOME: join(folder, 'access.log') });
  await runs({ HOME: '/proc/nowhere' });
  await runs({ HOME: '' });
  assert.equal(existsSync('/proc/nowhere'), false);
});
