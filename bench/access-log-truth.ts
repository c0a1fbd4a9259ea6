/**
 * For bench/access-log.ts: what must come out, counted once a file in the slowest and most obvious way: regular
 * expressions, one text a line, all times kept.
 */

import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const GAP_SECONDS = 40;

export interface Count {
  readonly sessions: number;
  readonly requests: number;
  readonly bytes: number;
}

export async function obviousCount(path: string): Promise<Count> {
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
