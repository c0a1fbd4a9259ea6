/**
 * TURN servers (RFC 8656), watched from the network: every allocation, over UDP or TCP, is a session of its user, with the bytes
 * that it relayed. From a network interface or from a capture file; the server itself need not know. The page of this
 * source is docs/sources/turn.md.
 *
 * reader.ts makes observations of packets, allocations.ts knows what an allocation is, stun.ts reads messages.
 */

import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { HeadcountError } from '../../lib/errors.ts';
import { parseCidr } from '../../lib/ip.ts';
import { list, number, port, secret } from '../../lib/options.ts';
import { defineSource, type Source } from '../source.ts';
import { runFile } from './capture-file.ts';
import type { Keys } from './integrity.ts';
import { runLive } from './live-capture.ts';
import { NAME } from './name.ts';
import { readCaptureOnce } from './read-once.ts';

const MAX_INTERFACES = 16;
const NEITHER = 'needs either an interface or a file';

function address() {
  const error = 'is neither an IP address nor a block such as 192.0.2.0/24';
  return z.string().refine((text) => parseCidr(text) !== null, { error });
}

const config = z
  .strictObject({
    interface: list(z.string().regex(/^[^\s/-][^\s/]{0,63}$/, { error: 'is no name of a network interface' }))
      .refine((names) => names.length > 0 && names.length <= MAX_INTERFACES, { error: 'must name 1 to 16 interfaces' })
      .optional()
      .describe('The network interface to listen on, such as eth0, or several; any is all of them.'),
    file: z.string().min(1).optional().describe('A capture file to read instead, .pcap or .pcapng.'),
    port: list(port())
      .refine((ports) => ports.length > 0, { error: 'must name at least one port' })
      .prefault(['3478'])
      .describe('The ports of the TURN server.'),
    host: list(address())
      .default([])
      .describe('Live, only packets of these addresses or blocks: those of the TURN server. All, if there are none.'),
    maxAllocations: number({ least: 1, most: 10_000_000 })
      .default(100_000)
      .describe('So many allocations are kept in mind; those that were seen least recently go first.'),
    snapLength: number({ least: 128, most: 262_144 })
      .default(262_144)
      .describe('So many bytes of each packet are captured: TCP needs all of them; for UDP alone 1024 are enough.'),
    buffer: number({ least: 64, most: 1_048_576 })
      .default(8192)
      .describe("Size of the kernel's buffer in KiB: more for bursts, if kernelDropped grows."),
    passwords: list(
      z
        .string()
        .regex(/^[^:]+:./s, { error: 'must be USER:PASSWORD' })
        .meta({ secret: true }),
    )
      .meta({ secret: true })
      .default([])
      .describe(
        'Passwords of long-term users, each USER:PASSWORD, to verify MESSAGE-INTEGRITY: a forged answer is then not believed.',
      ),
    sharedSecret: secret()
      .optional()
      .describe('The secret of the TURN REST API (static-auth-secret of coturn), to verify ephemeral users.'),
  })
  .refine((options) => (options.interface === undefined) !== (options.file === undefined), {
    error: NEITHER,
  });

type Config = z.output<typeof config>;

export const turn = defineSource({
  ...NAME,
  summary: 'A TURN server: its allocations and their traffic, from captured packets.',
  usage: 'turn:eth0?port=3478 or capture.pcap',
  config,
  traits: {
    departures: 'inOrder',
    provisional: false,
    // A lease says how long an allocation lives; after it nothing is to be expected.
    gap: 0,
    lateness: 0,
    resumes: true,
    relays: true,
  },
  counts: {
    work: ['packets', 'stunMessages', 'channelData'],
    rejects: {
      ...{ rejectedPackets: 'packets', rejectedStun: 'packets', rejectedChannelData: 'packets' },
      ...{ rejectedFingerprints: 'packets', unknownLinks: 'packets', untimed: 'packets' },
      ...{ wrongIntegrity: 'stunMessages', unreadableTexts: null, kernelDropped: 'kernelReceived' },
    },
  },
  fromUrl: (url) => {
    const place = String(url).replace(/^turn:/, '');
    return NAME.claims.test(place) ? { file: place } : { interface: place };
  },
  defaultName: (options) => `turn:${options.interface?.join(',') ?? options.file}`,
  create: createTurn,
  readOnce: readCaptureOnce,
});

function createTurn(options: Config): Source {
  const { interface: interfaces, file, port: ports, host: hosts, maxAllocations, snapLength, buffer } = options;
  const reading = { ports, maxAllocations, keys: keysOf(options), seed: randomInt(2 ** 31) };
  return {
    run: async (context) => {
      // Options that were put together of several places have not been checked together.
      if ((interfaces === undefined) === (file === undefined))
        throw new HeadcountError('BAD_CONFIG', `A turn source ${NEITHER}.`);
      if (file !== undefined) await runFile({ ...reading, path: file }, context);
      if (interfaces !== undefined)
        await runLive({ ...reading, interfaces, hosts, snapLength, bufferKiB: buffer }, context);
    },
  };
}

function keysOf({ passwords: pairs, sharedSecret }: Config): Keys {
  const passwords = pairs.map((text): [string, string] => {
    const at = text.indexOf(':');
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return { passwords: new Map(passwords), sharedSecret: sharedSecret ?? null };
}
