/**
 * AzuraCast, asked every `every` for its stations and, with a key, for their listeners. What the answers mean is parse.ts's. A
 * poll is a report a mount, remote relay and HLS of each station and, with the key, one roster.
 *
 * Not seen: who comes and goes between two polls, and bytes. Limits: 20 MiB an answer, 500 stations; four questions at a time.
 */

import { z } from 'zod';
import { list, secret } from '../../lib/options.ts';
import { answeredBadly, fetchText, MAX_ANSWER_BYTES } from '../../transports/poll/fetch-text.ts';
import { hostAndPort, pageUrl, peerAddress, readPeerUrl } from '../../transports/poll/peer-address.ts';
import { pollOptions } from '../../transports/poll/poll-options.ts';
import { askEach } from '../ask-each.ts';
import {
  POLLED_TRAITS,
  type Poll,
  type PollAnswer,
  type PolledListeners,
  polledCounts,
  polledSource,
} from '../polled.ts';
import { defineSource } from '../source.ts';
import { parseListeners, parseStations, type StationFacts } from './parse.ts';

const config = z.strictObject({
  ...peerAddress(80),
  station: list(z.coerce.string().regex(/^[\w-]{1,100}$/, { error: 'is no id or short name of a station' }))
    .default([])
    .describe('The stations that are wanted, by id or short name. Without it, all that are public.'),
  apiKey: secret()
    .optional()
    .describe('An API key of somebody who may see the reports of the stations. Without it, numbers only.'),
  ...pollOptions('15s'),
});

type Config = z.output<typeof config>;

const MAX_STATIONS = 500;
const QUESTIONS_AT_ONCE = 4;

export const azuracast = defineSource({
  kind: 'azuracast',
  schemes: ['azuracast', 'azuracasts'],
  claims: null,
  summary: 'The stations of an AzuraCast: their listeners, or their number if there is no API key.',
  usage: 'azuracasts://:APIKEY@HOST/STATION,STATION?every=15s',
  config,
  traits: POLLED_TRAITS,
  counts: polledCounts({ unreadableListeners: null, stationsFailed: null }),
  trial: { options: [] },
  fromUrl: (url) => {
    const { user, password, path, ...peer } = readPeerUrl(url, 'azuracasts');
    // A key has a colon in it.
    const apiKey = [user, password].filter((part) => part !== undefined).join(':');
    const station = path?.replace(/^\/|\/$/g, '');
    return {
      ...(peer.tls === true ? { port: '443' } : {}),
      ...peer,
      ...(apiKey === '' ? {} : { apiKey }),
      ...(station === undefined ? {} : { station }),
    };
  },
  defaultName: (options) =>
    `azuracast:${hostAndPort(options)}${options.station.length === 0 ? '' : `/${options.station.join(',')}`}`,
  create: (options) => polledSource(options.every, (poll) => askServer(options, poll)),
});

async function askServer(options: Config, poll: Poll): Promise<PollAnswer> {
  const told = await askStations(options, poll);
  const stations = told.slice(0, MAX_STATIONS);
  poll.counters.set('stationsIgnored', told.length - stations.length);
  return {
    reports: stations.flatMap(({ reports }) => reports),
    listeners: options.apiKey === undefined ? null : await askListeners(options, poll, stations),
  };
}

/** If one of those that were named does not answer, all fail: its streams would be taken to have gone. */
async function askStations(options: Config, { at, signal }: Poll): Promise<StationFacts[]> {
  const parse = (body: Uint8Array) => parseStations(body, at);
  if (options.station.length === 0) return ask(options, '/api/nowplaying', signal, parse);
  const answers: StationFacts[][] = [];
  for (let next = 0; next < options.station.length; next += QUESTIONS_AT_ONCE) {
    const some = options.station.slice(next, next + QUESTIONS_AT_ONCE);
    const asked = some.map((station) => ask(options, `/api/nowplaying/${station}`, signal, parse));
    answers.push(...(await Promise.all(asked)));
  }
  return answers.flat();
}

async function askListeners(
  options: Config,
  { at, signal, counters }: Poll,
  stations: readonly StationFacts[],
): Promise<PolledListeners> {
  const { answered, failed } = await askEach(stations, QUESTIONS_AT_ONCE, signal, (station) =>
    // Otherwise those who have the same address and player come as one.
    ask(options, `/api/station/${station.station}/listeners?unique=false`, signal, (body) =>
      parseListeners(body, station, at),
    ),
  );
  const told = [...answered.values()];
  counters.add('stationsFailed', failed.size);
  counters.set(
    'unreadableListeners',
    told.reduce((sum, { unreadable }) => sum + unreadable, 0),
  );
  const unknown = [...failed.keys()].flatMap(({ station, reports }) => [
    station,
    ...reports.map(({ stream }) => stream),
  ]);
  return { unknown: new Set(unknown), present: told.flatMap(({ present }) => present) };
}

async function ask<T>(
  options: Config,
  path: string,
  signal: AbortSignal,
  parse: (body: Uint8Array) => T | null,
): Promise<T> {
  const url = pageUrl(options, path);
  const { status, body } = await fetchText(url, {
    auth: null,
    timeoutMs: options.timeout,
    maxBytes: MAX_ANSWER_BYTES,
    signal,
    headers: {
      accept: 'application/json',
      ...(options.apiKey === undefined ? {} : { 'x-api-key': options.apiKey }),
    },
  });
  const parsed = status === 200 ? parse(body) : null;
  if (parsed === null)
    throw answeredBadly(url, `HTTP ${status} and nothing that AzuraCast says to ${path}`, undefined, { body });
  return parsed;
}
