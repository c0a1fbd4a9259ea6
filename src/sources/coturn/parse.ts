/**
 * What `ps` of coturn's command line prints (coturn 4.6.1): every allocation as a block of lines, then how many there are.
 * Times are whole seconds ago and to come; `usage` counts everything on the client's side since the beginning.
 */

import {
  clientFacts,
  type Details,
  type DetailValue,
  type Instant,
  type Milliseconds,
  type Presence,
  presence,
} from '../../core/observation.ts';
import { endpointOf } from '../coturn-log/parse.ts';
import { userOf } from '../turn/allocation.ts';
import { formatEndpoint } from '../turn/stun.ts';

/** The counters of one allocation, since it began. */
export interface Totals {
  readonly up: { readonly packets: number; readonly bytes: number };
  readonly down: { readonly packets: number; readonly bytes: number };
}

export interface Printed {
  readonly allocations: readonly Presence[];
  /** By connection. */
  readonly totals: ReadonlyMap<string, Totals>;
  /** By connection, as reckoned from "so long ago". */
  readonly begins: ReadonlyMap<string, Instant>;
  /** Blocks that cannot be read. */
  readonly unreadable: number;
  /** How many the server counts, and did not print. */
  readonly notPrinted: number;
}

export interface Asked {
  /** Of allocations without a realm. */
  readonly stream: string;
  readonly at: Instant;
  /**
   * When the next answer is there at the latest: an allocation that is in both was there in between, also if it was about
   * to run out and has been refreshed since.
   */
  readonly nextWithin: Milliseconds;
}

const MOST_PEERS = 256;
const LONGEST_TEXT = 763;
const HEAD = /^\s*\d{1,9}\) id=(\d{18}), user <(.*)>:\s*$/;
const TOTAL = /^\s*Total sessions: (\d{1,9})\s*$/;
/** What an answer ends with, but for a warning if not all were printed. */
export const LAST_LINE = /(?:^|\n)\s*Total sessions: \d{1,9}\s*\n/;
const USAGE = /^rp=(\d{1,15}), rb=(\d{1,15}), sp=(\d{1,15}), sb=(\d{1,15})$/;

export function parseSessions(text: string, asked: Asked): Printed {
  const allocations: Presence[] = [];
  const totals = new Map<string, Totals>();
  const begins = new Map<string, Instant>();
  let over = 0;
  let unreadable = 0;
  let total = 0;
  let block: { id: string; user: string; lines: string[] } | null = null;
  const finish = () => {
    if (block === null) return;
    const read = readBlock(block, asked);
    // Run out, or given back: coturn forgets it a second or two later.
    if (block.lines.includes('expired')) over++;
    else if (read === null || totals.has(read.presence.client.connection!)) unreadable++;
    else {
      const { connection } = read.presence.client;
      allocations.push(read.presence);
      totals.set(connection!, read.totals);
      begins.set(connection!, read.begunAt);
    }
    block = null;
  };
  for (const line of text.split(/\r?\n/)) {
    const head = HEAD.exec(line);
    const count = TOTAL.exec(line);
    if (head !== null || count !== null) finish();
    if (head !== null) block = { id: head[1]!, user: head[2]!, lines: [] };
    else if (count !== null) total = Number(count[1]);
    else block?.lines.push(line.trim());
  }
  finish();
  const notPrinted = Math.max(0, total - allocations.length - over - unreadable);
  return { allocations, totals, begins, unreadable, notPrinted };
}

function readBlock(
  { id, user, lines }: { id: string; user: string; lines: string[] },
  { stream, at, nextWithin }: Asked,
) {
  const text = lines.join('\n');
  const value = (pattern: RegExp) => pattern.exec(text)?.[1] ?? null;
  const started = value(/^started (\d{1,10}) secs ago$/m);
  const expiring = value(/^expiring in (\d{1,10}) secs$/m);
  const client = endpointOf(value(/^client addr (\S{1,64}), server addr /m) ?? '');
  const usage = USAGE.exec(value(/^usage: (.*)$/m) ?? '');
  if (started === null || client === null || usage === null) return null;
  const [rp, rb, sp, sb] = usage.slice(1).map(Number) as [number, number, number, number];
  const realm =
    value(/^realm: (.*)$/m)
      ?.trim()
      .slice(0, LONGEST_TEXT) || null;
  const name = user.slice(0, LONGEST_TEXT);
  // Ids come again once the server has started anew.
  const connection = `${id} ${formatEndpoint(client)}`;
  return {
    presence: presence({
      stream: realm ?? stream,
      client: clientFacts({ ...client, user: userOf(name === '' ? null : name), connection }),
      from: at,
      // Between two answers it is kept by the roster, and by nothing else once the server does not answer.
      until: at + Math.max(Number(expiring ?? 600) * 1000, nextWithin),
      details: detailsOf(lines, realm, value),
    }),
    totals: { up: { packets: rp, bytes: rb }, down: { packets: sp, bytes: sb } },
    begunAt: at - Number(started) * 1000,
  };
}

function detailsOf(lines: readonly string[], realm: string | null, value: (pattern: RegExp) => string | null): Details {
  const peersAt = lines.indexOf('peers:');
  const peers = peersAt === -1 ? [] : lines.slice(peersAt + 1).filter((line) => endpointOf(line) !== null);
  const server = endpointOf(value(/^client addr \S{1,64}, server addr (\S{1,64})$/m) ?? '');
  const relayed = endpointOf(value(/^relay addr (\S{1,64})$/m) ?? '');
  const details: Record<string, DetailValue> = { peers: Math.min(peers.length, MOST_PEERS) };
  const transport = value(/^client protocol (\w{1,10}), relay protocol/m);
  if (transport !== null) details['transport'] = transport.toLowerCase();
  if (realm !== null) details['realm'] = realm;
  if (server !== null) details['server'] = formatEndpoint(server);
  if (relayed !== null) details['relayed'] = formatEndpoint(relayed);
  return details;
}
