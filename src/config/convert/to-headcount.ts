/**
 * From a `<proxyConfig>` to a configuration of ours. Whoever could see everything may sign in to Headcount as well;
 * whoever could not stays a user of the facade alone, since there he sees no more than he did.
 */

import type { ProxyConfig, ProxyStream, ProxyUser, StreamType } from './proxy-config.ts';

type Json = Record<string, unknown>;

export interface Converted {
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
  readonly document: Json;
}

export function toHeadcount(proxy: ProxyConfig): Converted {
  const notes = [...proxy.notes];
  const every = Math.min(Math.max(proxy.caching, LEAST_EVERY), MOST_EVERY);
  if (every !== proxy.caching) notes.push(`caching of ${proxy.caching} seconds has become ${every}.`);
  const sources = new Map<string, Source>();
  const streams = proxy.streams.map((stream) => named(stream, sources, `${every}s`, notes));
  const { users } = proxy;
  const isPublic = proxy.streams.some((stream) => stream.public);
  const full = users.filter((user) => proxy.streams.every((stream) => maySee(user, stream)));
  for (const { name } of users.filter((user) => !full.includes(user))) {
    notes.push(`${name} may ask the facade, and not sign in to the dashboard: not every stream is for this user.`);
  }
  for (const { name } of users.filter(({ password }) => /\$\{\w+\}/.test(password))) {
    notes.push(
      `The password of ${name} looks like a variable in YAML: put it into a file, for secretFile and passwordFile.`,
    );
  }
  const facade = {
    kind: 'casterstats',
    listen: `0.0.0.0:${proxy.port}`,
    caching: '1s',
    clearPassword: proxy.clearPassword,
    legacySignature: true,
    ...(isPublic ? { publicAddresses: true } : {}),
    ...(proxy.acceptedAddresses.length > 0 ? { acceptedAddresses: proxy.acceptedAddresses } : {}),
    streams: streams.map((stream, i) => ({ ...stream, ...rightsOf(proxy.streams[i]!, users) })),
    secrets: users.map(({ name, password, groups }) => ({
      ...{ user: name, secret: password },
      ...(groups.length > 0 ? { groups } : {}),
    })),
  };
  const all = [...sources.values()];
  const document = {
    sources: all.map((source) => source.document),
    ...(full.length > 0 ? { users: full.map(({ name, password }) => ({ name, password })) } : {}),
    facades: [facade],
  };
  const lists: Readonly<Record<string, readonly { readonly line: number }[]>> = {
    sources: all,
    users: full,
    streams: proxy.streams,
    secrets: users,
  };
  const lineOf = (path: readonly PropertyKey[]) => {
    const [list, number] = path[0] === 'facades' ? path.slice(2) : path;
    return lists[String(list)]?.[Number(number)]?.line ?? proxy.line;
  };
  return { document, notes, lineOf };
}

function maySee({ name, groups }: ProxyUser, { access }: ProxyStream): boolean {
  return access.length === 0 || access.includes(name) || groups.some((group) => access.includes(group));
}

/** All users of the file, where it names none. */
function rightsOf({ public: isPublic, access }: ProxyStream, users: readonly ProxyUser[]): Json {
  return { ...(isPublic ? { public: true } : {}), access: access.length > 0 ? access : users.map(({ name }) => name) };
}

/** The stream of the facade; its source is added, unless another stream has it already. */
function named(stream: ProxyStream, sources: Map<string, Source>, every: string, notes: string[]): Json {
  const { name, line } = stream;
  const found = WHERE[stream.type](stream);
  if (found === null) {
    notes.push(
      `${name} is a publishing point of Windows Media, which cannot be asked. Add its log: { url: "wms:PATH", name: ${name} }`,
    );
    return { name, source: name };
  }
  const { url, mount } = found;
  const known = sources.get(url)?.document['name'] ?? name;
  if (known === name) sources.set(url, { line, document: { url, name, every } });
  return { name, source: known, ...(mount === null ? {} : { stream: mount }) };
}

interface Watched {
  readonly url: string;
  /** Null: the stream is all of the source. */
  readonly mount: string | null;
}

/** What is watched for a stream of each type; null is nothing that could be asked. */
const WHERE: Readonly<Record<StreamType, (stream: ProxyStream) => Watched | null>> = {
  icecast: (stream) => ({ url: `icecast://${loginOf(stream)}`, mount: stream.mount.replace(/^\/?/, '/') }),
  // Version 1 has no user names, and version 2 asks an administrator of any name.
  shoutcast: (stream) => ({
    url: `shoutcast://${loginOf({ ...stream, username: '' })}${/^\d+$/.test(stream.mount) ? `/${stream.mount}` : ''}`,
    mount: null,
  }),
  wowzamediaserver: (stream) => {
    const parts = stream.mount.split('/').filter((part) => part !== '');
    return { url: `wowza://${loginOf(stream)}/${parts.map(encodeURIComponent).join('/')}`, mount: null };
  },
  windowsmedia: () => null,
};

function loginOf({ host, port, username, password }: ProxyStream): string {
  const peer = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `${encodeURIComponent(username)}:${encodeURIComponent(password)}@${peer}`;
}
