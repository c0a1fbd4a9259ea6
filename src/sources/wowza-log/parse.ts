/**
 * The access log of a Wowza Streaming Engine (or Media Server): pure functions from lines to connections that are over.
 *
 * A line is an event (`x-event`, `x-category`), its columns separated by tabs. Of a client there are `connect`, `play`,
 * `stop`, `destroy` and so on, and at last `disconnect`, with the same `c-client-id`: that one says how long it was and how
 * many bytes, the ones before it which stream. Columns: "About logging in Wowza Streaming Engine".
 */

import { z } from 'zod';
import type { Instant } from '../../core/observation.ts';
import { canonicalIp } from '../../lib/ip.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { type LocalTime, localTime, timeOf } from '../access-log/formats/times.ts';
import { Fault, type Row, type RowFile } from '../row-reader.ts';
import { type Columns, directiveOf, W3cRows } from '../w3c-rows.ts';

/** A connection that is over. Unknown is null. */
export interface Connection extends Row {
  readonly id: string;
  readonly stream: string;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly protocol: string | null;
  readonly bytes: number;
  readonly isPublisher: boolean;
  /** The line itself: what tells it from all others. */
  readonly line: string;
}

const LONGEST_TEXT = 1024;
const LONGEST_S = 366 * 86_400;
/** Clients that are connected and have not gone yet. */
const MOST_CLIENTS = 20_000;

/** As `java.util.TimeZone` shortens them, where it can mean one thing only; hours ahead of UTC. */
const ZONES: Readonly<Record<string, number>> = {
  ...{ UTC: 0, GMT: 0, Z: 0, WET: 0, WEST: 1, BST: 1, CET: 1, CEST: 2, MET: 1, MEST: 2, EET: 2, EEST: 3, MSK: 3 },
  ...{ NST: -3.5, NDT: -2.5, ART: -3, BRT: -3, CLT: -4, AST: -4, ADT: -3, EST: -5, EDT: -4, CST: -6, CDT: -5 },
  ...{ MST: -7, MDT: -6, PST: -8, PDT: -7, AKST: -9, AKDT: -8, HST: -10, SAST: 2, EAT: 3, GST: 4, PKT: 5, ICT: 7 },
  ...{ WIB: 7, SGT: 8, HKT: 8, AWST: 8, JST: 9, KST: 9, ACST: 9.5, ACDT: 10.5, AEST: 10, AEDT: 11, NZST: 12, NZDT: 13 },
};

/** What is known of a client so far. */
interface Known {
  readonly stream: string | null;
  readonly isPublisher: boolean;
  readonly since: Instant | null;
}

const known = z.object({ stream: z.string().nullable(), isPublisher: z.boolean(), since: z.number().nullable() });
const fileState = z.object({
  fields: z.string().nullable(),
  clients: z.array(z.tuple([z.string(), known])).max(MOST_CLIENTS),
});

export interface WowzaFileOptions {
  /** Of times whose zone is not written, or is written as something that may be several. */
  readonly timeZone: string;
  readonly counters: ScopedCounters;
}

export class WowzaFile implements RowFile<Connection> {
  readonly #options: WowzaFileOptions;
  readonly #local: LocalTime;
  #rows: W3cRows;
  /** By `c-client-id`. */
  readonly #clients: Map<string, Known>;

