/**
 * The TCP sockets of this machine, from Linux's /proc: which there are, and which of them listen on behalf of programs of
 * some name. Of a container only its own network is seen, and of the programs of other users only what root may see.
 */

import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { HeadcountError } from '../../lib/errors.ts';
import { parseProcNetTcp, type SocketTable, type TcpSocket } from './parse.ts';

const PROC = '/proc';

/** IPv4 and IPv6. Rejects with `SOCKETS_UNREADABLE` where there is no such table. */
export async function readSockets(): Promise<SocketTable> {
  const ipv4 = await readTable('tcp');
  // Without IPv6 in the kernel there is none.
  const ipv6 = await readTable('tcp6').catch(() => ({ sockets: [], unreadable: 0 }));
  return { sockets: [...ipv4.sockets, ...ipv6.sockets], unreadable: ipv4.unreadable + ipv6.unreadable };
}

async function readTable(name: string): Promise<SocketTable> {
  try {
    return parseProcNetTcp(await readFile(`${PROC}/net/${name}`, 'latin1'));
  } catch (cause) {
    const hint = 'Connections can be watched on Linux only, where /proc is mounted.';
    throw new HeadcountError('SOCKETS_UNREADABLE', `The table of TCP sockets cannot be read. ${hint}`, { cause });
  }
}

export interface Listeners {
  /** Sockets that listen, of the programs that were asked for. */
  readonly sockets: readonly TcpSocket[];
  /** Programs of that name whose sockets may not be seen: they belong to somebody else. */
  readonly hidden: number;
}

/** What listens, of `sockets`, on behalf of programs whose name contains `name`. */
export async function listenersOf(name: string, sockets: readonly TcpSocket[]): Promise<Listeners> {
  const inodes = new Set<number>();
  let hidden = 0;
  for (const pid of await processes()) {
    if (!(await isCalled(pid, name))) continue;
    const own = await socketsOf(pid);
    if (own === null) hidden++;
    for (const inode of own ?? []) inodes.add(inode);
  }
  const listening = sockets.filter(({ state, inode }) => state === 'listening' && inode !== null && inodes.has(inode));
  return { sockets: listening, hidden };
}

/** Another one each time the system starts: the numbers of sockets begin anew then. Empty where it is not told. */
export async function bootId(): Promise<string> {
  return (await readFile(`${PROC}/sys/kernel/random/boot_id`, 'utf8').catch(() => '')).trim();
}

async function processes(): Promise<string[]> {
  return (await readdir(PROC)).filter((entry) => /^\d+$/.test(entry));
}

/** By the name that the process goes by (15 characters at most), or the file name of the program as it was started. */
async function isCalled(pid: string, name: string): Promise<boolean> {
  // A process may end at any moment.
  const read = (file: string) => readFile(`${PROC}/${pid}/${file}`, 'utf8').catch(() => '');
  if ((await read('comm')).includes(name)) return true;
  const [program] = (await read('cmdline')).split('\0') as [string];
  return basename(program).includes(name);
}

/** The numbers of its sockets; null if they may not be seen. */
async function socketsOf(pid: string): Promise<number[] | null> {
  const folder = `${PROC}/${pid}/fd`;
  let entries: string[];
  try {
    entries = await readdir(folder);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? null : [];
  }
  const targets = await Promise.all(entries.map((entry) => readlink(`${folder}/${entry}`).catch(() => '')));
  return targets.flatMap((target) => {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(target) ?? [];
    return inode === undefined ? [] : [Number(inode)];
  });
}
