/** The formats that are known by name, and how a log's own is found out. */

import { HeadcountError, messageOf } from '../../../lib/errors.ts';
import { BAD, HAS, type Line, type LineFormat, type Verdict } from '../line.ts';
import { CombinedFormat, IcecastFormat, secondsAtEnd } from './combined.ts';
import { HaproxyFormat } from './haproxy.ts';
import { JsonFormat } from './json.ts';
import { short } from './nginx.ts';
import { RsyslogFormat } from './rsyslog.ts';
import { compileTemplate } from './template.ts';
import { type LocalTime, localTime } from './times.ts';
import { W3cFormat } from './w3c.ts';

const COMBINED =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';

/** Distributions' nginx.conf calls it so. */
const MAIN = `${COMBINED} "$http_x_forwarded_for"`;
/** Apache's, on Debian: the virtual host stands before it. */
const VHOST = '%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"';

export interface FormatOptions {
  /** `auto`, a name of `FORMAT_NAMES`, or a `log_format` of nginx or Apache. */
  readonly format: string;
  /** Where times without a zone are from: an IANA name. */
  readonly timeZone: string;
  /** Of HAProxy. */
  readonly captures: readonly string[];
  /** Names of cookies and parameters that a format may name as variables. */
  readonly playback: readonly string[];
}

/** What a format has learned, for a restart: plain JSON. */
export interface FormatMark {
  readonly name: string;
  readonly state: string | null;
}

interface Known {
  readonly name: string;
  create(options: FormatOptions, local: LocalTime, state: string | null): LineFormat;
}

/** In the order in which they are tried. */
const KNOWN: readonly Known[] = [
  { name: 'combined', create: () => new CombinedFormat() },
  { name: 'json', create: (_, local) => new JsonFormat('json', local) },
  { name: 'w3c', create: (_o, _l, state) => new W3cFormat(state) },
  { name: 'haproxy', create: ({ captures }, local) => new HaproxyFormat(local, captures) },
  { name: 'rsyslog', create: () => new RsyslogFormat() },
  { name: 'vhost', create: (_, local) => compileTemplate(VHOST, local) },
  { name: 'icecast', create: () => new IcecastFormat() },
  { name: 'main', create: (_, local) => compileTemplate(MAIN, local) },
];

/** They are the same to us. */
const ALIASES: Readonly<Record<string, string>> = {
  common: 'combined',
  traefik: 'combined',
  nginx: 'combined',
  apache: 'combined',
  caddy: 'json',
  cloudfront: 'w3c',
  iis: 'w3c',
};

export const FORMAT_NAMES: readonly string[] = ['auto', ...KNOWN.map(({ name }) => name), ...Object.keys(ALIASES)];

/** Throws `BAD_LOG_FORMAT`. */
export function createFormat(options: FormatOptions, mark: FormatMark | null): LineFormat {
  const local = zoneOf(options.timeZone);
  const name = ALIASES[options.format] ?? options.format;
  if (name === 'auto') return new AutoFormat(options, local, mark);
  const known = KNOWN.find((each) => each.name === name);
  if (known !== undefined) return known.create(options, local, mark?.name === name ? mark.state : null);
  if (/[$%]/.test(name)) return compileTemplate(name, local, options.playback);
  throw new HeadcountError(
    'BAD_LOG_FORMAT',
    `The log format "${short(name)}" is none that is known: it is one of ${FORMAT_NAMES.join(', ')}, or a log_format with its variables.`,
  );
}

/** What is wrong with a format as it is written, to stand behind its name; null if nothing is. */
export function formatMistake(format: string): string | null {
  try {
    createFormat({ format, timeZone: 'UTC', captures: [], playback: [] }, null);
    return null;
  } catch (error) {
    return messageOf(error)
      .replace(/^The log format ".*?" /s, '')
      .replace(/\.$/, '');
  }
}

export function markOf(format: LineFormat): FormatMark {
  return { name: format.name, state: format.state ?? null };
}

function zoneOf(timeZone: string): LocalTime {
  try {
    return localTime(timeZone);
  } catch {
    throw new HeadcountError(
      'BAD_LOG_FORMAT',
      `There is no time zone "${timeZone.slice(0, 60)}": write it as Europe/London.`,
    );
  }
}

/**
 * Finds out how a log is written, and when that changes: a line that the format in use cannot read is shown to all
 * others, and the first that can read it takes over. So what comes of a line depends on the lines before it alone, not on how
 * they are split into blocks.
 */
class AutoFormat implements LineFormat {
  readonly #candidates: readonly LineFormat[];
  readonly #icecast: LineFormat;
  #current: LineFormat;

  constructor(options: FormatOptions, local: LocalTime, mark: FormatMark | null) {
    const all = KNOWN.filter(({ name }) => name !== 'main').map((each) =>
      each.create(options, local, mark?.name === each.name ? mark.state : null),
    );
    this.#icecast = all.find(({ name }) => name === 'icecast')!;
    this.#candidates = all.filter((each) => each !== this.#icecast);
    this.#current = all.find(({ name }) => name === mark?.name) ?? this.#candidates[0]!;
  }

  get name(): string {
    return this.#current.name;
  }

  get state(): string | null {
    return this.#current.state ?? null;
  }

  read(line: Line): Verdict {
    const verdict = this.#current.read(line);
    if (verdict === BAD) return this.#readOtherwise(line);
    if (this.#current === this.#candidates[0] && isIcecast(line)) {
      this.#current = this.#icecast;
      return this.#icecast.read(line);
    }
    return verdict;
  }

  #readOtherwise(line: Line): Verdict {
    const { fault } = line;
    for (const each of this.#candidates) {
      if (each === this.#current) continue;
      // Whoever could not read it may have made something else of it.
      line.bytes = line.block;
      line.view = line.blockView;
      const verdict = each.read(line);
      if (verdict === BAD) continue;
      this.#current = each;
      return verdict;
    }
    return line.bad(fault);
  }
}

/** What plain connections of Icecast look like: somewhere between 4 kbit/s and 20 Mbit/s, for ten seconds at least. */
const LEAST_RATE = 500;
const GREATEST_RATE = 2_500_000;
const OWN_PAGES = /^\/(?:admin\/|status(?:-json|2)?\.xsl|server_version\.xsl|auth\.xsl)/;
const HLS = /\.(?:m3u8|mpd|ts|m4s)$/i;

/**
 * A number behind the user agent may be anything; that it is how long somebody has listened is told by a page that only
 * Icecast has, or by what came over in so many seconds.
 */
function isIcecast(line: Line): boolean {
  if (line.has !== 0 && (line.has & HAS.publish) === 0) return false;
  const seconds = secondsAtEnd(line);
  if (seconds === -1) return false;
  const isPublished = (line.has & HAS.publish) !== 0;
  if (!line.isGet && !isPublished) return false;
  const path = line.bytes.toString('latin1', line.pathStart, Math.min(line.pathEnd, line.pathStart + 256));
  if (OWN_PAGES.test(path)) return true;
  if (line.status !== 200 || seconds < 10 || HLS.test(path)) return false;
  const rate = line.sent / seconds;
  return rate >= LEAST_RATE && rate <= GREATEST_RATE;
}
