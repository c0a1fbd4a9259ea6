/**
 * SPY Servers of Airspy. One that we run as our child tells by what it prints who is connected (child.ts); of those that
 * somebody else runs on this machine the kernel tells it (attached.ts). The page of this source is
 * docs/sources/spyserver.md.
 */

import { z } from 'zod';
import { canonicalIp } from '../../lib/ip.ts';
import { duration, flag, httpUrl, list, port } from '../../lib/options.ts';
import { defineSource, type Source } from '../source.ts';
import { attachedSource } from './attached.ts';
import { runChild } from './child.ts';
import { parseIgnoreRule } from './ignore.ts';
import { portNames } from './names.ts';

const config = z
  .strictObject({
    config: z
      .string()
      .min(1)
      .optional()
      .describe('The configuration file of a spyserver that is to be run. Its file name is the name of the stream.'),
    exe: z.string().min(1).optional().describe('The program: it is run as `exe config`.'),
    port: list(port())
      .refine((ports) => ports.length > 0, { error: 'must name at least one port' })
      .optional()
      .describe(
        'Ports of spyservers that somebody else runs on this machine. Default: those of every program with `spyserver` in its name.',
      ),
    names: portNames
      .default({})
      .describe('Names of their streams by port; in a URL `5020:20m_band,5040:40m_band`. Default: `port 5020`.'),
    every: duration('1s', { least: '250ms', most: '5m' }).describe('How often to look who is connected to them.'),
    ignore: list(ignoreRule())
      .default([])
      .describe(
        'Clients that are not counted: addresses, blocks, patterns such as 192.168.*.*, ip_local, ip_world (or ip_global).',
      ),
    ignoreLocalConnections: flag(false).describe('Leave out clients from private networks, such as 192.168.0.0/16.'),
    worldAddress: z
      .string()
      .refine((text) => canonicalIp(text) !== null, { error: 'is no IP address' })
      .transform((text) => canonicalIp(text)!)
      .optional()
      .describe('What `ip_world` stands for: the address of this machine on the internet.'),
    worldService: httpUrl()
      .optional()
      .describe('A page that says the address of whoever asks, to be asked once at the start for `ip_world`.'),
  })
  .superRefine((options, context) => {
    const mistake = mistakeIn(options);
    if (mistake !== null) context.addIssue({ code: 'custom', path: [mistake.option], message: mistake.message });
  });

type Options = z.output<typeof config>;

export const spyserver = defineSource({
  kind: 'spyserver',
  schemes: ['spyserver'],
  claims: null,
  summary: 'Airspy SPY Servers, run as children or attached to: their clients.',
  usage: 'spyserver:/etc/hf.config?exe=/opt/spyserver or spyserver:?port=5555',
  config,
  traits: { departures: 'inOrder', provisional: false, gap: 0, lateness: 0, resumes: false },
  counts: {
    work: ['lines', 'polls'],
    rejects: {
      unknownLines: 'lines',
      longLines: null,
      unreadableSockets: null,
      droppedClients: null,
      worldUnknown: null,
    },
  },
  fromUrl: (url) => {
    const path = pathOf(url);
    return path === '' ? {} : { config: path };
  },
  defaultName: (options) => {
    if (options.config !== undefined) return `spyserver:${options.config}`;
    return options.port === undefined ? 'spyserver' : `spyserver:${options.port.join(',')}`;
  },
  create: createSpyserver,
});

function createSpyserver(options: Options): Source {
  const { config: path, exe } = options;
  if (path === undefined || exe === undefined) return attachedSource(options);
  return { run: (context) => runChild({ ...options, config: path, exe }, context) };
}

function mistakeIn(options: Options): { readonly option: keyof Options; readonly message: string } | null {
  const { config: path, exe, port: ports, ignore, worldAddress, worldService } = options;
  if (path !== undefined && exe === undefined) return { option: 'exe', message: 'is missing: the program to be run' };
  if (path === undefined && exe !== undefined) {
    return { option: 'config', message: 'is missing: what the program is to be run with' };
  }
  if (path !== undefined && ports !== undefined) {
    return { option: 'port', message: 'is for servers that somebody else runs: leave it out, or config and exe' };
  }
  const needsWorld = ignore.some((rule) => 'own' in rule && rule.own === 'world');
  if (needsWorld && worldAddress === undefined && worldService === undefined) {
    return {
      option: 'ignore',
      message: 'has ip_world, so worldAddress or worldService must say which address that is',
    };
  }
  return null;
}

function pathOf(url: URL | string): string {
  if (typeof url === 'string') return url.replace(/^spyserver:/, '');
  return decodeURIComponent(url.host === '' ? url.pathname : `${url.host}${url.pathname}`);
}

function ignoreRule() {
  return z
    .string()
    .refine((text) => parseIgnoreRule(text) !== null, {
      error: 'is no address, block, pattern such as 192.168.*.*, ip_local or ip_world',
      abort: true,
    })
    .transform((text) => parseIgnoreRule(text)!);
}
