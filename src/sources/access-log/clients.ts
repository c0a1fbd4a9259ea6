/**
 * Who asked: one `ClientFacts` object per distinct client of a log. It is made at first sight, and found again from the
 * bytes of the line alone. When there are too many clients all are forgotten: the next line of each makes new facts, which
 * enrichment knows to be the same client.
 *
 * The address is that of the line, or behind a proxy that is trusted the one that it names; see forwarded.ts. A playback
 * id is looked for in CMCD, in the query and in cookies; see declared.ts.
 */

import type { ClientFacts } from '../../core/observation.ts';
import { type AddressMatcher, parseCidrs } from '../../lib/cidr.ts';
import { clientBehind } from '../../lib/forwarded.ts';
import { type Cidr, canonicalIp } from '../../lib/ip.ts';
import { ByteTable, doubled } from './byte-table.ts';
import type { Cmcd } from './cmcd.ts';
import { Declared, type DeclaredOptions } from './declared.ts';
import { HAS, type Line } from './line.ts';
import { PairTable } from './pair-table.ts';
import { textOf } from './text.ts';

/** Of each: clients, addresses, user agents, users and playback ids. */
const MAX_CLIENTS = 500_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** Longer ones are cut: no player has them. */
const LONGEST_AGENT = 4096;
const LONGEST_USER = 255;
/** A chain of proxies: what is in front of its last bytes was said by whoever asked. */
const LONGEST_CHAIN = 1024;

const DASH = 0x2d;

/** What makes a line more than an address and a user agent. */
const EXTRAS = HAS.cookie | HAS.playback | HAS.cmcd | HAS.publish;

/** Numbers for texts, and the texts. */
interface Texts {
  readonly table: ByteTable;
  readonly texts: string[];
}

export interface ClientsOptions extends DeclaredOptions {
  /** Who may say for whom it asks. */
  readonly trustedProxies: readonly Cidr[];
  /** Playback ids are the server's, which checks them. */
  readonly isIssued: boolean;
  readonly seed: number;
}

export class Clients {
  /** By number. */
  facts: ClientFacts[] = [];
  /** What the line that `find` was asked for says by CMCD; null if nothing. */
  cmcd: Cmcd | null = null;
  /** If it has a playback id: the number that it would have without one. Else -1. */
  plain = -1;
  /** How many had to be forgotten. */
  forgotten = 0;
  /** How many user agents were cut. */
  cut = 0;
  /** How many chains of proxies named nobody who can be asked. */
  unknownBehindProxy = 0;

  readonly #options: ClientsOptions;
  readonly #declared: Declared;
  readonly #isTrusted: AddressMatcher;
  readonly #addresses: Texts;
  readonly #agents: Texts;
  readonly #users: Texts;
  readonly #chains: Texts;
  readonly #playbacks = new Map<string, number>();
  readonly #playbackTexts: string[] = [];
  readonly #clients: PairTable;
  /** By its number there: its own. */
  #numbers = new Int32Array(1024);
  /** What few lines have: (user, playback id), and the user agent with it. */
  readonly #extras: PairTable;
  readonly #agentsWithExtras: PairTable;
  /** By address: its client without extras that was seen last, or -1; that one's user agent. */
  #lastClient = new Int32Array(1024);
  #lastAgent = new Int32Array(1024);
  #addressesSeen = 0;
  /** By address: 1 if it is a proxy that is trusted. By chain and proxy: the address behind them. */
  #isProxy = new Uint8Array(1024);
  readonly #behind: PairTable;
  readonly #addressBehind: number[] = [];
  /** The address of the line before: a player's playlist and segment often stand side by side. */
  #before = { bytes: null as Uint8Array | null, start: 0, length: 0, address: 0 };

  constructor(options: ClientsOptions) {
    const { seed } = options;
    this.#options = options;
    this.#declared = new Declared(options);
    this.#isTrusted = parseCidrs(options.trustedProxies);
    this.#addresses = { table: new ByteTable(seed), texts: [] };
    this.#agents = { table: new ByteTable(seed), texts: [] };
    this.#users = { table: new ByteTable(seed), texts: [] };
    this.#chains = { table: new ByteTable(seed), texts: [] };
    this.#clients = new PairTable(seed);
    this.#extras = new PairTable(seed);
    this.#agentsWithExtras = new PairTable(seed);
    this.#behind = new PairTable(seed);
  }

