/**
 * What a path means: which stream, which quality, playlist or segment. Pure, and asked once per distinct path (paths.ts).
 *
 * Names of streams and qualities come out percent-decoded, with the path made plain (`//`, `.`, `..`): a player that
 * writes the same address differently is on the same stream.
 */

export type Role = 'playlist' | 'segment';

export interface Meaning {
  readonly stream: string;
  /** Only playlists tell: a segment says what is fetched, not what was chosen. */
  readonly quality: string | null;
  readonly role: Role;
  /** It lies in one folder with other streams, and only its name tells them apart. */
  readonly isFlat: boolean;
}

/** By file extension, in lower case. Everything else is no audience. */
export const ROLES: ReadonlyMap<string, Role> = new Map([
  ['m3u8', 'playlist'],
  ['ts', 'segment'],
]);

/** Where a packager puts its output by default; not a stream. */
const PREFIX = 'hls';

/** Names that packagers give to a playlist whatever its quality: the folder tells, or it is the one that lists all. */
const GENERIC = new Set(['master', 'index', 'playlist', 'manifest', 'chunklist', 'main']);

/** No stream is called longer than this: a path that says so was made up by somebody. */
const LONGEST_NAME = 255;

/**
 * - `/STREAM/QUALITY.m3u8`, `/STREAM/….ts`: the first folder is the stream; what follows it is the quality, but for
 *   names that say nothing, such as `master` and `index`.
 * - `/STREAM.m3u8`, `/STREAM-7.ts`, `/STREAM7.ts`: everything in one folder, as nginx-rtmp and ffmpeg do by default.
 *
 * A leading `/hls` is taken off before. `numbered` are streams whose name itself ends in a digit (`isNumbered`) and
 * whose playlist has been seen: only they can tell that `/cam12.ts` is segment 2 of `cam1`.
 */
export function classify(path: string, numbered: ReadonlySet<string>): Meaning | null {
  const parts = plainParts(path);
  if (parts.length > 1 && parts[0] === PREFIX) parts.shift();
  const file = parts.at(-1);
  if (file === undefined) return null;
  const dot = file.lastIndexOf('.');
  const role = ROLES.get(file.slice(dot + 1).toLowerCase());
  if (dot < 1 || role === undefined) return null;
  const name = file.slice(0, dot);

  let stream: string;
  let quality: string | null = null;
  const isFlat = parts.length === 1;
  if (!isFlat) {
    stream = parts[0]!;
    if (role === 'playlist') quality = qualityOf(parts.slice(1, -1), name);
  } else {
    stream = role === 'playlist' ? name : streamOfSegment(name, numbered);
  }
  if (stream === '' || stream.length > LONGEST_NAME) return null;
  return { stream, quality, role, isFlat };
}

/** The folders and the name; null of a playlist that only lists the others. */
function qualityOf(folders: readonly string[], name: string): string | null {
  const parts = GENERIC.has(name.toLowerCase()) ? folders : [...folders, name];
  return parts.length === 0 ? null : parts.join('/');
}

/** Would `streamOfSegment` take the end of this stream's name for the number of a segment? */
export function isNumbered({ stream, role, isFlat }: Meaning): boolean {
  return role === 'playlist' && isFlat && streamOfSegment(`${stream}0`, new Set()) !== stream;
}

function streamOfSegment(name: string, numbered: ReadonlySet<string>): string {
  // The longest known stream wins: of `cam` and `cam1`, ffmpeg's `cam12.ts` can only be told from the latter's.
  for (let end = name.length - 1; end > 0 && isDigit(name, end); end--) {
    const known = name.slice(0, end).replace(/[-_]$/, '');
    if (numbered.has(name.slice(0, end))) return name.slice(0, end);
    if (numbered.has(known)) return known;
  }
  return name.replace(/[-_]?\d+$/, '');
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

/** The parts of a path as the server resolves it: RFC 3986 §5.2.4, doubled slashes merged, `;parameters` dropped. */
function plainParts(path: string): string[] {
  // A proxy may be asked for a whole address (RFC 9112 §3.2.2).
  const local = path.replace(/^https?:\/\/[^/]*/i, '');
  const parts: string[] = [];
  for (const part of decoded(local).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const file = parts.pop();
  if (file !== undefined) parts.push(file.split(';', 1)[0]!);
  return parts;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
