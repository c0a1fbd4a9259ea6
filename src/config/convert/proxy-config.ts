/**
 * The `<proxyConfig>` of CasterStats Proxy, read and checked: server, streams, users and groups. Its attributes are those
 * of its documentation; what separates the lists in them is not said there, nor how a stream is made public
 * (docs/facades/casterstats.md says what is taken).
 */

import { HeadcountError } from '../../lib/errors.ts';
import { parseCidr } from '../../lib/ip.ts';
import { type MarkedUp, readMarkedUp } from './marked-up.ts';

export const STREAM_TYPES = ['shoutcast', 'icecast', 'wowzamediaserver', 'windowsmedia'] as const;
export type StreamType = (typeof STREAM_TYPES)[number];

export interface ProxyStream {
  readonly line: number;
  readonly name: string;
  readonly type: StreamType;
  readonly host: string;
  readonly port: number;
  /** Empty is none. */
  readonly username: string;
  readonly password: string;
  readonly mount: string;
  readonly public: boolean;
  /** Users and groups; empty is all users. */
  readonly access: readonly string[];
}

export interface ProxyUser {
  readonly line: number;
  readonly name: string;
  readonly password: string;
  readonly groups: readonly string[];
}

export interface ProxyGroup {
  readonly line: number;
  readonly name: string;
}

export interface ProxyConfig {
  /** Of the element `server`; that of the root, if there is none. */
  readonly line: number;
  /** Seconds. */
  readonly caching: number;
  readonly port: number;
  readonly acceptedAddresses: readonly string[];
  readonly clearPassword: boolean;
  readonly streams: readonly ProxyStream[];
  readonly users: readonly ProxyUser[];
  readonly groups: readonly ProxyGroup[];
  /** What was passed over, in sentences. */
  readonly notes: readonly string[];
}

/** What each type cannot do without, beside name, type, host and port. */
const REQUIRED: Readonly<Record<StreamType, readonly string[]>> = {
  shoutcast: ['password'],
  icecast: ['username', 'password', 'mount'],
  wowzamediaserver: ['username', 'password', 'mount'],
  windowsmedia: ['username', 'mount'],
};

const KNOWN: Readonly<Record<string, readonly string[]>> = {
  server: ['caching', 'port', 'acceptedipaddresses', 'disableticks'],
  stream: ['name', 'host', 'port', 'type', 'username', 'password', 'mount', 'useraccesses', 'public'],
  user: ['name', 'password', 'memberof'],
  group: ['name'],
};

const EVERYBODY = ['public', 'everyone', '*'];

/** Is this text a configuration in XML at all? */
export function isMarkup(text: string): boolean {
  return /^\ufeff?\s*</.test(text);
}

/** Throws `BAD_CONFIG`: one line a mistake, each with `file` and the line in it. */
export function readProxyConfig(text: string, file: string): ProxyConfig {
  const root = readMarkedUp(text, file);
  if (root.name !== 'proxyconfig') {
    throw new HeadcountError('BAD_CONFIG', `${file}:${root.line} is no proxyConfig of CasterStats Proxy.`);
  }
  const reading = new Reading();
  const config = reading.config(root);
  if (reading.mistakes.length > 0) {
    const lines = reading.mistakes.map(({ line, message }) => `${file}:${line} ${message}`);
    throw new HeadcountError('BAD_CONFIG', lines.join('\n'));
  }
  return config;
}

class Reading {
  readonly mistakes: { readonly line: number; readonly message: string }[] = [];
  readonly #notes: string[] = [];

  config(root: MarkedUp): ProxyConfig {
    const server = root.children.find(({ name }) => name === 'server') ?? null;
    const groups = this.#items(root, 'groups', 'group').map((each) => {
      return { line: each.line, name: this.#required(each, 'name', 'group') };
    });
    const groupNames = new Set(groups.map(({ name }) => name));
    const users = this.#items(root, 'users', 'user').map((each) => this.#user(each, groupNames));
    const names = new Set([...groupNames, ...users.map(({ name }) => name)]);
    const streams = this.#items(root, 'streams', 'stream').map((each) => this.#stream(each, names));
    this.#checkTwins('group', groups);
    this.#checkTwins('user', users);
    this.#checkTwins('stream', streams);
    if (server !== null) this.#noteUnknown(server);
    return { ...this.#server(server, root.line), streams, users, groups, notes: this.#notes };
  }

