/**
 * From a `<proxyConfig>` to a configuration of ours. Every user may sign in to Headcount as well as ask the facade, and
 * sees the same streams in both (docs/rights.md).
 */

import type { ProxyConfig, ProxyStream, ProxyUser, StreamType } from './proxy-config.ts';

type Json = Record<string, unknown>;

export interface Converted {
  /** Whose configuration it was. */
  readonly origin: string;
  /** As it would be written in headcount.yaml. */
  readonly document: Json;
  /** What somebody should know of it, in sentences. */
  readonly notes: readonly string[];
  /** Lines of the original: of `sources[0]`, `facades[0].streams[1]`, and so on; the longest that fits. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** A source that may not be asked more often, nor be left alone for longer (transports/poll/poll-options.ts). */
const LEAST_EVERY = 1;
const MOST_EVERY = 300;

interface Source {
  readonly line: number;
  readonly name: string;
  /** Null: somebody has to say where its log is. */
  readonly document: Json | null;
}

export function toHeadcount(proxy: ProxyConfig): Converted {
  const notes = [...proxy.notes];
  const every = Math.min(Math.max(proxy.caching, LEAST_EVERY), MOST_EVERY);
  if (every !== proxy.caching) notes.push(`caching of ${proxy.caching} seconds has become ${every}.`);
  const sources = new Map<string, Source>();
  const streams = proxy.streams.map((stream) => named(stream, sources, `${every}s`, notes));
  const { users, groups } = proxy;
  for (const { name } of users.filter(({ password }) => /\$\{\w+\}/.test(password))) {
    notes.push(
      `The password of ${name} looks like a variable in YAML: put it into a file, for secretFile and passwordFile.`,
    );
  }
  const all = [...sources.values()].filter(({ document }) => document !== null);
  /** What a user or a group sees of the streams that a test is true for, as rights write it. */
  const patterns = (test: (stream: ProxyStream) => boolean) => [
    ...new Set(streams.filter((_, i) => test(proxy.streams[i]!)).map(patternOf)),
  ];
  const document = {
    sources: all.map((source) => source.document),
    ...(users.length > 0 ? { users: users.map((user) => accountOf(user, proxy.streams, patterns)) } : {}),
    ...(groups.length > 0
      ? { groups: groups.map(({ name }) => ({ name, streams: patterns(({ access }) => access.includes(name)) })) }
      : {}),
    facades: [facadeOf(proxy, streams)],
  };
  const lists: Readonly<Record<string, readonly { readonly line: number }[]>> = {
    sources: all,
    users,
    groups,
    streams: proxy.streams,
    secrets: users,
  };
  const lineOf = (path: readonly PropertyKey[]) => {
    const [list, number] = path[0] === 'facades' ? path.slice(2) : path;
    return lists[String(list)]?.[Number(number)]?.line ?? proxy.line;
  };
  return { origin: 'CasterStats Proxy', document, notes, lineOf };
}

function facadeOf(proxy: ProxyConfig, streams: readonly Named[]): Json {
  const { port, clearPassword, acceptedAddresses, users } = proxy;
  const isPublic = proxy.streams.some((stream) => stream.public);
  return {
    kind: 'casterstats',
    listen: `0.0.0.0:${port}`,
    caching: '1s',
    ...{ clearPassword, legacySignature: true },
    ...(isPublic ? { publicAddresses: true } : {}),
    ...(acceptedAddresses.length > 0 ? { acceptedAddresses } : {}),
    streams: streams.map((stream, i) => ({ ...stream, ...rightsOf(proxy.streams[i]!, users) })),
    secrets: users.map(({ name, password, groups }) => ({
      ...{ user: name, secret: password },
      ...(groups.length > 0 ? { groups } : {}),
    })),
  };
}

/** What everybody sees is written beside each user, since nobody is in a group of everybody. */
function accountOf(
  { name, password, groups }: ProxyUser,
  streams: readonly ProxyStream[],
  patterns: (test: (stream: ProxyStream) => boolean) => readonly string[],
): Json {
  const isOwn = (stream: ProxyStream) => isForAll(stream) || stream.access.includes(name);
  const seesAll = streams.every((each) => isOwn(each) || groups.some((group) => each.access.includes(group)));
  return {
    ...{ name, password },
    ...(groups.length > 0 ? { groups } : {}),
    // Without groups all is what nobody limits.
    ...(seesAll ? (groups.length > 0 ? { streams: ['*'] } : {}) : { streams: patterns(isOwn) }),
  };
}

function isForAll({ public: isPublic, access }: ProxyStream): boolean {
  return isPublic || access.length === 0;
}

/** All users of the file, where it names none. */
function rightsOf({ public: isPublic, access }: ProxyStream, users: readonly ProxyUser[]): Json {
  return { ...(isPublic ? { public: true } : {}), access: access.length > 0 ? access : users.map(({ name }) => name) };
}

/** A stream of the facade. */
interface Named {
  readonly name: string;
  readonly source: string;
  /** Absent is all of the source. */
  readonly stream?: string;
}

function patternOf({ source, stream = '*' }: Named): string {
  return `${source}/${stream}`;
}

/** Its source is added, unless another stream has it already. */
function named(stream: ProxyStream, sources: Map<string, Source>, every: string, notes: string[]): Named {
  const { name, line, host, port } = stream;
  const { url, mount, note = null } = WHERE[stream.type](stream);
  const server = url ?? `wms ${host}:${port}`;
  const source = sources.get(server)?.name ?? name;
  if (source === name) sources.set(server, { line, name, document: url === null ? null : { url, name, every } });
  if (source === name && url === null) {
    notes.push(
      `${name} is a publishing point of Windows Media, which cannot be asked. Add the log of ${host}: { url: "wms:PATH", name: ${name} }`,
    );
  }
  if (note !== null) notes.push(note);
  return { name, source, ...(mount === null ? {} : { stream: mount }) };
}

interface Watched {
  /** Null: it cannot be asked. */
  readonly url: string | null;
  /** Null: the stream is all of the source. */
  readonly mount: string | null;
  readonly note?: string | null;
}

/** What is watched for a stream of each type. */
const WHERE: Readonly<Record<StreamType, (stream: ProxyStream) => Watched>> = {
  icecast: (stream) => ({ url: `icecast://${loginOf(stream)}`, mount: stream.mount.replace(/^\/?/, '/') }),
  // Version 1 has no user names, and version 2 asks an administrator of any name.
  shoutcast: (stream) => {
    const { name, mount } = stream;
    const isSid = /^\d+$/.test(mount);
    const note = `The mount of ${name} was passed over: SHOUTcast tells its streams apart by number.`;
    return {
      url: `shoutcast://${loginOf({ ...stream, username: '' })}${isSid ? `/${mount}` : ''}`,
      mount: null,
      note: isSid || mount === '' ? null : note,
    };
  },
  wowzamediaserver: (stream) => {
    const parts = stream.mount.split('/').filter((part) => part !== '');
    return { url: `wowza://${loginOf(stream)}/${parts.map(encodeURIComponent).join('/')}`, mount: null };
  },
  // Its log names the point, which is the first part of every path below it.
  windowsmedia: ({ mount }) => ({ url: null, mount: mount.split('/').find((part) => part !== '') ?? '/' }),
};

function loginOf({ host, port, username, password }: ProxyStream): string {
  const peer = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `${encodeURIComponent(username)}:${encodeURIComponent(password)}@${peer}`;
}
