/**
 * Who asked: one `ClientFacts` object per distinct client of a log. It is made at first sight, and found again from the
 * bytes of the line alone. When there are too many clients all are forgotten: the next line of each makes new facts, which
 * enrichment knows to be the same client.
 */

import { type ClientFacts, clientFacts } from '../../core/observation.ts';
import { canonicalIp } from '../../lib/ip.ts';
import { ByteTable, doubled } from './byte-table.ts';
import { PairTable } from './pair-table.ts';
import type { LineScanner } from './parse.ts';
import { parameterOf, textOf } from './text.ts';

/** Of each: clients, addresses, user agents, users and playback ids. */
const MAX_CLIENTS = 200_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** Longer ones are cut: no player has them. */
const LONGEST_AGENT = 4096;
const LONGEST_USER = 255;
const LONGEST_PLAYBACK = 128;

const DASH = 0x2d;

/** Numbers for texts, and the texts. */
interface Texts {
  readonly table: ByteTable;
  readonly texts: string[];
}

export class Clients {
  /** By number. */
  facts: ClientFacts[] = [];
  /** How many had to be forgotten. */
  forgotten = 0;
  /** How many user agents were cut. */
  cut = 0;

  readonly #playbackNames: readonly string[];
  readonly #addresses: Texts;
  readonly #agents: Texts;
  readonly #users: Texts;
  readonly #playbacks: Texts;
  readonly #clients: PairTable;
  /** What few lines have: (user, playback id), and the user agent with it. */
  readonly #extras: PairTable;
  readonly #agentsWithExtras: PairTable;
  /** By address: its client without extras that was seen last, or -1; that one's user agent. */
  #lastClient = new Int32Array(1024);
  #lastAgent = new Int32Array(1024);
  #addressesSeen = 0;

  /** `playbackNames`: the query parameters that hold a playback id, the most telling first. */
  constructor(playbackNames: readonly string[], seed: number) {
    this.#playbackNames = playbackNames;
    this.#addresses = { table: new ByteTable(seed), texts: [] };
    this.#agents = { table: new ByteTable(seed), texts: [] };
    this.#users = { table: new ByteTable(seed), texts: [] };
    this.#playbacks = { table: new ByteTable(seed), texts: [] };
    this.#clients = new PairTable(seed);
    this.#extras = new PairTable(seed);
    this.#agentsWithExtras = new PairTable(seed);
  }

  /** The number of the client who wrote this line. It holds until `trim`. */
  find(line: LineScanner): number {
    const address = this.#addresses.table.find(line.view, line.start, line.addressEnd);
    if (address >= this.#lastClient.length) {
      this.#lastClient = doubled(this.#lastClient, address + 1);
      this.#lastAgent = doubled(this.#lastAgent, address + 1);
    }
    if (address >= this.#addressesSeen) {
      this.#addressesSeen = address + 1;
      this.#lastClient[address] = -1;
    }
    const hasQuery = this.#playbackNames.length > 0 && line.queryEnd > line.queryStart;
    if (hasQuery || line.userEnd > line.userStart) return this.#findAmongAll(line, address, hasQuery);
    // Nearly always the address has the user agent that it had in the line before.
    const last = this.#lastClient[address]!;
    const isLast =
      last !== -1 && this.#agents.table.holds(this.#lastAgent[address]!, line.view, line.agentStart, line.agentEnd);
    return isLast ? last : this.#findAmongAll(line, address, false);
  }

  #findAmongAll(line: LineScanner, address: number, hasQuery: boolean): number {
    const agent = this.#agentOf(line);
    const user = line.userEnd > line.userStart ? this.#userOf(line) : -1;
    const playback = hasQuery ? this.#playbackOf(line) : -1;
    // Even numbers are user agents alone.
    const isPlain = user === -1 && playback === -1;
    const who = isPlain ? agent * 2 : this.#agentsWithExtras.find(agent, this.#extras.find(user, playback)) * 2 + 1;
    const client = this.#clients.find(address, who);
    if (client === this.facts.length) this.#add(line, agent, user, playback);
    if (isPlain && agent !== -1) {
      this.#lastClient[address] = client;
      this.#lastAgent[address] = agent;
    }
    return client;
  }

  /** Forgets everybody if there are too many: call it where no number is in use. */
  trim(): void {
    const all = [this.#addresses, this.#agents, this.#users, this.#playbacks];
    const bytes = all.reduce((sum, { table }) => sum + table.bytes, 0);
    const most = Math.max(this.facts.length, ...all.map(({ table }) => table.size));
    if (most <= MAX_CLIENTS && bytes <= MAX_BYTES) return;
    this.forgotten += this.facts.length;
    this.facts = [];
    this.#addressesSeen = 0;
    for (const each of all) {
      each.table.clear();
      each.texts.length = 0;
    }
    for (const each of [this.#clients, this.#extras, this.#agentsWithExtras]) each.clear();
  }

  #add(line: LineScanner, agent: number, user: number, playback: number): void {
    const id = this.#playbacks.texts[playback];
    const address = textOf(line.bytes, line.start, line.addressEnd);
    this.facts.push(
      clientFacts({
        address: address === '-' ? null : (canonicalIp(address) ?? address),
        userAgent: this.#agents.texts[agent] ?? null,
        user: this.#users.texts[user] ?? null,
        playback: id === undefined ? null : { id, issued: false },
      }),
    );
  }

  /** -1 if the line has no user agent, or an empty one. */
  #agentOf(line: LineScanner): number {
    const { agentStart: start, agentEnd } = line;
    if (agentEnd <= start || (agentEnd === start + 1 && line.bytes[start] === DASH)) return -1;
    const end = Math.min(agentEnd, start + LONGEST_AGENT);
    if (end < agentEnd) this.cut++;
    return numberOf(this.#agents, line, start, end);
  }

  #userOf(line: LineScanner): number {
    return numberOf(this.#users, line, line.userStart, Math.min(line.userEnd, line.userStart + LONGEST_USER));
  }

  /** -1 if none of the parameters is there. */
  #playbackOf(line: LineScanner): number {
    const query = textOf(line.bytes, line.queryStart, line.queryEnd);
    const id = parameterOf(query, this.#playbackNames, LONGEST_PLAYBACK);
    if (id === null) return -1;
    const bytes = new TextEncoder().encode(`${id}\0\0\0`);
    const number = this.#playbacks.table.find(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length - 3);
    this.#playbacks.texts[number] ??= id;
    return number;
  }
}

function numberOf({ table, texts }: Texts, line: LineScanner, start: number, end: number): number {
  const number = table.find(line.view, start, end);
  if (number === texts.length) texts.push(textOf(line.bytes, start, end));
  return number;
}
