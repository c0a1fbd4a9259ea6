/**
 * Finds the transport payload in a captured packet: link layers Ethernet (with VLAN tags, 802.1Q and 802.1ad), Linux
 * cooked v1 and v2, raw IP and BSD loopback; IPv4 (RFC 791) and IPv6 (RFC 8200) with its extension headers; UDP (RFC
 * 768) and TCP (RFC 9293). Link types are those of tcpdump.org/linktypes.html.
 *
 * Hot path: nothing is copied or allocated; `Packet` is one object that is filled again and again with offsets into the
 * buffer. Of fragments only the first has ports. Streams of TCP are tcp-stream.ts's.
 */

export interface Packet {
  protocol: typeof UDP | typeof TCP | 0;
  /** 4 or 16: how long the addresses are. */
  addressLength: number;
  /** Offsets of the addresses, in network byte order. */
  source: number;
  destination: number;
  sourcePort: number;
  destinationPort: number;
  /** The payload of UDP or TCP: where it is, how much of it was captured, how much there was on the wire. */
  payload: number;
  captured: number;
  length: number;
  /** Of TCP: the number of the first byte of the payload (of SYN, if that is set), and the flags. */
  sequence: number;
  flags: number;
  /** It is the first fragment: only part of the payload is in this packet, though `length` is that of the whole. */
  isFragment: boolean;
}

export const UDP = 17;
export const TCP = 6;

/** Flags of TCP (RFC 9293 §3.1). */
export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const ACK = 16;

/** What a packet turned out to be. Everything but `OK` is something to be counted. */
export const OK = 0;
/** Not IP, or another protocol over it. */
export const OTHER = 1;
/** A later fragment, without ports. */
export const FRAGMENT = 2;
/** Lengths that cannot be true, or too little captured to find the ports. */
export const BROKEN = 3;
/** A link layer that is not known here. */
export const UNKNOWN_LINK = 4;

export type Verdict = typeof OK | typeof OTHER | typeof FRAGMENT | typeof BROKEN | typeof UNKNOWN_LINK;

export function createPacket(): Packet {
  return {
    protocol: 0,
    addressLength: 0,
    source: 0,
    destination: 0,
    sourcePort: 0,
    destinationPort: 0,
    payload: 0,
    captured: 0,
    length: 0,
    sequence: 0,
    flags: 0,
    isFragment: false,
  };
}

const ETHERNET = 1;
const LINUX_COOKED = 113;
const LINUX_COOKED_2 = 276;
const NULL = 0;
const LOOP = 108;
/** LINKTYPE_RAW, its two values in files of some BSDs, LINKTYPE_IPV4 and LINKTYPE_IPV6. */
const RAW = new Set([101, 12, 14, 228, 229]);

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const MAX_TAGS = 4;

/** Fills `packet` if the verdict is `OK`; else it is left half filled. */
export function readPacket(packet: Packet, buffer: Buffer, start: number, captured: number, link: number): Verdict {
  const end = start + captured;
  if (link === ETHERNET) return readTagged(packet, buffer, start + 12, end);
  if (link === LINUX_COOKED) return readTagged(packet, buffer, start + 14, end);
  if (link === LINUX_COOKED_2) {
    // The type is at the front, the header behind it 20 bytes long.
    if (end - start < 20) return BROKEN;
    return readNetwork(packet, buffer, buffer.readUInt16BE(start), start + 20, end);
  }
  if (link === NULL || link === LOOP) return readIp(packet, buffer, start + 4, end);
  return RAW.has(link) ? readIp(packet, buffer, start, end) : UNKNOWN_LINK;
}

/** A type with the packet behind it, VLAN tags in between. */
function readTagged(packet: Packet, buffer: Buffer, at: number, end: number): Verdict {
  for (let tags = 0; tags <= MAX_TAGS; tags++) {
    const typeAt = at + 4 * tags;
    if (end - typeAt < 2) return BROKEN;
    const type = buffer.readUInt16BE(typeAt);
    if (type !== 0x8100 && type !== 0x88a8 && type !== 0x9100)
      return readNetwork(packet, buffer, type, typeAt + 2, end);
  }
  return OTHER;
}

function readNetwork(packet: Packet, buffer: Buffer, type: number, at: number, end: number): Verdict {
  if (type === IPV4) return readIpv4(packet, buffer, at, end);
  return type === IPV6 ? readIpv6(packet, buffer, at, end) : OTHER;
}

/** Where no type says which, the version does. */
function readIp(packet: Packet, buffer: Buffer, at: number, end: number): Verdict {
  if (end - at < 1) return BROKEN;
  const version = buffer[at]! >> 4;
  if (version === 4) return readIpv4(packet, buffer, at, end);
  return version === 6 ? readIpv6(packet, buffer, at, end) : OTHER;
}

