/**
 * Rules of the configuration: what a path means where the default rules (rules.ts) do not know.
 *
 *     { path: '/live/{stream}/{quality}/**', role: segment }
 *
 * `{stream}` and `{quality}` are one folder or a part of a name; `*` is anything within a folder; `**` is any number of
 * folders. Of several ways in which a path fits, wildcards are as short as they can be. Matching takes time in proportion
 * to the path, whatever somebody asks for.
 */

const WILDCARD = /\*\*|\*|\{\w*\}?/g;

/** `progressive`: the stream itself, in one answer as long as somebody listens. */
export type Role = 'playlist' | 'segment' | 'progressive';

/** As it is written; options.ts has seen to it that it can be compiled. */
export interface PatternOption {
  readonly path: string;
  readonly role: Role | 'none';
  readonly stream?: string | undefined;
  readonly quality?: string | undefined;
}

export interface Found {
  readonly role: Role | 'none';
  readonly stream: string;
  readonly quality: string | null;
}

export interface Pattern {
  /** Of a path that has been made plain and decoded, by its folders; null if it does not fit. */
  match(folders: readonly string[]): Found | null;
}

/** Text, or a wildcard: `*`, `stream`, `quality`. */
type Part = { readonly text: string } | { readonly wild: string };
/** Null is `**`. */
type Folder = readonly Part[] | null;
type Captures = Map<string, string>;

export function compilePattern({ path, role, stream, quality }: PatternOption): Pattern {
  const folders = path.slice(1).split('/').map(folderOf);
  return {
    match: (given) => {
      const captures = matchFolders(folders, given);
      if (captures === null) return null;
      return {
        role,
        stream: stream ?? captures.get('stream') ?? '',
        quality: quality ?? captures.get('quality') ?? null,
      };
    },
  };
}

function folderOf(text: string): Folder {
  if (text === '**') return null;
  const parts: Part[] = [];
  let at = 0;
  for (const match of text.matchAll(WILDCARD)) {
    if (match.index > at) parts.push({ text: text.slice(at, match.index) });
    parts.push({ wild: match[0] === '*' ? '*' : match[0].slice(1, -1) });
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}

/** Goes back to the last `**` only: what fits before it cannot fit better. */
function matchFolders(pattern: readonly Folder[], given: readonly string[]): Captures | null {
  let captures: Captures = new Map();
  let back = { pattern: -1, given: 0, captures };
  let p = 0;
  let g = 0;
  while (g < given.length || p < pattern.length) {
    if (p < pattern.length && pattern[p] === null) {
      back = { pattern: p, given: g, captures: new Map(captures) };
      p++;
      continue;
    }
    if (p < pattern.length && g < given.length && matchFolder(pattern[p]!, given[g]!, captures)) {
      p++;
      g++;
      continue;
    }
    // `**` takes one folder more.
    if (back.pattern === -1 || back.given >= given.length) return null;
    back.given++;
    captures = new Map(back.captures);
    g = back.given;
    p = back.pattern + 1;
  }
  return captures;
}

function matchFolder(parts: readonly Part[], given: string, captures: Captures): boolean {
  let at = 0;
  let open: string | null = null;
  for (const [i, part] of parts.entries()) {
    // What has been captured before must be the same again.
    const known = 'wild' in part ? captures.get(part.wild) : part.text;
    if (known === undefined) {
      open = (part as { wild: string }).wild;
      continue;
    }
    const least = open === null || open === '*' ? at : at + 1;
    const isLast = i === parts.length - 1;
    const found = open === null ? at : isLast ? given.length - known.length : given.indexOf(known, least);
    if (found < least || !given.startsWith(known, found)) return false;
    if (open !== null && open !== '*') captures.set(open, given.slice(at, found));
    open = null;
    at = found + known.length;
  }
  if (open === null) return at === given.length;
  if (open === '*') return true;
  if (at === given.length) return false;
  captures.set(open, given.slice(at));
  return true;
}
