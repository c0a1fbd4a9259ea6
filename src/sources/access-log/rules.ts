/**
 * What a path means: which stream, which quality, playlist, segment or the whole stream in one answer. Pure, and asked once
 * per distinct path (paths.ts).
 *
 * Names of streams and qualities come out percent-decoded, with the path made plain (`//`, `.`, `..`): a player that
 * writes the same address differently is on the same stream.
 */

import type { Pattern, Role } from './patterns.ts';

export interface Meaning {
  readonly stream: string;
  /** Only playlists tell: a segment says what is fetched, not what was chosen. */
  readonly quality: string | null;
  readonly role: Role;
  /** It lies in one folder with other streams, and only its name tells them apart. */
  readonly isFlat: boolean;
}

/** By file extension, in lower case. Everything else is no audience. */
const ROLES: ReadonlyMap<string, Role> = new Map([
  ...['m3u8', 'mpd'].map((extension) => [extension, 'playlist'] as const),
  ...['ts', 'm4s', 'm4v', 'cmfv', 'cmfa', 'vtt', 'mp4', 'm4a', 'aac', 'mp3'].map(
    (extension) => [extension, 'segment'] as const,
  ),
  ...['ogg', 'oga', 'ogv', 'opus', 'flac', 'webm', 'flv'].map((extension) => [extension, 'progressive'] as const),
]);

/** Segments have these, and streams that come in one answer: the name tells. */
const EITHER: ReadonlySet<string> = new Set(['mp4', 'm4a', 'aac', 'mp3']);

/** Where packagers put their output by default; not a stream. */
const PREFIXES: ReadonlySet<string> = new Set(['hls', 'dash']);

/** Names that packagers give to a playlist whatever its quality: the folder tells, or it is the one that lists all. */
const GENERIC = new Set(['master', 'index', 'playlist', 'manifest', 'chunklist', 'main']);

/** Segments that ffmpeg names so whatever the stream. */
const NAMELESS = /^(?:init(?:-stream\d*)?|chunk-stream\d*(?:-\d+)?)$/;

/** `cam_720p`, and what nginx-rtmp's `hls_variant` and others put behind a name. */
const VARIANT =
  /^(.+?)(?:_(\d{3,4}p\d{0,3}|\d{2,5}k(?:bps)?|low|lo|mid|med|medium|high|hi|sd|hd\d{0,4}|fhd|uhd|src|source|audio)|-(\d{3,4}p\d{0,3}))$/i;

/** No stream is called longer than this: a path that says so was made up by somebody. */
const LONGEST_NAME = 255;

/**
 * The first of `patterns` that fits tells; where none does:
 *
 * - `/STREAM/QUALITY.m3u8`, `/STREAM/….ts`: the first folder is the stream; what follows it is the quality, but for
 *   names that say nothing, such as `master` and `index`.
 * - `/STREAM.m3u8`, `/STREAM_720p.m3u8`, `/STREAM-7.ts`, `/STREAM7.ts`: everything in one folder, as nginx-rtmp and ffmpeg do
 *   by default.
 * - `/live.mp3`, `/radio/live.aac`: a name without a number is the stream itself, called by its whole path, as Icecast does.
 *
 * A leading `/hls` or `/dash` is taken off before. `numbered` are streams whose name itself ends in a digit (`isNumbered`)
 * and whose playlist has been seen: only they can tell that `/cam12.ts` is segment 2 of `cam1`.
 */
export function classify(
  path: string,
  numbered: ReadonlySet<string>,
  patterns: readonly Pattern[] = [],
): Meaning | null {
  const parts = plainParts(path);
  for (const pattern of patterns) {
    const found = pattern.match(parts);
    if (found === null) continue;
    const { role, stream, quality } = found;
    return role === 'none' || !isName(stream) ? null : { stream, quality, role, isFlat: false };
  }
  const meaning = classifyPlain(parts, numbered);
  return meaning !== null && isName(meaning.stream) ? meaning : null;
}

function isName(stream: string): boolean {
  return stream !== '' && stream.length <= LONGEST_NAME;
}

function classifyPlain(parts: readonly string[], numbered: ReadonlySet<string>): Meaning | null {
  const isPrefixed = parts.length > 1 && PREFIXES.has(parts[0]!);
  const own = isPrefixed ? parts.slice(1) : parts;
  const file = own.at(-1);
  if (file === undefined) return null;
  const dot = file.lastIndexOf('.');
  const extension = file.slice(dot + 1).toLowerCase();
  const role = ROLES.get(extension);
  if (dot < 1 || role === undefined) return null;
  const name = file.slice(0, dot);
  const isFlat = own.length === 1;
  const isWhole = role === 'progressive' || (EITHER.has(extension) && isWholeStream(name, isFlat && !isPrefixed));
  if (isWhole) return { stream: `/${parts.join('/')}`, quality: null, role: 'progressive', isFlat: false };
  if (isFlat) return classifyFlat(name, role, extension, numbered);
  const quality = role === 'playlist' && extension !== 'mpd' ? qualityOf(own.slice(1, -1), name) : null;
  return { stream: own[0]!, quality, role, isFlat };
}

/** A segment has a number, or is called so; `alone`, in no folder at all, even a number is part of a name: `/live-128.mp3`. */
function isWholeStream(name: string, alone: boolean): boolean {
  const isSegment = alone ? /^init/i.test(name) : /\d/.test(name) || /init|header|-raw$/i.test(name);
  return !isSegment;
}

function classifyFlat(name: string, role: Role, extension: string, numbered: ReadonlySet<string>): Meaning | null {
  const isPlaylist = role === 'playlist';
  const base = isPlaylist ? name : streamOfSegment(name, numbered);
  if (!isPlaylist && NAMELESS.test(name)) return null;
  const variant = extension === 'mpd' ? null : VARIANT.exec(base);
  const stream = variant?.[1] ?? base;
  const quality = isPlaylist ? (variant?.[2] ?? variant?.[3] ?? null) : null;
  return { stream, quality, role, isFlat: true };
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

function streamOfSegment(segment: string, numbered: ReadonlySet<string>): string {
  // A part of a segment of low-latency HLS is called after it: `cam-7.part2`, `cam-7.2`. nginx-rtmp's DASH: `cam-init`.
  const name = segment.replace(/(?:[._-]?part[._-]?\d+|\.\d+|-(?:init|raw))$/i, '');
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
