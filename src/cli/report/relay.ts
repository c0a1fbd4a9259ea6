/** The part of a report about a relay (TURN), in words: for text and HTML. JSON and CSV have the numbers. */

import type { RelaySummary, Talker } from '../../insights/summary/relay.ts';
import { number, size } from './figures.ts';

/** `2.5 Mb/s`. */
export function rate(bitsPerSecond: number): string {
  return `${size(bitsPerSecond).replace('B', 'b')}/s`;
}

export function relayFacts({ allocations, used, peers, up, down, bitsPerSecond }: RelaySummary): [string, string][] {
  return [
    ['Allocations', number(allocations)],
    ['of these used', number(used)],
    ['Peers', number(peers)],
    ['From clients', `${size(up.bytes)} in ${number(up.packets)} packets`],
    ['To clients', `${size(down.bytes)} in ${number(down.packets)} packets`],
    ['On average', rate(bitsPerSecond)],
  ];
}

/** `alice at 192.0.2.1:5000`. */
export function talkerName({ user, address, port }: Talker): string {
  const host = address === null ? null : address.includes(':') ? `[${address}]` : address;
  const place = host === null ? null : port === null ? host : `${host}:${port}`;
  return [user ?? 'without a name', ...(place === null ? [] : [`at ${place}`])].join(' ');
}
