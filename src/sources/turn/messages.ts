/** Messages as they were read, for whoever shows them (core/messages.ts): without anything that is relayed. */

import type { Message, MessageAttribute } from '../../core/messages.ts';
import { formatIp } from '../../lib/ip.ts';
import type { Flow } from './flow-table.ts';
import { DATA_VALUE, nameOf, type StunMessage } from './stun.ts';

/** Bytes of a value that are kept: more than any name or ticket needs. */
const LONGEST_VALUE = 1024;

export function stunMessageOf(message: StunMessage, flow: Flow, at: number): Message {
  const { buffer, transaction } = message;
  const [method = '', kind = ''] = nameOf(message.method, message.kind).split(' ');
  const transactionId = buffer.toString('hex', transaction, transaction + 12);
  return {
    ...clientIn(flow, at),
    type: 'stun',
    // What no RFC names has no name here either.
    header: { class: kind, method: method === 'other' ? '' : method, transactionId },
    attributes: Array.from({ length: message.count }, (_, i) => attributeOf(message, buffer, i)),
  };
}

export function channelMessageOf(channel: number, bytes: number, flow: Flow, at: number): Message {
  const header = { number: channel, length: bytes };
  return { ...clientIn(flow, at), type: 'channelData', header, attributes: [] };
}

function attributeOf(message: StunMessage, buffer: Buffer, i: number): MessageAttribute {
  const type = message.types[i]!;
  const length = message.lengths[i]!;
  const from = message.values[i]!;
  const to = Math.min(from + Math.min(length, LONGEST_VALUE), message.end);
  return { type, length, value: type === DATA_VALUE ? '' : buffer.toString('hex', from, Math.max(from, to)) };
}

function clientIn({ bytes, client, addressLength, clientPort }: Flow, at: number) {
  const address = formatIp(Uint8Array.from(bytes.subarray(client, client + addressLength)));
  return { at: Math.floor(at), address, port: clientPort };
}
