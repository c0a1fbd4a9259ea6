/**
 * Logs of Windows Media Services (4.1, 9 series, 2008): pure functions from lines to renderings. A rendering is what a player
 * has played in one go; a visit is one or more of them (visits.ts).
 *
 * Columns and their units: [MS-WMLOG] 2.2.1; directives of the header: "Log File Header Reference" of Windows Media
 * Services 9. Text has `_` for spaces. The log of multicasts (`WMS_ISAPI_….log`) has the same columns without those of the
 * server.
 */

import { z } from 'zod';
import type { Instant } from '../../core/observation.ts';
import { canonicalIp } from '../../lib/ip.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { type LocalTime, localTime, timeOf } from '../access-log/formats/times.ts';
import { Fault, type Row, type RowFile } from '../row-reader.ts';
import { type Columns, directiveOf, W3cRows } from '../w3c-rows.ts';

/** A rendering. Unknown is null. */
export interface Rendering extends Row {
  readonly stream: string;
  /** What tells visits apart: whatever the server or the player gives. */
  readonly visit: string;
  /** The server has said that this is the visit: how far apart its renderings are does not matter. */
  readonly isSession: boolean;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly user: string | null;
  readonly title: string | null;
  readonly bytes: number;
  readonly protocol: string | null;
  readonly playerVersion: string | null;
  readonly os: string | null;
}

/** Rows that are nobody's listening, as they are counted. */
export type Passed = 'relays' | 'withoutDuration' | 'refusals';

/** What `date` and `time` say: when the row was written, or when its player connected. */
export type TimeMeans = 'end' | 'start';

const LONGEST_TEXT = 1024;
const LONGEST_RENDERING_S = 366 * 86_400;
/** Rows of one second may be written in any order. */
const UNORDERED_MS = 2000;

const COLUMNS_44 =
  'c-ip date time c-dns cs-uri-stem c-starttime x-duration c-rate c-status c-playerid c-playerversion c-playerlanguage cs(User-Agent) cs(Referer) c-hostexe c-hostexever c-os c-osversion c-cpu filelength filesize avgbandwidth protocol transport audiocodec videocodec channelURL sc-bytes c-bytes s-pkts-sent c-pkts-received c-pkts-lost-client c-pkts-lost-net c-pkts-lost-cont-net c-resendreqs c-pkts-recovered-ECC c-pkts-recovered-resent c-buffercount c-totalbuffertime c-quality s-ip s-dns s-totalclients s-cpu-util';
const COLUMNS_52 = `${COLUMNS_44} cs-user-name s-session-id s-content-path cs-url cs-media-name c-max-bandwidth cs-media-role s-proxied`;

/** The columns as the specification orders them, where nothing names them: of a line with 44 or 52. */
export function standardRow(text: string): Columns | null {
  return new W3cRows(COLUMNS_52).read(text) ?? new W3cRows(COLUMNS_44).read(text);
}

/** What is read of a row, with its time; a fault, or why it is nobody's listening. `point`: the publishing point of the log. */
export function renderingOf(
  columns: Columns,
  at: Instant,
  means: TimeMeans,
  point: string | null,
): Rendering | Fault | Passed {
  const agent = textIn(columns, 'cs(user-agent)');
  if (agent !== null && /^(?:Windows[_ ]Media[_ ]Server|WMServer)/i.test(agent)) return 'relays';
  const written = columns('c-ip');
  if (written !== null && written.length > 64) return new Fault('Address');
  const duration = columns('x-duration');
  if (duration === null) return 'withoutDuration';
  if (!/^\d{1,9}(?:\.\d{1,6})?$/.test(duration)) return new Fault('Numbers');
  const bytes = countIn(columns, columns('sc-bytes') === null ? 'c-bytes' : 'sc-bytes');
  if (bytes === null) return new Fault('Numbers');
  const seconds = Math.min(Number(duration), LONGEST_RENDERING_S);
  if (Number(columns('c-status') ?? 200) >= 400 && seconds === 0) return 'refusals';
  const address = written === null || written === '0.0.0.0' ? null : (canonicalIp(written) ?? written);
  const stem = columns('cs-uri-stem') ?? '';
  const session = columns('s-session-id');
  const isSession = session !== null && session !== '0';
  // Less than a second is written as 0: nobody is gone before he has come.
  const length = Math.max(Math.round(seconds * 1000), 1000);
  return {
    from: means === 'end' ? at - length : at,
    to: means === 'end' ? at : at + length,
    stream: point ?? pointOf(stem),
    // Where players are anonymous the end of their id is drawn for each visit: with the address it does for an id.
    visit: isSession ? `s|${session}|${address}` : `p|${address}|${columns('c-playerid')}|${stem}`,
    isSession,
    address,
    userAgent: agent,
    user: textIn(columns, 'cs-user-name'),
    title: textIn(columns, 'cs-media-name'),
    bytes,
    protocol: textIn(columns, 'protocol'),
    playerVersion: textIn(columns, 'c-playerversion'),
    os: textIn(columns, 'c-os'),
  };
}

/** When the row says that it was; -1 if it does not. */
export function rowTime(columns: Columns, local: LocalTime): Instant {
  return timeOf(`${columns('date')}T${columns('time')}`, local);
}

