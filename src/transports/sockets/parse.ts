/**
 * TCP sockets as text tells of them: the kernel's tables (`/proc/net/tcp`, `/proc/net/tcp6`; proc_pid_net(5)) and what
 * `netstat -tn`, `-tnlp` and `-tanp` of net-tools print. Pure.
 */

import { canonicalIp, formatIp, parseIp } from '../../lib/ip.ts';

export interface SocketEnd {
  /** Canonical; an IPv4 address within IPv6 is the IPv4 address. `0.0.0.0` and `::` are every address. */
  readonly address: string;
  /** 0 is any, at the far end of a socket that listens. */
  readonly port: number;
}

export interface TcpSocket {
  readonly state: 'established' | 'listening';
  readonly local: SocketEnd;
  readonly remote: SocketEnd;
  /** The kernel's number of the socket; null where it is not told. */
  readonly inode: number | null;
  /** The program that has it, where that is told. */
  readonly program: string | null;
}

export interface SocketTable {
  /** Of other states (closing, waiting, half-open) nothing is kept: nobody is there. */
  readonly sockets: readonly TcpSocket[];
  /** Lines that are no line of such a table. */
  readonly unreadable: number;
}

/** Longer tables are cut, and the rest is unreadable: no server has so many connections. */
const MAX_SOCKETS = 1_000_000;

const KERNEL_STATES: Readonly<Record<string, TcpSocket['state']>> = { '01': 'established', '0A': 'listening' };
const NETSTAT_STATES: Readonly<Record<string, TcpSocket['state']>> = {
  ESTABLISHED: 'established',
  LISTEN: 'listening',
};

/**
 * `/proc/net/tcp` or `tcp6`. Addresses there are 32-bit words in the byte order of the machine, which is little-endian
 * wherever Node runs.
 */
export function parseProcNetTcp(text: string): SocketTable {
  return readTable(text, (line) => {
    if (line.startsWith('sl')) return null;
    const [, local, remote, state, , , , , , inode] = line.split(/\s+/);
    const ends = [kernelEnd(local), kernelEnd(remote)] as const;
    if (ends[0] === null || ends[1] === null || !/^[0-9A-F]{2}$/.test(state!)) return undefined;
    const known = KERNEL_STATES[state!];
    if (known === undefined) return null;
    const number = /^\d{1,15}$/.test(inode ?? '') ? Number(inode) : 0;
    return { state: known, local: ends[0], remote: ends[1], inode: number === 0 ? null : number, program: null };
  });
}

/** `0100007F:15B3`, or with 32 digits. */
function kernelEnd(text: string | undefined): SocketEnd | null {
  const [, words, port] = /^((?:[0-9A-F]{8}){1,4}):([0-9A-F]{4})$/.exec(text ?? '') ?? [];
  if (words === undefined || (words.length !== 8 && words.length !== 32)) return null;
  const bytes = Buffer.from(words, 'hex');
  bytes.swap32();
  // By its text, an IPv4-mapped address becomes the IPv4 address.
  return { address: canonicalIp(formatIp(bytes))!, port: Number.parseInt(port!, 16) };
}

/** Its titles and lines of other protocols are left out. */
export function parseNetstat(text: string): SocketTable {
  return readTable(text, (line) => {
    const [protocol, , , local, remote, state, owner] = line.split(/\s+/);
    if (!/^tcp6?$/.test(protocol!)) return /^(?:Proto|Active|udp|raw|unix|\()/.test(protocol!) ? null : undefined;
    const ends = [netstatEnd(local), netstatEnd(remote)] as const;
    if (ends[0] === null || ends[1] === null || state === undefined) return undefined;
    const known = NETSTAT_STATES[state];
    if (known === undefined) return null;
    // `1234/spyserver`, or `-` for programs of others.
    const [, program] = /^\d+\/(.+)$/.exec(owner ?? '') ?? [];
    return { state: known, local: ends[0], remote: ends[1], inode: null, program: program ?? null };
  });
}

/** `192.0.2.7:5555`, `2001:db8::7:5555`, `:::5555`, `0.0.0.0:*`. */
function netstatEnd(text: string | undefined): SocketEnd | null {
  const [, written, port] = /^(.+):(\d{1,5}|\*)$/.exec(text ?? '') ?? [];
  const bytes = parseIp(written ?? '');
  if (bytes === null || Number(port) > 65_535) return null;
  return { address: formatIp(bytes), port: port === '*' ? 0 : Number(port) };
}

/** `read` answers null for what is to be left out, undefined for what cannot be read. */
function readTable(text: string, read: (line: string) => TcpSocket | null | undefined): SocketTable {
  const sockets: TcpSocket[] = [];
  let unreadable = 0;
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    if (trimmed === '') continue;
    const socket = sockets.length < MAX_SOCKETS ? read(trimmed) : undefined;
    if (socket === undefined) unreadable++;
    else if (socket !== null) sockets.push(socket);
  }
  return { sockets, unreadable };
}
