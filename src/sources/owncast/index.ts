/**
 * Owncast, asked every `every`: as its administrator for its viewers, else for their number. What the answers mean is
 * parse.ts's. A poll is one report and, with the password, one roster.
 *
 * Not seen: who comes and goes between two polls; how many are behind one address with one kind of player, since Owncast itself
 * takes them for one. Limit: 20 MiB an answer.
 */

import { z } from 'zod';
import { secret } from '../../lib/options.ts';
import { answeredBadly, fetchText, MAX_ANSWER_BYTES } from '../../transports/poll/fetch-text.ts';
import { hostAndPort, pageUrl, peerAddress, readPeerUrl } from '../../transports/poll/peer-address.ts';
import { pollOptions } from '../../transports/poll/poll-options.ts';
import { POLLED_TRAITS, type Poll, type PollAnswer, polledCounts, polledSource } from '../polled.ts';
import { defineSource } from '../source.ts';
import { parseStatus, parseViewers } from './parse.ts';

const config = z.strictObject({
  ...peerAddress(8080),
  user: z.string().min(1).default('admin').describe("The administrator's name."),
  password: secret().optional().describe("The administrator's password. Without it, numbers only."),
  ...pollOptions(),
});

type Config = z.output<typeof config>;

export const owncast = defineSource({
  kind: 'owncast',
  schemes: ['owncast', 'owncasts'],
  claims: null,
  summary: 'An Owncast server: its viewers, or their number if there is no password.',
  usage: 'owncast://USER:PASSWORD@HOST:PORT?every=10s',
  config,
  traits: POLLED_TRAITS,
  counts: polledCounts({ unreadableViewers: null }),
  trial: { options: [] },
  fromUrl: (url) => {
    const peer = readPeerUrl(url, 'owncasts');
    // Owncast itself speaks no TLS: a web server in front of it does.
    return peer.tls === true ? { port: '443', ...peer } : peer;
  },
  defaultName: (options) => `owncast:${hostAndPort(options)}`,
  create: (options) => polledSource(options.every, (poll) => askServer(options, poll)),
});

async function askServer(options: Config, { at, signal, counters }: Poll): Promise<PollAnswer> {
  const isAdmin = options.password !== undefined;
  const [report, viewers] = await Promise.all([
    ask(options, isAdmin ? '/api/admin/status' : '/api/status', signal, (body) => parseStatus(body, at)),
    isAdmin ? ask(options, '/api/admin/viewers', signal, (body) => parseViewers(body, at)) : null,
  ]);
  counters.set('unreadableViewers', viewers?.unreadable ?? 0);
  return {
    reports: [report],
    listeners: viewers === null ? null : { unknown: new Set(), present: viewers.present },
  };
}

async function ask<T>(
  options: Config,
  path: string,
  signal: AbortSignal,
  parse: (body: Uint8Array) => T | null,
): Promise<T> {
  const { user, password, timeout } = options;
  const url = pageUrl(options, path);
  const { status, body } = await fetchText(url, {
    auth: password === undefined ? null : { user, password },
    timeoutMs: timeout,
    maxBytes: MAX_ANSWER_BYTES,
    signal,
    headers: { accept: 'application/json' },
  });
  const parsed = status === 200 ? parse(body) : null;
  if (parsed === null)
    throw answeredBadly(url, `what Owncast 0.0.12 and later do not say (HTTP ${status})`, undefined, { body });
  return parsed;
}
