/** Headcount as a user runs it: its own process, its configuration in a file, its answers over HTTP. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, type LabChild, startChild, until } from '../../lab/child.ts';
import type { SessionPageWire, SessionWire } from '../../src/http/contract.ts';

const BIN = fileURLToPath(new URL('../../bin/headcount.js', import.meta.url));

export interface Installation {
  readonly folder: string;
  /** The data directory. */
  readonly data: string;
  readonly url: string;
  /** Starts it, and does not wait for it. */
  launch(): LabChild;
  /** Starts it; resolves when it answers. */
  start(): Promise<LabChild>;
  /** Writes its configuration anew: YAML without `listen` and `data`, or plain JSON. */
  configure(config: Record<string, unknown>): void;
  /** Asks the API: `/api/v1${path}`. Throws what it answers if that is no success. */
  ask<T>(path: string): Promise<T>;
  /** Every session that there is, bots included. */
  sessions(query?: string): Promise<SessionWire[]>;
  /** Ends all that was started. */
  stopAll(signal: NodeJS.Signals): Promise<void>;
  /** Everything is ended and removed. */
  remove(): Promise<void>;
}

/** `env` is added to our own environment. */
export async function install(config: Record<string, unknown>, env: NodeJS.ProcessEnv = {}): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-e2e-'));
  const data = join(folder, 'data');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const file = join(folder, 'headcount.yaml');
  const children: LabChild[] = [];
  const configure = (settings: Record<string, unknown>) =>
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ listen: `127.0.0.1:${port}`, data, ...settings }));
  configure(config);

  const ask = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${url}/api/v1${path}`);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
  const launch = () => {
    const child = startChild(process.execPath, [BIN, '--config', file], {
      cwd: folder,
      env: { ...process.env, ...env },
    });
    children.push(child);
    return child;
  };
  const stopAll = async (signal: NodeJS.Signals) => {
    for (const child of children) await child.stop(signal);
  };
  return {
    ...{ folder, data, url, configure, ask },
    launch,
    start: async () => {
      const child = launch();
      await child.printed(/serving on/, 30_000);
      return child;
    },
    sessions: async (query = '') => {
      const all: SessionWire[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page: SessionPageWire = await ask(`/sessions?state=all&bot=all&limit=1000${query}${after}`);
        all.push(...page.items);
        cursor = page.nextCursor;
      }
      return all;
    },
    stopAll,
    remove: async () => {
      await stopAll('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until an answer passes a check; fails with what the check said last. */
export async function eventually(what: string, check: () => Promise<void>, timeoutMs = 20_000): Promise<void> {
  let last: unknown = null;
  const passes = async () => {
    try {
      await check();
      return true;
    } catch (error) {
      last = error;
      return false;
    }
  };
  try {
    await until(what, passes, timeoutMs);
  } catch (error) {
    throw last instanceof Error ? new Error(`${what}: ${last.message}`, { cause: last }) : error;
  }
}

/** One command of ours, run to its end; nothing is on its standard input. */
export async function command(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.err += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}