function readIpv4(packet: Packet, buffer: Buffer, at: number, end: number): Verdict {
  if (end - at < 20) return BROKEN;
  const headerLength = (buffer[at]! & 15) * 4;
  // Segmentation offload leaves the length to the network card: then the packet is as long as it is.
  const toldLength = buffer.readUInt16BE(at + 2);
  const length = toldLength === 0 ? end - at : toldLength;
  if (buffer[at]! >> 4 !== 4 || headerLength < 20 || length < headerLength) return BROKEN;
  const fragment = buffer.readUInt16BE(at + 6);
  if ((fragment & 0x1fff) !== 0) return FRAGMENT;
  packet.addressLength = 4;
  packet.source = at + 12;
  packet.destination = at + 16;
  packet.isFragment = (fragment & 0x2000) !== 0;
  return readTransport(packet, buffer, buffer[at + 9]!, at + headerLength, at + length, end);
}

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENTED = 44;
const AUTHENTICATION = 51;
const DESTINATION = 60;
const MAX_EXTENSIONS = 8;

function readIpv6(packet: Packet, buffer: Buffer, start: number, end: number): Verdict {
  if (end - start < 40) return BROKEN;
  if (buffer[start]! >> 4 !== 6) return BROKEN;
  const toldLength = buffer.readUInt16BE(start + 4);
  const packetEnd = toldLength === 0 ? end : start + 40 + toldLength;
  packet.addressLength = 16;
  packet.source = start + 8;
  packet.destination = start + 24;
  packet.isFragment = false;
  let next = buffer[start + 6]!;
  let at = start + 40;
  for (let extensions = 0; extensions <= MAX_EXTENSIONS; extensions++) {
    const isExtension =
      next === HOP_BY_HOP || next === ROUTING || next === DESTINATION || next === FRAGMENTED || next === AUTHENTICATION;
    if (!isExtension) return readTransport(packet, buffer, next, at, packetEnd, end);
    if (end - at < 8) return BROKEN;
    let length = (buffer[at + 1]! + 1) * 8;
    if (next === AUTHENTICATION) length = (buffer[at + 1]! + 2) * 4;
    if (next === FRAGMENTED) {
      length = 8;
      const fragment = buffer.readUInt16BE(at + 2);
      if (fragment >> 3 !== 0) return FRAGMENT;
      packet.isFragment = (fragment & 1) !== 0;
    }
    next = buffer[at]!;
    at += length;
  }
  return OTHER;
}

/** `packetEnd` is where the packet ends as it says; `end` is where what was captured of it ends. */
function readTransport(
  packet: Packet,
  buffer: Buffer,
  protocol: number,
  at: number,
  packetEnd: number,
  end: number,
): Verdict {
  if (protocol === UDP) return readUdp(packet, buffer, at, packetEnd, end);
  return protocol === TCP ? readTcp(packet, buffer, at, packetEnd, end) : OTHER;
}

function readUdp(packet: Packet, buffer: Buffer, at: number, packetEnd: number, end: number): Verdict {
  if (Math.min(packetEnd, end) - at < 8) return BROKEN;
  const told = buffer.readUInt16BE(at + 4);
  // A jumbogram or an offloaded one says 0 (RFC 2675); a fragment says how long the whole is.
  const length = told === 0 ? packetEnd - at : told;
  if (length < 8 || (!packet.isFragment && at + length > packetEnd)) return BROKEN;
  packet.protocol = UDP;
  packet.sourcePort = buffer.readUInt16BE(at);
  packet.destinationPort = buffer.readUInt16BE(at + 2);
  packet.payload = at + 8;
  packet.length = length - 8;
  packet.captured = Math.max(Math.min(at + length, packetEnd, end) - packet.payload, 0);
  return OK;
}

function readTcp(packet: Packet, buffer: Buffer, at: number, packetEnd: number, end: number): Verdict {
  if (Math.min(packetEnd, end) - at < 20) return BROKEN;
  const headerLength = (buffer[at + 12]! >> 4) * 4;
  if (headerLength < 20 || at + headerLength > packetEnd) return BROKEN;
  packet.protocol = TCP;
  packet.sourcePort = buffer.readUInt16BE(at);
  packet.destinationPort = buffer.readUInt16BE(at + 2);
  packet.sequence = buffer.readUInt32BE(at + 4);
  packet.flags = buffer[at + 13]!;
  packet.payload = at + headerLength;
  packet.length = packetEnd - packet.payload;
  packet.captured = Math.max(Math.min(packetEnd, end) - packet.payload, 0);
  return OK;
}
