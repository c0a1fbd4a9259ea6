import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { isWithin, parseStreamPattern } from './access.ts';
import { Audience } from './audience.ts';
import { type Client, identify } from './identity.ts';
import { clientFacts } from './observation.ts';
import { Programmes } from './programmes.ts';
import { Session } from './session.ts';

for (const [pattern, source, stream, isFitting] of [
  ['radio/jazz', 'radio', 'jazz', true],
  ['radio/jazz', 'radio', '/jazz', true],
  ['radio//jazz', 'radio', '/jazz', true],
  ['radio//jazz', 'radio', 'jazz', false],
  ['radio/jazz', 'radio', '/jazz-low', false],
  ['radio/jazz', 'Radio', '/jazz', false],
  ['radio/jazz*', 'radio', '/jazz-low', true],
  ['*/jazz', 'edge-7', 'jazz', true],
  ['*/jazz', 'edge-7', 'live/jazz', false],
  ['edge*/*/hd', 'edge-7', 'live/hd', true],
  ['jazz', 'radio', '/jazz', true],
  ['/jazz', 'radio', 'jazz', false],
  ['*', 'anything', '', true],
  ['*aba', 'x', 'ab/aba', true],
  ['a*a', 'a', '', false],
  ['radio/j.zz', 'radio', 'jazz', false],
  ['', 'radio', 'jazz', false],
] as const) {
  test(`${pattern} ${isFitting ? 'is' : 'is not'} ${source} ${stream}`, () => {
    assert.equal(isWithin([parseStreamPattern(pattern)], source, stream), isFitting);
  });
}

const hash = (text: string) => text;

function client(address: string, bot: boolean): Client {
  const facts = clientFacts({ address, userAgent: bot ? 'Icecast 2.4.4' : 'VLC' });
  const identity = identify(facts, address, true, hash);
  return {
    ...{ ...identity, address, port: null, userAgent: facts.userAgent, user: null, device: null },
    ...{ place: null, player: null, bot, session: null },
  };
}

interface Visit {
  readonly source: string;
  readonly stream: string;
  readonly who: number;
  readonly bot: boolean;
}

function sessionOf({ source, stream, who, bot }: Visit, number: number): Session {
  return new Session({
    ...{ id: String(number), source, stream, client: client(`192.0.2.${who}`, bot) },
    ...{ start: 1, seen: 2, provisional: false, seenBy: source },
  });
}

const NOTHING = { opened: [], updated: [], regrouped: [], closed: [], superseded: [] };
const DEFINED = [
  { name: 'Jazz', streams: ['radio/jazz', '*/jazz-low'] },
  { name: 'All', streams: ['*'] },
  { name: 'None', streams: ['radio/nothing'] },
];

const visit = fc.record({
  source: fc.constantFrom('radio', 'cdn'),
  stream: fc.constantFrom('/jazz', 'jazz-low', 'news'),
  who: fc.nat(3),
  bot: fc.boolean(),
});

test('as sessions come and go the union is that of the open ones, whenever the programmes were defined', () => {
  fc.assert(
    fc.property(fc.array(visit, { maxLength: 30 }), fc.nat(30), fc.nat(30), (visits, ended, definedAt) => {
      const audience = new Audience();
      const sessions = visits.map(sessionOf);
      for (const [i, session] of sessions.entries()) {
        if (i === definedAt) audience.defineProgrammes(DEFINED);
        audience.apply({ ...NOTHING, opened: [session] });
      }
      for (const session of sessions.slice(0, ended)) {
        session.end = 3;
        audience.apply({ ...NOTHING, closed: [session] });
      }
      if (definedAt >= sessions.length) audience.defineProgrammes(DEFINED);
      const open = visits.slice(ended);
      for (const { name, patterns, sessions: count, listeners, bots } of audience.programmes.list) {
        const own = open.filter(({ source, stream }) => isWithin(patterns, source, stream));
        const people = own.filter(({ bot }) => !bot);
        assert.deepEqual(
          [name, count, listeners, bots],
          [name, people.length, new Set(people.map(({ who }) => who)).size, own.length - people.length],
        );
      }
    }),
  );
});

test('who is on two streams of a programme is one listener; a relay is none', () => {
  const audience = new Audience();
  audience.defineProgrammes(DEFINED);
  const visits = [
    { source: 'radio', stream: '/jazz', who: 1, bot: false },
    { source: 'cdn', stream: 'jazz-low', who: 1, bot: false },
    { source: 'cdn', stream: 'jazz-low', who: 2, bot: false },
    { source: 'radio', stream: '/jazz', who: 9, bot: true },
  ];
  audience.apply({ ...NOTHING, opened: visits.map(sessionOf) });
  const { sessions, listeners, bots } = audience.programmes.get('Jazz')!;
  assert.deepEqual({ sessions, listeners, bots }, { sessions: 3, listeners: 2, bots: 1 });
  assert.equal(audience.programmes.get('Blues'), null);
});

test('streams without end are remembered only so far, and counted right all the same', () => {
  const programmes = new Programmes();
  programmes.define([{ name: 'Even', streams: ['log/*0'] }]);
  for (let i = 0; i < 150_000; i++) programmes.count('log', `s${i}`, `l${i}`, 1);
  assert.equal(programmes.get('Even')!.sessions, 15_000);
  for (let i = 0; i < 150_000; i++) programmes.count('log', `s${i}`, `l${i}`, -1);
  const { sessions, listeners } = programmes.get('Even')!;
  assert.deepEqual([sessions, listeners], [0, 0]);
});
