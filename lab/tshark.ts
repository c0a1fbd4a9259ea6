/**
 * What tshark reads in a capture of STUN and TURN, in our words: an opinion that is not ours. TCP is put together by it,
 * too.
 */

import { execFileSync } from 'node:child_process';

export interface SeenByTshark {
  /** By `<method> <class>`. */
  readonly messages: Record<string, number>;
  /** Allocate successes that have a relayed address; the same answer sent again is one. */
  readonly allocations: number;
  readonly channelData: { readonly up: Way; readonly down: Way };
  /** Messages of Microsoft's dialect, which are in no other number. */
  readonly microsoft: number;
}

export interface Way {
  messages: number;
  bytes: number;
}

const METHODS: Readonly<Record<number, string>> = {
  1: 'bind',
  3: 'allocate',
  4: 'refresh',
  6: 'send',
  7: 'data',
  8: 'createPermission',
  9: 'channelBind',
  10: 'connect',
  11: 'connectionBind',
  12: 'connectionAttempt',
};
const CLASSES = ['request', 'indication', 'response', 'errorResponse'];

/** `port` is the server's; what is on it is STUN. */
export function seenByTshark(path: string, port: number): SeenByTshark {
  const decode = ['-d', `udp.port==${port},stun`, '-d', `tcp.port==${port},stun`];
  const args = ['-r', path, '-n', ...decode, '-Y', 'stun', '-T', 'pdml'];
  const pdml = execFileSync('/usr/bin/tshark', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 512 * 1024 * 1024,
  });
  const seen = {
    messages: {} as Record<string, number>,
    allocations: new Set<string>(),
    channelData: { up: { messages: 0, bytes: 0 }, down: { messages: 0, bytes: 0 } },
    microsoft: 0,
  };
  for (const packet of pdml.split('<packet>').slice(1)) {
    const isUp = Number(fieldIn(packet, 'udp.dstport') ?? fieldIn(packet, 'tcp.dstport')) === port;
    for (const message of packet.split('<proto name="stun"').slice(1)) addMessage(seen, message, isUp);
  }
  return { ...seen, allocations: seen.allocations.size };
}

function addMessage(
  seen: Omit<SeenByTshark, 'allocations'> & { allocations: Set<string>; microsoft: number },
  message: string,
  isUp: boolean,
): void {
  const length = Number(fieldIn(message, 'stun.length'));
  if (fieldIn(message, 'stun.channel') !== null) {
    const way = isUp ? seen.channelData.up : seen.channelData.down;
    way.messages++;
    way.bytes += length;
    return;
  }
  // Without the cookie it is a guess of tshark's.
  if (fieldIn(message, 'stun.cookie') === null) return;
  if (/name="stun\.att\.type"[^>]*show="0x000f"/.test(message)) {
    seen.microsoft++;
    return;
  }
  const group = Number(fieldIn(message, 'stun.type.class'));
  const kind = CLASSES[((group & 0x10) >> 3) | (group & 1)];
  const name = `${METHODS[Number(fieldIn(message, 'stun.type.method'))] ?? 'other'} ${kind}`;
  seen.messages[name] = (seen.messages[name] ?? 0) + 1;
  const isBirth = name === 'allocate response' && /name="stun\.att\.type"[^>]*show="0x0016"/.test(message);
  if (isBirth) seen.allocations.add(fieldIn(message, 'stun.id')!);
}

function fieldIn(text: string, name: string): string | null {
  return new RegExp(`name="${name.replaceAll('.', '\\.')}"[^>]*show="([^"]*)"`).exec(text)?.[1] ?? null;
}
