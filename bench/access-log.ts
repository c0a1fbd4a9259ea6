/**
 * How fast is an access log read? A whole process that reads three million combined lines through the access-log source
 * and the tracker (bench/access-log-child.ts), against goaccess, which parses the same file for its report, in turns.
 * The sessions are checked against a slow and obvious count.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { accessLogFile } from './access-log-file.ts';

const LINES = 3_000_000;
const ROUNDS = 3;
const GAP_SECONDS = 40;

interface Count {
  readonly sessions: number;
  readonly requests: number;
  readonly bytes: number;
}

interface Run {
  readonly seconds: number;
  readonly peakRssBytes: number;
}

export async function bench(): Promise<void> {
  const path = await accessLogFile(LINES);
  const truth = await obviousCount(path);
  const ours: Run[] = [];
  const theirs: Run[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await runHeadcount(path, truth));
    theirs.push(await runGoaccess(path));
  }
  const own = best(ours);
  const other = best(theirs);
  say(`access log: ${LINES.toLocaleString('en')} combined lines, best of ${ROUNDS} runs, in turns`);
  say(`  headcount  ${line(own)}, ${truth.sessions.toLocaleString('en')} sessions as counted otherwise`);
  say(`  goaccess   ${line(other)}`);
  say(`  ratio      ${(other.seconds / own.seconds).toFixed(1)} times as fast`);
}

function best(runs: readonly Run[]): Run {
  return runs.reduce((a, b) => (a.seconds <= b.seconds ? a : b));
}

function line({ seconds, peakRssBytes }: Run): string {
  const rate = LINES / seconds / 1e6;
  return `${seconds.toFixed(2)} s, ${rate.toFixed(2)} million lines/s, ${Math.round(peakRssBytes / 1e6)} MB at most`;
}

async function runHeadcount(path: string, truth: Count): Promise<Run> {
  const child = fileURLToPath(new URL('access-log-child.ts', import.meta.url));
  const { output, ...run } = await timed(process.execPath, [child, path]);
  const { lines, sessions, requests, bytes } = JSON.parse(output) as Count & { lines: number };
  if (lines !== LINES || JSON.stringify({ sessions, requests, bytes }) !== JSON.stringify(truth)) {
    throw new Error(`counted ${output.trim()} instead of ${JSON.stringify(truth)}`);
  }
  return run;
}

/** A full parse with its report as JSON, without looking up names and without a terminal. */
async function runGoaccess(path: string): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-goaccess-'));
  const report = join(folder, 'report.json');
  const args = [path, '--log-format=COMBINED', '--no-global-config', '--no-progress', '--no-term-resolver'];
  try {
    const { output, ...run } = await timed('goaccess', [...args, `--output=${report}`]);
    const read = JSON.parse(readFileSync(report, 'utf8')) as { general: { total_requests: number } };
    if (read.general.total_requests !== LINES)
      throw new Error(`goaccess read ${read.general.total_requests}: ${output}`);
    return run;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs a program to its end; its memory is looked at twenty times a second. */
async function timed(program: string, args: readonly string[]): Promise<Run & { readonly output: string }> {
  const startedAt = performance.now();
  const env = { ...process.env, TZ: 'UTC', LANG: 'C.UTF-8' };
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  let peakRssBytes = 0;
  const timer = setInterval(() => {
    peakRssBytes = Math.max(peakRssBytes, peakOf(child.pid));
  }, 50);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(timer);
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
  return { seconds: (performance.now() - startedAt) / 1000, peakRssBytes, output: Buffer.concat(chunks).toString() };
}

/** The most memory that a process has taken so far, from Linux; 0 if it cannot be told. */
function peakOf(pid: number | undefined): number {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Regular expressions, one text a line, all times kept: nobody would do it like this. Counted once a file. */
async function obviousCount(path: string): Promise<Count> {
  const kept = `${path}.count.json`;
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8')) as Count;
  const pattern =
    /^(\S+) - - \[([^\]]+)\] "GET \/hls\/(\w+)\/\S+\.(?:m3u8|ts)(?:\?\S*)? HTTP\/\d\.\d" (\d+) (\d+) "[^"]*" "([^"]*)"$/;
  const times = new Map<string, number[]>();
  let requests = 0;
  let bytes = 0;
  for await (const text of createInterface({ input: createReadStream(path) })) {
    const match = pattern.exec(text);
    if (match === null || !['200', '206', '304'].includes(match[4]!)) continue;
    const [, address, time, stream, , sent, agent] = match;
    const [, day, month, rest] = /^(\d+)\/(\w+)\/(.*)$/.exec(time!)!;
    const at = Date.parse(`${day} ${month} ${rest!.replace(':', ' ')}`) / 1000;
    const key = `${address} ${stream} ${agent}`;
    const own = times.get(key);
    if (own === undefined) times.set(key, [at]);
    else own.push(at);
    requests++;
    bytes += Number(sent);
  }
  let sessions = 0;
  for (const all of times.values()) {
    all.sort((a, b) => a - b);
    sessions += all.filter((at, i) => i === 0 || at - all[i - 1]! > GAP_SECONDS).length;
  }
  const count = { sessions, requests, bytes };
  writeFileSync(kept, JSON.stringify(count));
  return count;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bench();
