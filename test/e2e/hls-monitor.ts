/**
 * Headcount in the place of the Simple HLS listeners monitor: the whole application, on a log that grows as the test says,
 * and on a clock that the test moves. It is asked in all three ways at once: by file, over HTTP and by what it POSTs.
 */

import { strict as assert } from 'node:assert';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Receiver, startReceiver } from '../../lab/receiver.ts';
import { type App, startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { FACADE_KINDS } from '../../src/facades/index.ts';
import type { SourcesWire } from '../../src/http/contract.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { logTime } from '../../src/sources/access-log/fixture.ts';
import { KINDS } from '../../src/sources/index.ts';
import { createLog } from '../../src/telemetry/log.ts';

export const START = Date.UTC(2026, 10, 21, 12);
const STEP = 100;

export interface ListenerV1 {
  readonly ip_address: string;
  readonly user_agent: string;
  readonly duration: number;
  readonly is_active: boolean;
  readonly quality_level: string | null;
  readonly geo: unknown;
}

export interface ListenerV2 {
  readonly ip_address: string;
  readonly user_agent: string;
  readonly connected_on: number;
  readonly connected_until: number;
  readonly connected_time: number;
  readonly is_active: boolean;
  readonly mount_name: string | null;
  readonly location: unknown;
  readonly type: string;
}

/** listeners.json, parsed. */
export class Listing<Listener extends { readonly ip_address: string }> {
  readonly text: string;
  readonly totals: Readonly<Record<string, number>>;
  readonly #document: Readonly<Record<string, unknown>>;

  constructor(text: string) {
    this.text = text;
    this.#document = JSON.parse(text) as Record<string, unknown>;
    this.totals = this.#document['total_listeners'] as Record<string, number>;
  }

  of(stream: string): readonly Listener[] {
    return this.#document[stream] as Listener[];
  }

  /** The only listener there with this address. */
  one(address: string, stream = 'stream1'): Listener | undefined {
    const all = this.of(stream).filter(({ ip_address }) => ip_address === address);
    assert.ok(all.length <= 1, `${address} is there ${all.length} times`);
    return all[0];
  }
}

export interface Pass {
  readonly v1: Listing<ListenerV1>;
  readonly v2: Listing<ListenerV2>;
}

/** One request as nginx logs it (combined). */
export interface Request {
  readonly ip?: string;
  readonly user?: string;
  /** `21/Nov/2026:12:00:00 +0000`; default: now. */
  readonly time?: string;
  readonly method?: string;
  readonly path?: string;
  readonly http?: string;
  readonly status?: number;
  readonly bytes?: string;
  readonly agent?: string;
}

/** Time stands still until the test moves it. */
class MovedClock implements Clock {
  #at = START;
  readonly #sleepers = new Set<{ readonly until: number; wake(): void }>();

  now = () => this.#at;
  elapsed = () => this.#at - START;

  sleep = (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { until: this.#at + ms, wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', wake);
    });

  /** Moves on, and gives files and sockets the time that they really take. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP) {
      this.#at += Math.min(left, STEP);
      for (const sleeper of [...this.#sleepers]) if (sleeper.until <= this.#at) sleeper.wake();
      await wait(2);
    }
  }
}

export interface MonitorOptions {
  readonly env?: Record<string, string>;
  /** Options of both facades, v1 and v2. */
  readonly facade?: Record<string, unknown>;
  /** Options of the push of v2; its URL is the receiver's. */
  readonly push?: Record<string, unknown>;
  /** Options of the source. */
  readonly source?: Record<string, unknown>;
  /** Where places come from; default: nowhere. */
  readonly geo?: Record<string, unknown>;
  /** What is in the log at first. Null: there is no log. */
  readonly log?: readonly Request[] | null;
}

export class Monitor {
  readonly folder = mkdtempSync(join(tmpdir(), 'headcount-hls-monitor-'));
  readonly log = join(this.folder, 'access.log');
  readonly logged: string[] = [];
  readonly clock = new MovedClock();
  readonly #options: MonitorOptions;
  #receiver: Receiver | null = null;
  #app: App | null = null;
  #lines = 0;

  constructor(options: MonitorOptions = {}) {
    this.#options = options;
  }

  get receiver(): Receiver {
    return this.#receiver!;
  }

  file(format: 'v1' | 'v2'): string {
    return join(this.folder, `${format}.json`);
  }

  async start(): Promise<void> {
    this.#receiver ??= await startReceiver();
    if (this.#options.log !== null && this.#app === null) this.write(...(this.#options.log ?? []));
    const { facade = {}, push = {}, source = {}, geo = { enabled: false }, env = {} } = this.#options;
    const secret = (name: string) => join(this.folder, name);
    const pushed = {
      ...{ url: `${this.#receiver.url}/hls_stat`, retries: 0 },
      ...{ usernameFile: secret('api_username'), passwordFile: secret('api_password') },
      ...push,
    };
    const config = join(this.folder, 'headcount.yaml');
    const both = { kind: 'hls-listeners', ...facade };
    const written = {
      listen: '127.0.0.1:0',
      data: join(this.folder, 'data'),
      geo,
      sources: [{ url: `log:${this.log}`, name: 'log', ...source }],
      facades: [
        { ...both, format: 'v2', file: this.file('v2'), push: pushed },
        { ...both, format: 'v1', file: this.file('v1'), path: '/v1.json' },
      ],
    };
    // JSON is YAML.
    writeFileSync(config, JSON.stringify(written));
    const { clock } = this;
    this.#app = await startApp({
      config: loadConfig({ kinds: KINDS, facades: FACADE_KINDS, file: config, env }),
      log: createLog({ level: 'info', write: (text) => this.logged.push(text), now: () => new Date(clock.now()) }),
      ...{ clock, random: () => 0.5, isDemo: false },
      onFatal: (error) => {
        throw error;
      },
    });
  }

  async stop(): Promise<void> {
    await this.#app?.close();
    await this.#receiver?.stop();
    rmSync(this.folder, { recursive: true });
  }

  /** Appends requests to the log. */
  write(...requests: readonly Request[]): void {
    this.writeText(requests.map((request) => lineOf(request, this.clock.now())).join(''), requests.length);
  }

  /** Appends bytes, which hold so many lines. */
  writeText(text: string | Uint8Array, lines: number): void {
    this.#lines += lines;
    appendFileSync(this.log, text);
  }

  /** Appends requests, and lets them be read. */
  async say(...requests: readonly Request[]): Promise<void> {
    this.write(...requests);
    await this.read();
  }

  /** Every line has been read, and what it says is in the audience. */
  async read(): Promise<void> {
    const isRead = async () => {
      const { items } = JSON.parse(await this.ask('/api/v1/sources')) as SourcesWire;
      return (items[0]!.counters['lines'] ?? 0) >= this.#lines;
    };
    for (let tries = 0; !(await isRead()); tries++) {
      assert.ok(tries < 500, 'the lines are not read');
      await this.#step();
      await wait(10);
    }
    for (let i = 0; i < 5; i++) await this.#step();
  }

  async ask(path: string): Promise<string> {
    const response = await fetch(new URL(path, this.#app!.url));
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return text;
  }

  /** Time goes on to the next pass; what it says is the same in all three ways. */
  async nextPass(): Promise<Pass> {
    const before = (['v1', 'v2'] as const).map((format) => [format, this.#inode(format)] as const);
    for (let steps = 0; before.some(([format, inode]) => this.#inode(format) === inode); steps++) {
      assert.ok(steps < 40_000, 'there is no next pass');
      await this.#step();
    }
    const [v1, v2] = [readFileSync(this.file('v1'), 'utf8'), readFileSync(this.file('v2'), 'utf8')];
    assert.equal(await this.ask('/v1.json'), v1);
    assert.equal(await this.ask('/listeners.json'), v2);
    return { v1: new Listing(v1), v2: new Listing(v2) };
  }

  /** Time stands still while a file is being written, however slow the disk is. */
  async #step(): Promise<void> {
    const isWriting = (['v1', 'v2'] as const).some((format) => existsSync(`${this.file(format)}.partial`));
    if (isWriting) await wait(2);
    else await this.clock.pass(STEP);
  }

  /** A file that is replaced is another file. */
  #inode(format: 'v1' | 'v2'): number | null {
    return statSync(this.file(format), { throwIfNoEntry: false })?.ino ?? null;
  }
}

export function lineOf(request: Request, now: number): string {
  const { ip = '192.0.2.1', user = '-', time = logTime(now), method = 'GET', path = '/stream1/x.m3u8' } = request;
  const { http = 'HTTP/1.1', status = 200, bytes = '123', agent = 'VLC/3' } = request;
  return `${ip} - ${user} [${time}] "${method} ${path} ${http}" ${status} ${bytes} "-" "${agent}"\n`;
}
