/** A message that cannot be read, by its first four bytes: what else is in it may be an address, or somebody's voice. */

import { classOf, methodOf, nameOf } from './stun.ts';

const STUN_HEADER = 20;
const CHANNEL_HEADER = 4;

/** `message`: at least four bytes of a STUN message or of ChannelData, as far as it was captured. */
export function describeHeader(message: Buffer): string {
  const type = message.readUInt16BE(0);
  const said = message.readUInt16BE(2);
  const isStun = type < 0x4000;
  const name = isStun ? `STUN ${nameOf(methodOf(type), classOf(type))}` : 'ChannelData';
  const there = Math.max(0, message.length - (isStun ? STUN_HEADER : CHANNEL_HEADER));
  const header = message.toString('hex', 0, CHANNEL_HEADER).replace(/(.{4})/, '$1 ');
  return `${name}: ${said} bytes by its header, ${there} behind it; begins ${header}`;
}