function textIn(columns: Columns, name: string): string | null {
  const text = columns(name)?.replaceAll('_', ' ').trim().slice(0, LONGEST_TEXT) ?? '';
  return text === '' ? null : text;
}

/** 0 if nothing is said, null if it is no count. */
function countIn(columns: Columns, name: string): number | null {
  const text = columns(name) ?? '0';
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** The first part of the path: `/sample/a.wmv`, `mms://radio.example/sample/a.wmv` and `/sample` are all `sample`. */
function pointOf(stem: string): string {
  const path = stem.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '');
  const first = path.split(/[/?]/).find((part) => part !== '') ?? '';
  return unescaped(first).slice(0, LONGEST_TEXT) || '/';
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const fileState = z.object({
  fields: z.string().nullable(),
  /** Minutes that the server's clock is behind UTC; null if the log does not say. */
  bias: z.number().nullable(),
  point: z.string().nullable(),
  means: z.enum(['end', 'start']),
  newest: z.number(),
});

export interface RenderingFileOptions {
  readonly timeZone: string;
  /** Null: it is found out from the order of the rows. */
  readonly means: TimeMeans | null;
  readonly counters: ScopedCounters;
}

/**
 * One log. If nobody says what its times mean: the times of rows are in order, since rows are written when renderings
 * end. As soon as one is not, times are those at which renderings began.
 */
export class RenderingFile implements RowFile<Rendering> {
  readonly #options: RenderingFileOptions;
  readonly #zone: LocalTime;
  #rows = new W3cRows();
  #bias: number | null = null;
  #point: string | null = null;
  #means: TimeMeans;
  /** Of the times as they are written. */
  #newest = 0;

  constructor(options: RenderingFileOptions, state: unknown, head: readonly string[]) {
    this.#options = options;
    this.#zone = localTime(options.timeZone);
    const known = fileState.safeParse(state);
    if (known.success) {
      this.#rows = new W3cRows(known.data.fields);
      this.#bias = known.data.bias;
      this.#point = known.data.point;
      this.#newest = known.data.newest;
    }
    this.#means = options.means ?? (known.success ? known.data.means : this.#lookAt(head));
    // Where reading begins in the middle, the columns were named before it.
    if (this.#rows.header === null) for (const line of head) this.#direct(line);
  }

  get state(): z.output<typeof fileState> {
    return {
      fields: this.#rows.header,
      bias: this.#bias,
      point: this.#point,
      means: this.#means,
      newest: this.#newest,
    };
  }

  parse(text: string): Rendering | Fault | null {
    if (this.#direct(text)) return null;
    const columns = this.#rows.header === null ? standardRow(text) : this.#rows.read(text);
    if (columns === null) return new Fault('Format');
    const at = this.#timeOf(columns);
    if (at < 0) return new Fault('Time');
    this.#see(at);
    const read = renderingOf(columns, at, this.#means, this.#point);
    if (typeof read !== 'string') return read;
    this.#options.counters.add(read);
    return null;
  }

  #timeOf(columns: Columns): Instant {
    return rowTime(columns, (wallClock) =>
      this.#bias === null ? this.#zone(wallClock) : wallClock + this.#bias * 60_000,
    );
  }

  #see(at: Instant): void {
    if (this.#options.means === null && this.#means === 'end' && at < this.#newest - UNORDERED_MS) {
      this.#means = 'start';
      this.#options.counters.add('timesTurned');
    }
    this.#newest = Math.max(this.#newest, at);
  }

  /** What the order of the first rows says. */
  #lookAt(head: readonly string[]): TimeMeans {
    const look = new RenderingFile({ ...this.#options, means: 'end' }, null, []);
    let newest = 0;
    for (const line of head) {
      if (look.#direct(line)) continue;
      const columns = look.#rows.header === null ? standardRow(line) : look.#rows.read(line);
      const at = columns === null ? -1 : look.#timeOf(columns);
      if (at >= 0 && at < newest - UNORDERED_MS) return 'start';
      newest = Math.max(newest, at);
    }
    return 'end';
  }

  /** A line of the header; false if it is none. */
  #direct(text: string): boolean {
    const directive = directiveOf(text);
    if (directive === null) return false;
    const { name, value } = directive;
    if (name === 'fields' && value.trim() !== '') this.#rows = new W3cRows(value);
    if (name === 'timeformat') this.#bias = biasOf(value);
    if (name === 'publishingpoint') this.#point = pointNamed(value);
    return true;
  }
}

/** `UTC`, or `Local(480)`: minutes to add to have UTC, as Windows counts them. */
function biasOf(value: string): number | null {
  if (/^utc\b/i.test(value)) return 0;
  const minutes = Number(/^local\s*\(\s*([+-]?\d{1,4})\s*\)/i.exec(value)?.[1] ?? Number.NaN);
  return Number.isNaN(minutes) || Math.abs(minutes) > 900 ? null : minutes;
}

/** Of a log that is about one point alone. */
function pointNamed(value: string): string | null {
  const name = value
    .trim()
    .replace(/^\/+|\/+$/g, '')
    .slice(0, LONGEST_TEXT);
  return name === '' || name === '-' || name.startsWith('[') ? null : name;
}
