/**
 * Child processes of the lab: started with fixed arguments and no shell, watched until they are ready, and ended by
 * process id, together with everything in their group. Whatever a test leaves behind by failing is ended when the
 * test's own process exits.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

export interface LabChild {
  readonly pid: number;
  /** The newest of what it has printed, standard output and standard error together; at most 256 KiB. */
  output(): string;
  /** Resolves when the output matches, rejects when the child ends or the time is up. */
  printed(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** The exit code, or null if a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Asks it to end with `signal`, and makes it end after two seconds. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface LabChildOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Written to its standard input, which is then closed. */
  readonly input?: string;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) endGroup(child, 'SIGKILL');
});

export function startChild(program: string, args: readonly string[], options: LabChildOptions = {}): LabChild {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  running.add(child);
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  let output = '';
  const watchers = new Set<() => void>();
  const take = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-256 * 1024);
    for (const watch of [...watchers]) watch();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);

  const ended = new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      output += String(error);
      running.delete(child);
      resolve(127);
    });
    child.once('close', (code) => {
      running.delete(child);
      resolve(code);
    });
  });

  return {
    pid: child.pid ?? -1,
    output: () => output,
    ended,
    printed: (pattern, timeoutMs = 10_000) =>
      new Promise((resolve, reject) => {
        const done = (settle: () => void) => {
          watchers.delete(watch);
          clearTimeout(timer);
          settle();
        };
        const watch = () => {
          const match = pattern.exec(output);
          if (match !== null) done(() => resolve(match));
        };
        const fail = (why: string) => done(() => reject(new Error(`${program} ${why}; it printed:\n${output}`)));
        const timer = setTimeout(() => fail(`did not print ${pattern} in ${timeoutMs} ms`), timeoutMs);
        watchers.add(watch);
        watch();
        void ended.then((code) => fail(`ended with ${code} before it printed ${pattern}`));
      }),
    stop: async (signal = 'SIGTERM') => {
      if (!running.has(child)) return;
      endGroup(child, signal);
      const timer = setTimeout(() => endGroup(child, 'SIGKILL'), 2000);
      await ended;
      clearTimeout(timer);
    },
  };
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It is gone already.
  }
}

/** A TCP port of the loopback interface that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves as soon as `condition` is true (or answers something), rejects with `what` when the time is up. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  timeoutMs = 10_000,
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== false && value !== null && value !== undefined) return value as Exclude<T, false | null | undefined>;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