  /** The number of the client who wrote this line. It holds until `trim`. */
  find(line: Line): number {
    this.cmcd = null;
    this.plain = -1;
    const address = this.#addressOf(line);
    const hasQuery = this.#declared.isInQueries && line.queryEnd > line.queryStart;
    if (hasQuery || line.userEnd > line.userStart || (line.has & EXTRAS) !== 0)
      return this.#findAmongAll(line, address);
    // Nearly always the address has the user agent that it had in the line before.
    const last = this.#lastClient[address]!;
    const isLast =
      last !== -1 && this.#agents.table.holds(this.#lastAgent[address]!, line.view, line.agentStart, line.agentEnd);
    return isLast ? last : this.#findAmongAll(line, address);
  }

  #findAmongAll(line: Line, address: number): number {
    const agent = this.#agentOf(line);
    const user = line.userEnd > line.userStart ? this.#userOf(line) : -1;
    const playback = this.#playbackOf(line);
    const isPublisher = (line.has & HAS.publish) !== 0;
    // Even numbers are user agents alone.
    const isPlain = user === -1 && playback === -1 && !isPublisher;
    const extra = isPlain ? -1 : this.#extras.find(user * 2 + (isPublisher ? 1 : 0), playback);
    const who = isPlain ? agent * 2 : this.#agentsWithExtras.find(agent, extra) * 2 + 1;
    const client = this.#numberOf(address, who, agent, user, playback, isPublisher);
    if (playback !== -1) this.plain = this.#numberOf(address, agent * 2, agent, -1, -1, false);
    if (isPlain && agent !== -1) {
      this.#lastClient[address] = client;
      this.#lastAgent[address] = agent;
    }
    return client;
  }

  /** Forgets everybody if there are too many: call it where no number is in use. Answers whether it did. */
  trim(): boolean {
    const all = [this.#addresses, this.#agents, this.#users, this.#chains];
    const bytes = all.reduce((sum, { table }) => sum + table.bytes, 0);
    const most = Math.max(this.facts.length, this.#playbacks.size, ...all.map(({ table }) => table.size));
    if (most <= MAX_CLIENTS && bytes <= MAX_BYTES) return false;
    this.forgotten += this.facts.length;
    this.#before.bytes = null;
    this.facts = [];
    this.#addressesSeen = 0;
    for (const each of all) {
      each.table.clear();
      each.texts.length = 0;
    }
    this.#playbacks.clear();
    this.#playbackTexts.length = 0;
    this.#addressBehind.length = 0;
    for (const each of [this.#clients, this.#extras, this.#agentsWithExtras, this.#behind]) each.clear();
    return true;
  }

  #numberOf(address: number, who: number, agent: number, user: number, playback: number, isPublisher: boolean): number {
    const { size } = this.#clients;
    const pair = this.#clients.find(address, who);
    if (pair < size) return this.#numbers[pair]!;
    if (pair >= this.#numbers.length) this.#numbers = doubled(this.#numbers, pair + 1);
    this.#numbers[pair] = this.facts.length;
    this.#add(address, agent, user, playback, isPublisher);
    return this.#numbers[pair]!;
  }

  /** A new client of a line that has nothing but an address and a user agent: `find` may give the same another number. */
  addPlain({ bytes, addressStart, addressEnd, agentStart, agentEnd }: Line): number {
    const userAgent = hasAgent(bytes, agentStart, agentEnd) ? textOf(bytes, agentStart, agentEnd) : null;
    return this.#push(textOf(bytes, addressStart, addressEnd), userAgent, null, null, false);
  }

  #add(address: number, agent: number, user: number, playback: number, isPublisher: boolean): void {
    const id = this.#playbackTexts[playback];
    this.#push(
      this.#addresses.texts[address]!,
      this.#agents.texts[agent] ?? null,
      this.#users.texts[user] ?? null,
      id === undefined ? null : { id, issued: this.#options.isIssued },
      isPublisher,
    );
  }

  #push(
    address: string,
    userAgent: string | null,
    user: string | null,
    playback: ClientFacts['playback'],
    isPublisher: boolean,
  ): number {
    const facts: ClientFacts = {
      address: address === '-' ? null : canonical(address),
      port: null,
      userAgent,
      user,
      device: null,
      connection: null,
      playback,
      isPublisher,
    };
    return this.facts.push(facts) - 1;
  }

  // Addresses

  #addressOf(line: Line): number {
    const address = this.#writtenAddress(line);
    const isForwarded = (line.has & HAS.forwarded) !== 0 && this.#isProxy[address] === 1;
    return isForwarded ? this.#addressBehindProxy(line, address) : address;
  }

  #writtenAddress({ block, bytes, view, addressStart, addressEnd }: Line): number {
    // What a format has made of a line is gone with the next one: only in a block the line before still stands.
    if (bytes !== block) return this.#numberAddress(view, bytes, addressStart, addressEnd);
    const before = this.#before;
    const length = addressEnd - addressStart;
    if (before.bytes === bytes && before.length === length && isSame(bytes, before.start, addressStart, length)) {
      return before.address;
    }
    const address = this.#numberAddress(view, bytes, addressStart, addressEnd);
    before.bytes = bytes;
    before.start = addressStart;
    before.length = length;
    before.address = address;
    return address;
  }

  #numberAddress(view: DataView, bytes: Uint8Array, start: number, end: number): number {
    const address = this.#addresses.table.find(view, start, end);
    if (address >= this.#addressesSeen) this.#meetAddress(address, textOf(bytes, start, end));
    return address;
  }

  #meetAddress(address: number, text: string): void {
    if (address >= this.#lastClient.length) {
      this.#lastClient = doubled(this.#lastClient, address + 1);
      this.#lastAgent = doubled(this.#lastAgent, address + 1);
      this.#isProxy = doubled(this.#isProxy, address + 1);
    }
    this.#addressesSeen = address + 1;
    this.#lastClient[address] = -1;
    this.#addresses.texts[address] = text;
    this.#isProxy[address] = this.#isTrusted(text) ? 1 : 0;
  }

  #addressBehindProxy(line: Line, proxy: number): number {
    const { forwardedEnd: end } = line;
    const start = Math.max(line.forwardedStart, end - LONGEST_CHAIN);
    const chain = numberOf(this.#chains, line, start, end);
    const pair = this.#behind.find(chain, proxy);
    const known = this.#addressBehind[pair];
    if (known !== undefined) return known;
    const found = clientBehind(this.#chains.texts[chain]!, this.#isTrusted);
    if (found === null) this.unknownBehindProxy++;
    const address = found === null ? proxy : this.#numberText(found);
    this.#addressBehind[pair] = address;
    return address;
  }

  #numberText(text: string): number {
    const bytes = new TextEncoder().encode(`${text}\0\0\0`);
    return this.#numberAddress(new DataView(bytes.buffer, bytes.byteOffset), bytes, 0, bytes.length - 3);
  }

  // The rest

  /** -1 if the line has no user agent, or an empty one. */
  #agentOf(line: Line): number {
    const { agentStart: start, agentEnd } = line;
    if (!hasAgent(line.bytes, start, agentEnd)) return -1;
    const end = Math.min(agentEnd, start + LONGEST_AGENT);
    if (end < agentEnd) this.cut++;
    return numberOf(this.#agents, line, start, end);
  }

  #userOf(line: Line): number {
    return numberOf(this.#users, line, line.userStart, Math.min(line.userEnd, line.userStart + LONGEST_USER));
  }

  /** -1 if there is none. */
  #playbackOf(line: Line): number {
    const id = this.#declared.find(line);
    this.cmcd = this.#declared.cmcd;
    if (id === null) return -1;
    let number = this.#playbacks.get(id);
    if (number === undefined) {
      number = this.#playbackTexts.push(id) - 1;
      this.#playbacks.set(id, number);
    }
    return number;
  }
}

function hasAgent(bytes: Uint8Array, start: number, end: number): boolean {
  return end > start && !(end === start + 1 && bytes[start] === DASH);
}

/** There is one way to write an IPv4 address; what is no address at all stays as it is. */
function canonical(address: string): string {
  return address.includes(':') ? (canonicalIp(address) ?? address) : address;
}

function isSame(bytes: Uint8Array, a: number, b: number, length: number): boolean {
  // The last bytes differ first.
  for (let i = length - 1; i >= 0; i--) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}

function numberOf({ table, texts }: Texts, line: Line, start: number, end: number): number {
  const number = table.find(line.view, start, end);
  if (number === texts.length) texts.push(textOf(line.bytes, start, end));
  return number;
}