  constructor(options: WowzaFileOptions, state: unknown, head: readonly string[]) {
    this.#options = options;
    this.#local = localTime(options.timeZone);
    const before = fileState.safeParse(state).data;
    this.#rows = new W3cRows(before?.fields ?? null);
    this.#clients = new Map(before?.clients);
    if (this.#rows.header === null) for (const line of head) this.#direct(line);
  }

  get state(): z.output<typeof fileState> {
    return { fields: this.#rows.header, clients: [...this.#clients] };
  }

  parse(text: string): Connection | Fault | null {
    if (this.#direct(text)) return null;
    const columns = this.#rows.read(text);
    if (columns === null) return new Fault('Format');
    const event = columns('x-event');
    const category = columns('x-category');
    // Ids begin anew when the server does.
    if (event === 'server-start') this.#clients.clear();
    const id = columns('c-client-id');
    if (event === null || id === null || id.length > 64) return null;
    const at = this.#timeOf(columns);
    if (at < 0) return new Fault('Time');
    if (category !== 'session') this.#learn(id, event, columns);
    else if (event === 'connect') this.#note(id, { stream: null, isPublisher: false, since: at });
    else if (event === 'disconnect') return this.#disconnect(id, at, columns, text);
    return null;
  }

  #direct(text: string): boolean {
    const directive = directiveOf(text);
    if (directive === null) return false;
    if (directive.name === 'fields' && directive.value.trim() !== '') this.#rows = new W3cRows(directive.value);
    return true;
  }

  /** Of an event of a stream: whose it is, and whether it is sent. */
  #learn(id: string, event: string, columns: Columns): void {
    const stream = streamOf(columns);
    if (stream === null) return;
    const before = this.#clients.get(id);
    const isPublisher = event === 'publish' || event === 'unpublish' || (before?.isPublisher ?? false);
    this.#note(id, { stream, isPublisher, since: before?.since ?? null });
  }

  #note(id: string, client: Known): void {
    this.#clients.delete(id);
    if (this.#clients.size >= MOST_CLIENTS) {
      this.#clients.delete(this.#clients.keys().next().value!);
      this.#options.counters.add('forgottenClients');
    }
    this.#clients.set(id, client);
  }

  #disconnect(id: string, at: Instant, columns: Columns, line: string): Connection | Fault | null {
    const client = this.#clients.get(id);
    this.#clients.delete(id);
    const stream = client?.stream ?? streamOf(columns);
    if (stream === null) {
      this.#options.counters.add('idleConnections');
      return null;
    }
    const bytes = Number(columns('sc-bytes') ?? 0);
    const seconds = Number(columns('x-duration') ?? Number.NaN);
    if (!Number.isSafeInteger(bytes) || bytes < 0 || (Number.isNaN(seconds) && columns('x-duration') !== null)) {
      return new Fault('Numbers');
    }
    if (seconds < 0) this.#options.counters.add('negativeDurations');
    const address = columns('c-ip');
    if (address !== null && address.length > 64) return new Fault('Address');
    // How long it was is said twice: the second time by when it connected.
    const isSaid = seconds >= 0;
    const from = isSaid ? at - Math.round(Math.min(seconds, LONGEST_S) * 1000) : Math.min(client?.since ?? at, at);
    return {
      from,
      to: at,
      id,
      stream,
      address: address === null ? null : (canonicalIp(address) ?? address),
      userAgent: shortened(columns('c-user-agent')),
      protocol: shortened(columns('c-proto')),
      bytes,
      isPublisher: client?.isPublisher ?? false,
      line,
    };
  }

  #timeOf(columns: Columns): Instant {
    const zone = columns('tz');
    const written = `${columns('date')}T${columns('time')}`;
    const hours = zone === null ? undefined : hoursAhead(zone);
    if (zone !== null && hours === undefined) this.#options.counters.add('unknownZones');
    return timeOf(written, hours === undefined ? this.#local : (wallClock) => wallClock - hours * 3_600_000);
  }
}

function hoursAhead(zone: string): number | undefined {
  const [, sign, hours, minutes] = /^(?:GMT|UTC)?([+-])(\d\d?):?(\d\d)?$/.exec(zone) ?? [];
  if (sign === undefined) return Object.hasOwn(ZONES, zone) ? ZONES[zone] : undefined;
  const ahead = Number(hours) + Number(minutes ?? 0) / 60;
  return ahead > 15 ? undefined : sign === '-' ? -ahead : ahead;
}

/** `live/rock`, or `live/studio/rock` of an application instance that has a name of its own. */
function streamOf(columns: Columns): string | null {
  const name = columns('x-sname');
  if (name === null) return null;
  const instance = columns('x-appinst');
  const parts = [columns('x-app'), instance === '_definst_' ? null : instance, name];
  return parts
    .filter((part) => part !== null)
    .join('/')
    .slice(0, LONGEST_TEXT);
}

function shortened(text: string | null): string | null {
  return text === null ? null : text.slice(0, LONGEST_TEXT);
}