  #server(server: MarkedUp | null, line: number) {
    const at = server ?? { name: 'server', line, attributes: new Map<string, string>(), children: [] };
    const addresses = (at.attributes.get('acceptedipaddresses') ?? '').split(/[\s,;]+/).filter(Boolean);
    for (const address of addresses.filter((each) => parseCidr(each) === null)) {
      this.#wrong(
        at,
        `server: acceptedIpAddresses has ${quoted(address)}, which is no address and no block of addresses`,
      );
    }
    return {
      line: at.line,
      caching: this.#number(at, 'caching', 15, 86_400, 0, 'server'),
      port: this.#number(at, 'port', 8888, 65_535, 1, 'server'),
      acceptedAddresses: addresses,
      clearPassword: this.#flag(at, 'disableticks', 'server'),
    };
  }

  #user(user: MarkedUp, groups: ReadonlySet<string>): ProxyUser {
    const name = this.#required(user, 'name', 'user');
    const own = listed(user.attributes.get('memberof'));
    for (const group of own.filter((each) => !groups.has(each))) {
      this.#wrong(user, `user ${quoted(name)}: memberof names ${quoted(group)}, and there is no such group`);
    }
    return { line: user.line, name, password: this.#required(user, 'password', `user ${quoted(name)}`), groups: own };
  }

  #stream(stream: MarkedUp, names: ReadonlySet<string>): ProxyStream {
    const name = this.#required(stream, 'name', 'stream');
    const what = `stream ${quoted(name)}`;
    if (name !== '' && !/^[a-z\d]{1,100}$/i.test(name)) {
      this.#wrong(stream, `${what}: the name must be letters and digits`);
    }
    const written = this.#required(stream, 'type', what);
    const type = STREAM_TYPES.find((each) => each === written.toLowerCase());
    if (type === undefined && written !== '') {
      this.#wrong(stream, `${what}: there is no type ${quoted(written)}. There are ${STREAM_TYPES.join(', ')}`);
    }
    for (const missing of REQUIRED[type ?? 'shoutcast'].filter((each) => !stream.attributes.get(each))) {
      if (type !== undefined) this.#wrong(stream, `${what}: ${missing} is missing, which ${type} needs`);
    }
    const host = this.#required(stream, 'host', what);
    const mount = stream.attributes.get('mount')?.trim() ?? '';
    // In a right it would be any text.
    if (mount.includes('*')) this.#wrong(stream, `${what}: the mount has a *, which none has`);
    if (!/^[^\s/@?#[\]]*$/.test(host)) this.#wrong(stream, `${what}: the host is no name and no address`);
    const access = listed(stream.attributes.get('useraccesses'));
    const isPublic = (each: string) => !names.has(each) && EVERYBODY.includes(each.toLowerCase());
    for (const stranger of access.filter((each) => !names.has(each) && !isPublic(each))) {
      this.#wrong(stream, `${what}: useraccesses names ${quoted(stranger)}, and there is no such user or group`);
    }
    return {
      ...{ line: stream.line, name, type: type ?? 'shoutcast', host },
      port: this.#number(stream, 'port', null, 65_535, 1, what),
      username: stream.attributes.get('username') ?? '',
      password: stream.attributes.get('password') ?? '',
      mount,
      public: access.some(isPublic) || this.#flag(stream, 'public', what),
      access: access.filter((each) => !isPublic(each)),
    };
  }

  /** The children of the list, wherever it stands below the root. */
  #items(root: MarkedUp, list: string, item: string): MarkedUp[] {
    const items = root.children.filter(({ name }) => name === list).flatMap(({ children }) => children);
    for (const each of items) {
      if (each.name === item) this.#noteUnknown(each);
      else this.#notes.push(`Line ${each.line}: ${quoted(each.name)} in ${list} is not known, and was passed over.`);
    }
    return items.filter(({ name }) => name === item);
  }

  #noteUnknown({ name, line, attributes }: MarkedUp): void {
    for (const attribute of attributes.keys()) {
      if (!KNOWN[name]!.includes(attribute)) {
        this.#notes.push(
          `Line ${line}: the attribute ${quoted(attribute)} of ${name} is not known, and was passed over.`,
        );
      }
    }
  }

  #checkTwins(what: string, items: readonly { readonly line: number; readonly name: string }[]): void {
    const seen = new Set<string>();
    for (const { line, name } of items) {
      if (name !== '' && seen.has(name))
        this.#wrong({ line }, `${what} ${quoted(name)}: there is another one of this name`);
      seen.add(name);
    }
  }

  #required(element: MarkedUp, attribute: string, what: string): string {
    const value = element.attributes.get(attribute) ?? '';
    if (value.trim() === '') this.#wrong(element, `${what}: ${attribute} is missing`);
    return attribute === 'password' ? value : value.trim();
  }

  /** `standard` null: it must be there. */
  #number(element: MarkedUp, name: string, standard: number | null, most: number, least: number, what: string): number {
    const text = element.attributes.get(name)?.trim() ?? '';
    if (text === '' && standard !== null) return standard;
    if (/^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
    this.#wrong(
      element,
      text === '' ? `${what}: ${name} is missing` : `${what}: ${name} must be a whole number from ${least} to ${most}`,
    );
    return least;
  }

  #flag(element: MarkedUp, name: string, what: string): boolean {
    const text = element.attributes.get(name)?.trim().toLowerCase() ?? '';
    if (['true', 'yes', '1', 'on'].includes(text)) return true;
    if (!['', 'false', 'no', '0', 'off'].includes(text)) this.#wrong(element, `${what}: ${name} must be true or false`);
    return false;
  }

  #wrong({ line }: Pick<MarkedUp, 'line'>, message: string): void {
    this.mistakes.push({ line, message });
  }
}

function listed(text: string | undefined): string[] {
  const names = (text ?? '').split(/[,;]/).map((each) => each.trim());
  return names.filter((each) => each !== '');
}

/** Whatever stands in the file, on one line of at most so many characters. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
