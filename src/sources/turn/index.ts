/**
 * TURN servers (RFC 8656), watched from the network: every allocation over UDP is a session of its user, with the bytes
 * that it relayed. From a network interface or from a capture file; the server itself need not know. The page of this
 * source is docs/sources/turn.md.
 *
 * reader.ts makes observations of packets, allocations.ts knows what an allocation is, stun.ts reads messages.
 */

import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { HeadcountError } from '../../lib/errors.ts';
import { list, number, port } from '../../lib/options.ts';
import { defineSource, type Source } from '../source.ts';
import { runFile } from './capture-file.ts';
import { runLive } from './live-capture.ts';
import { readCaptureOnce } from './read-once.ts';

const NEITHER = 'needs either an interface or a file';

const config = z
  .strictObject({
    interface: z
      .string()
      .regex(/^[^\s/]{1,64}$/, { error: 'is no name of a network interface' })
      .optional()
      .describe('The network interface to listen on, such as eth0; any is all of them.'),
    file: z.string().min(1).optional().describe('A capture file to read instead, .pcap or .pcapng.'),
    port: list(port())
      .refine((ports) => ports.length > 0, { error: 'must name at least one port' })
      .prefault(['3478'])
      .describe('The ports of the TURN server.'),
    maxAllocations: number({ least: 1, most: 10_000_000 })
      .default(100_000)
      .describe('So many allocations are kept in mind; those that were seen least recently go first.'),
    snapLength: number({ least: 128, most: 262_144 })
      .default(1024)
      .describe('So many bytes of each packet are captured: enough for every message, too little for media.'),
    buffer: number({ least: 64, most: 1_048_576 })
      .default(8192)
      .describe("Size of the kernel's buffer in KiB: more for bursts, if kernelDropped grows."),
  })
  .refine((options) => (options.interface === undefined) !== (options.file === undefined), {
    error: NEITHER,
  });

type Config = z.output<typeof config>;

const CAPTURE_FILE = /\.pcap(?:ng)?$/;

export const turn = defineSource({
  kind: 'turn',
  schemes: ['turn'],
  claims: CAPTURE_FILE,
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
  },
  fromUrl: (url) => {
    const place = String(url).replace(/^turn:/, '');
    return CAPTURE_FILE.test(place) ? { file: place } : { interface: place };
  },
  defaultName: (options) => `turn:${options.interface ?? options.file}`,
  create: createTurn,
  readOnce: readCaptureOnce,
});

function createTurn({ interface: name, file, port: ports, maxAllocations, snapLength, buffer }: Config): Source {
  const reading = { ports, maxAllocations, seed: randomInt(2 ** 31) };
  return {
    run: async (context) => {
      // Options that were put together of several places have not been checked together.
      if ((name === undefined) === (file === undefined))
        throw new HeadcountError('BAD_CONFIG', `A turn source ${NEITHER}.`);
      if (file !== undefined) await runFile({ ...reading, path: file }, context);
      if (name !== undefined) await runLive({ ...reading, interface: name, snapLength, bufferKiB: buffer }, context);
    },
  };
}
