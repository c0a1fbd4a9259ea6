/**
 * Messages in the words of turn-monitor and its parser (sj82516/turn-packet-parser 2.3.1): STUN (RFC 8489, RFC 8656) and
 * ChannelData. `length` of an attribute counts hex characters, those of its head and of its padding among them.
 *
 * Put right: IPv6 addresses, names in UTF-8, and attributes that the original does not know, which are under their hex code.
 */

import type { MessageAttribute, SourceMessage } from '../../core/messages.ts';
import { formatIp } from '../../lib/ip.ts';

export interface OriginalEntry {
  readonly remoteIp: string;
  readonly message: object;
  readonly timestamp: string;
}

type Attribute = Readonly<Record<string, string | number>>;

/** How a value is written. */
type Form = 'hex' | 'text' | 'channel' | 'address' | 'xorAddress' | 'error';

/** Names of the original; those from `accessToken` on are ours, for attributes that it does not know. */
const ATTRIBUTES: Readonly<Record<number, readonly [name: string, form: Form]>> = {
  1: ['mappedAddress', 'address'],
  2: ['responseAddress', 'address'],
  3: ['changeRequest', 'hex'],
  4: ['sourceAddress', 'address'],
  5: ['changedAddress', 'address'],
  6: ['username', 'text'],
  7: ['password', 'text'],
  8: ['messageIntegrity', 'hex'],
  9: ['errorCode', 'error'],
  10: ['unknownAttributes', 'hex'],
  11: ['reflectedFrom', 'hex'],
  12: ['channelNumber', 'channel'],
  13: ['lifetime', 'hex'],
  18: ['xorPeerAddress', 'xorAddress'],
  19: ['data', 'hex'],
  20: ['realm', 'text'],
  21: ['nonce', 'hex'],
  22: ['xorRelayedAddress', 'xorAddress'],
  23: ['requestedAddressFamily', 'hex'],
  24: ['evenPort', 'hex'],
  25: ['requestedTransport', 'hex'],
  26: ['dontFragment', 'hex'],
  32: ['xorMappedAddress', 'xorAddress'],
  34: ['reservationToken', 'hex'],
  32768: ['additionalAddressFamily', 'hex'],
  32769: ['addressErrorCode', 'hex'],
  32772: ['ICMP', 'hex'],
  32802: ['software', 'text'],
  32808: ['fingerprint', 'hex'],
  32812: ['otherAddress', 'address'],
  27: ['accessToken', 'hex'],
  28: ['messageIntegritySha256', 'hex'],
  29: ['passwordAlgorithm', 'hex'],
  30: ['userhash', 'hex'],
  36: ['priority', 'hex'],
  37: ['useCandidate', 'hex'],
  32770: ['passwordAlgorithms', 'hex'],
  32803: ['alternateServer', 'address'],
  32809: ['iceControlled', 'hex'],
  32810: ['iceControlling', 'hex'],
  32816: ['mobilityTicket', 'hex'],
};

const COOKIE = '2112a442';

/** As it stands in `log`. */
export function originalEntry(message: SourceMessage): OriginalEntry {
  const { address, port, at } = message;
  return {
    remoteIp: `${address.includes(':') ? `[${address}]` : address}:${port}`,
    message: originalMessage(message),
    timestamp: new Date(at).toISOString(),
  };
}

/** `allocate request username realm nonce`: no values, and no address. */
export function headlineOf({ type, header, attributes }: SourceMessage): string {
  if (type !== 'stun') return `${type} number ${header['number']} length ${header['length']}`;
  return [header['method'], header['class'], ...attributes.map((each) => nameOf(each.type))].join(' ');
}

function originalMessage({ type, header, attributes }: SourceMessage): object {
  if (type !== 'stun') return { type, ...header };
  const id = String(header['transactionId']);
  // One that is repeated takes the place of those before.
  const list = Object.fromEntries(attributes.map((each) => [nameOf(each.type), originalAttribute(each, id)]));
  return { type: 'stunMessage', ...header, ...(attributes.length === 0 ? {} : { attributeList: list }) };
}

function nameOf(type: number): string {
  return ATTRIBUTES[type]?.[0] ?? type.toString(16).padStart(4, '0');
}

function originalAttribute({ type, length, value }: MessageAttribute, transactionId: string): Attribute {
  const [name, form] = ATTRIBUTES[type] ?? [nameOf(type), 'hex'];
  const basic = { length: 8 + 2 * (length + (-length & 3)), value, name };
  switch (form) {
    case 'text':
      return { ...basic, value: textOf(value) };
    case 'channel':
      return { ...basic, value: value.slice(0, 4) };
    case 'address':
      return addressOf(basic, value, '');
    case 'xorAddress':
      return addressOf(basic, value, `${COOKIE}${transactionId}`);
    case 'error':
      return errorOf(basic, value);
    case 'hex':
      return basic;
  }
}

/** RFC 8489 §14.1, §14.2: a byte of nothing, the family, the port, the address. */
function addressOf(basic: Attribute, value: string, key: string): Attribute {
  const family = Number.parseInt(value.slice(2, 4), 16);
  const bytes = Buffer.from(value.slice(4), 'hex');
  if (bytes.length !== (family === 1 ? 6 : 18) || family > 2) return basic;
  const mask = Buffer.from(key, 'hex');
  // The port is covered by the first half of the cookie, the address by cookie and transaction.
  const port = bytes.readUInt16BE(0) ^ (mask.length === 0 ? 0 : mask.readUInt16BE(0));
  const address = Uint8Array.from(bytes.subarray(2), (byte, i) => byte ^ (mask[i] ?? 0));
  return { family, port, address: formatIp(address), ...basic, type: 'address' };
}

/** RFC 8489 §14.8: the hundreds, the rest, and a reason. */
function errorOf(basic: Attribute, value: string): Attribute {
  const bytes = Buffer.from(value, 'hex');
  if (bytes.length < 4) return basic;
  const code = String((bytes[2]! & 7) * 100 + bytes[3]!);
  return { code, reason: textOf(value.slice(8)), ...basic, type: 'error' };
}

/** What is no UTF-8 gets marks in its place: it was counted where it was read. */
function textOf(hex: string): string {
  return Buffer.from(hex, 'hex').toString('utf8').replace(/\0.*$/s, '').trim();
}
