/**
 * The crowd of the HTTP tests, and beside it somebody on a stream of the same server, whose every fact is a word that
 * stands nowhere else.
 */

import { ALL_ACCESS, accessTo, parseStreamPattern } from '../../src/core/access.ts';
import { clientFacts, FOREVER, presence } from '../../src/core/observation.ts';
import { CROWD, NOW, type Visit } from '../../src/http/crowd.fixture.ts';
import { type Answer, type Question, type Site, startSite } from '../../src/http/fixture.ts';
import type { ForeignRoute } from '../../src/http/route.ts';

/** What the limited user sees, and nothing else. */
export const isOwn = ({ source, stream }: Visit): boolean => source === 'radio' && stream === '/jazz';
export const OWN: readonly Visit[] = CROWD.filter(isOwn);

const STRANGER = {
  ip: '203.0.113.99',
  user: 'stranger',
  agent: 'StrangePlayer/9',
  title: 'Strange Title',
  programme: 'Strange Talk',
};

export const OWN_FACADE: ForeignRoute = {
  path: '/own.json',
  summary: 'Shows everybody their own.',
  type: 'application/json',
  isForAll: true,
  answer: () => '[]',
};

export const WHOLE_FACADE: ForeignRoute = {
  path: '/listeners.json',
  summary: 'Listeners of /talk.',
  type: 'application/json',
  answer: () => JSON.stringify({ '/talk': [STRANGER.ip] }),
};

const users = [
  { name: 'limited', access: accessTo([parseStreamPattern('radio//jazz')], true) },
  { name: 'masked', access: accessTo(null, false) },
  { name: 'whole', access: ALL_ACCESS },
].map((user) => ({ ...user, secret: `password of ${user.name}`, write: true, groups: [] }));

export type Who = 'owner' | 'limited' | 'masked' | 'whole' | 'nobody';

/** With credentials, unless `isOpen`. */
export async function startRights({ isOpen = false } = {}): Promise<Site> {
  const site = await startSite({ trust: isOpen ? {} : { users }, facades: [OWN_FACADE, WHOLE_FACADE] });
  const client = clientFacts({
    address: STRANGER.ip,
    port: 50_555,
    userAgent: STRANGER.agent,
    user: STRANGER.user,
    connection: 'stranger',
  });
  await site.tell('radio', [
    { kind: 'report', stream: '/talk', at: NOW - 700_000, status: 'up', title: STRANGER.title, listeners: 4711 },
    presence({
      stream: '/talk',
      client,
      from: NOW - 90_000,
      until: FOREVER,
      details: { relayed: `${STRANGER.ip}:3478` },
    }),
  ]);
  await site.settle();
  site.audience.defineProgrammes([
    { name: 'Radio', streams: ['radio/*'] },
    { name: STRANGER.programme, streams: ['radio/talk'] },
  ]);
  return site;
}

/** Of users only; `nobody` is whoever has no credentials. */
export function credentialsOf(who: Who): Record<string, string> {
  const basic = Buffer.from(`${who}:password of ${who}`).toString('base64');
  return who === 'nobody' || who === 'owner' ? {} : { authorization: `Basic ${basic}` };
}

export function askAs(site: Site, who: Who, path: string, question: Question = {}): Promise<Answer> {
  const headers = { ...question.headers, ...credentialsOf(who) };
  return site.ask(path, { ...question, headers, ...(who === 'owner' ? { socketPath: site.socket } : {}) });
}

/** Words that tell of others than those of `/jazz`, each as it must not stand by itself. */
export function foreignWords(site: Site): RegExp {
  const streams = ['/news', '/sport', '/talk', '/silent'];
  const sessions = [...site.service.audience.sessions.values()].filter(({ stream }) => stream !== '/jazz');
  const strange = [
    STRANGER.ip,
    STRANGER.user,
    'StrangePlayer',
    STRANGER.title,
    STRANGER.programme,
    '4711',
    'edge-1',
    'edge-2',
    'cdn',
  ];
  return anyOf([
    ...strange,
    ...streams,
    ...streams.flatMap((stream) => ['radio', 'cdn'].map((source) => site.service.streams.idOf(source, stream))),
    ...CROWD.filter((visit) => !isOwn(visit)).map(({ address }) => address),
    ...sessions.flatMap(({ id, listener }) => [id, listener]),
  ]);
}

/** Whole addresses, ports, and what stands for an address. */
export function addressWords(site: Site): RegExp {
  const listeners = [...site.service.audience.sessions.values()].map(({ listener }) => listener);
  return anyOf([STRANGER.ip, '50555', '3478', ...CROWD.map(({ address }) => address), ...listeners]);
}

/** None of them as a part of a longer word: 192.0.2.1 is not in 192.0.2.19. */
export function anyOf(words: readonly string[]): RegExp {
  const escaped = words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  return new RegExp(`(?<![\\w.:-])(${escaped.join('|')})(?![\\w:-]|\\.\\d)`);
}
