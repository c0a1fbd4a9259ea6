/** The stand-in itself: see spyserver.ts. Its argument is the configuration, which names the socket to obey. */

import { appendFileSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import type { SpyOrder } from './spyserver.ts';
import { type SpyTruth, type SpyVisits, spyVisits } from './spyserver-crowd.ts';

const [config] = process.argv.slice(2);
if (config === undefined) throw new Error('usage: spyserver CONFIG');
const text = readFileSync(config, 'utf8');
const setting = (name: string) => {
  const value = new RegExp(`^${name} = (.*)$`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`${config} does not say ${name}`);
  return value;
};
const control = setting('lab_control');
const truthFile = setting('lab_truth');

/** So many visits, and then a moment for orders, and for others. */
const AT_ONCE = 20;
const MOMENT_MS = 10;
/** No test needs more; a stand-in that nobody stops must not fill the disk. */
const MOST_TRUTHS = 200_000;

const life = process.pid;
let truths = 0;
const tell = (truth: SpyTruth) => {
  if (++truths > MOST_TRUTHS) throw new Error(`more than ${MOST_TRUTHS} lines of truth`);
  appendFileSync(truthFile, `${JSON.stringify(truth)}\n`);
};
/** The line that is being printed. */
let whole = Promise.resolve();
let isEnding = false;
/** Behind the line that is being printed, for what is in the truth has been printed. */
const end = async (code: number, lastWords = '') => {
  isEnding = true;
  await whole;
  await write(lastWords);
  tell({ kind: 'ended', life, at: Date.now() });
  process.exit(code);
};
let isDeaf = false;
process.on('SIGINT', () => {
  if (!isDeaf) void end(0, 'Caught signal 2\nClosing all connections...\nTerminating...\n');
});
// Who reads us is gone.
process.stdout.on('error', () => process.exit(1));

const write = (piece: string | Buffer, where: 'stdout' | 'stderr' = 'stdout') =>
  new Promise<void>((resolve) => process[where].write(piece, () => resolve()));

tell({ kind: 'up', life, at: Date.now() });
await write(`SPY Server v2.0.1700
Copyright (C) 2016-2018 Youssef Touil - https://airspy.com
Reading the configuration file: ${basename(config)}
Listening for connections on 0.0.0.0:5555
`);

async function print(pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    await write(piece);
    await turn();
  }
}

async function serve(visits: SpyVisits): Promise<void> {
  let count = 0;
  for (const { kind, client, id, pieces } of spyVisits(visits)) {
    if (isEnding) return;
    const at = Date.now();
    tell(kind === 'accepted' ? { kind, life, at, client, id } : { kind, life, at, client });
    whole = print(pieces);
    await whole;
    if (++count % AT_ONCE === 0) await pause(MOMENT_MS);
  }
}

const socket = connect(control);
socket.on('error', () => process.exit(1));
socket.on('close', () => process.exit(1));
socket.write(`pid ${process.pid}\n`);

async function obey(order: SpyOrder & { readonly number: number }): Promise<void> {
  if ('exit' in order) await end(order.exit);
  else if ('deaf' in order) isDeaf = order.deaf;
  else if ('visits' in order) await serve(order.visits);
  else await write(order.print, order.where);
  socket.write(`done ${order.number}\n`);
}

for await (const line of createInterface({ input: socket })) {
  const order = JSON.parse(line) as SpyOrder & { number: number };
  // Clients come and go on while other orders are obeyed.
  if ('visits' in order) void obey(order);
  else await obey(order);
}
