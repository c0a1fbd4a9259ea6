/** A log that is large enough to be read by several threads: what is said of it does not depend on how it is folded. */

import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { randomFrom } from '../enrich/fixture.ts';
import { logTime } from '../sources/access-log/fixture.ts';
import { LEAST_BYTES } from '../sources/access-log/part-threads.ts';

const BIN = fileURLToPath(new URL('../../bin/headcount.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'headcount-large-log-'));
after(() => rmSync(folder, { recursive: true }));

const T0 = Date.UTC(2026, 4, 1);
/** So long that few lines make many bytes. */
const AGENT = (i: number) => `Player/${i} (${'x'.repeat(300)})`;

interface Request {
  readonly second: number;
  readonly address: string;
  readonly agent: string;
  readonly target: string;
}

/** What only the tracker can fold: `ids` of players, a `crowd` of user agents behind one address. */
type Trouble = 'none' | 'ids' | 'crowd';

function* requests(trouble: Trouble): Generator<Request> {
  const random = randomFrom(5);
  const players = Array.from({ length: 400 }, (_, i) => ({
    address: i % 5 === 0 ? `2001:db8:${(i % 7).toString(16)}::${i.toString(16)}` : `192.0.2.${i % 250}`,
    agent: AGENT(i % 40),
    stream: i % 6,
  }));
  for (let i = 0; ; i++) {
    const second = Math.floor(i / 150);
    const player = players[Math.floor(random() * random() * players.length)]!;
    if (random() < 0.001) player.stream = Math.floor(random() * 6);
    const quality = random() < 0.05 ? '360p' : '720p';
    const target = `/hls/channel-${'abcdef'[player.stream]}/${quality}/${second}.ts`;
    const isLate = i > 60_000 && i % 50 === 0;
    if (trouble === 'ids' && isLate) yield { ...player, second, target: `${target}?CMCD=sid%3D%22${i % 30}%22` };
    else if (trouble === 'crowd' && isLate)
      yield { second, address: '198.51.100.7', agent: AGENT(1000 + ((i / 50) % 90)), target };
    else yield { ...player, second, target };
  }
}

/** Also answers how many clients are in it: networks with their user agents. */
function writeLog(trouble: Trouble): { log: string; clients: number } {
  const path = join(folder, `${trouble}.log`);
  const lines: string[] = [];
  const clients = new Set<string>();
  let bytes = 0;
  for (const { second, address, agent, target } of requests(trouble)) {
    const line = `${address} - - [${logTime(T0 + second * 1000)}] "GET ${target} HTTP/1.1" 200 ${second % 977} "-" "${agent}"\n`;
    lines.push(line);
    clients.add(`${address.replace(/::.*/, '')} ${agent}`);
    bytes += line.length;
    if (bytes > LEAST_BYTES + 100_000) break;
  }
  writeFileSync(path, lines.join(''));
  return { log: path, clients: clients.size };
}

interface Said {
  readonly sessions: number;
  readonly uniqueClients: number;
}

async function analyzed(args: readonly string[]): Promise<Said> {
  const ran = await promisify(execFile)(process.execPath, [BIN, 'analyze', '--format', 'json', ...args]);
  return JSON.parse(ran.stdout) as Said;
}

for (const trouble of ['none', 'ids', 'crowd'] as const) {
  test(`with or without every session on its own: ${trouble}`, async () => {
    const { log, clients } = writeLog(trouble);
    const file = join(folder, 'sessions.jsonl');
    const [sums, records, inOne] = await Promise.all([
      analyzed([log]),
      analyzed(['--sessions', file, log]),
      // An exclusion of nobody: the same, by another way through the options.
      analyzed(['--option', 'cmcd=true', '--exclude', '203.0.113.9', log]),
    ]);
    assert.deepEqual(sums, records);
    assert.deepEqual(inOne, records);
    const kept = readFileSync(file, 'utf8').trimEnd().split('\n').length;
    assert.equal(kept, sums.sessions);
    assert.ok(sums.sessions > 400, `${sums.sessions} sessions`);
    // Of a crowd not all are told apart.
    assert.equal(sums.uniqueClients < clients, trouble === 'crowd', `${sums.uniqueClients} of ${clients}`);
  });
}
