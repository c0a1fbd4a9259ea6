/** Datagrams that the kernel has dropped because nobody took them in time: Linux tells, in /proc/net/udp (proc(5)). */

import { readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { parseIp } from '../../lib/ip.ts';

/** Since the socket that is bound to this address was opened; null where nobody tells. */
export async function kernelDrops(address: string, port: number): Promise<number | null> {
  const local = `${hexOf(address)}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const table of ['/proc/net/udp', '/proc/net/udp6']) {
    const text = await readFile(table, 'latin1').catch(() => '');
    for (const line of text.split('\n')) {
      const columns = line.trim().split(/\s+/);
      if (columns[1] === local) return Number(columns.at(-1));
    }
  }
  return null;
}

/** In words of four bytes, each in the order of the machine. */
function hexOf(address: string): string {
  const bytes = Buffer.from(parseIp(address) ?? []);
  // The unspecified address of IPv6 is bound as such, not as the IPv4 one.
  const words = Array.from({ length: bytes.length / 4 }, (_, i) =>
    endianness() === 'LE' ? bytes.readUInt32LE(4 * i) : bytes.readUInt32BE(4 * i),
  );
  return words.map((word) => word.toString(16).toUpperCase().padStart(8, '0')).join('');
}
