/**
 * What each player of a crowd will do, drawn from a seed: the same seed gives the same scripts. Players are performed by
 * play.ts; what is true of them afterwards says truth.ts.
 *
 * Everything that happens is drawn either before or after a quiet time in the middle, during which nobody comes, goes,
 * pauses or changes the stream: then the live audience is known for a while.
 */

import { randomFrom } from '../../src/enrich/fixture.ts';
import { DEVICES, type Device, VERSIONS } from './devices.ts';

/** Milliseconds after the start of the crowd. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Stretch extends Span {
  /** `plays`: asks for the master playlist first, then on and on; `looks`: for the master playlist, once; `misses`: for what is not there. */
  readonly does: 'plays' | 'looks' | 'misses';
  readonly stream: string;
  readonly quality: string;
  /** The id of the playback. A pause keeps it, a new start of the player does not. */
  readonly playback: string;
  readonly switches: readonly { readonly at: number; readonly quality: string }[];
}

export interface Script {
  readonly number: number;
  readonly behaviour: Behaviour;
  readonly device: Device;
  readonly userAgent: string;
  /** What counts as one place: an IPv4 address, or an IPv6 /64 as `2001:db8:1:2::/64`. */
  readonly network: string;
  /** Taken in turns, a new one every so many requests. */
  readonly addresses: readonly string[];
  /** Whether it asks from that address itself (one of 127.0.0.0/8), or is said to have it by a proxy on loopback. */
  readonly isProxied: boolean;
  /** It claims, before the proxy adds what is true, to come from somewhere else: from another place each time. */
  readonly forges: boolean;
  readonly stretches: readonly Stretch[];
}

export interface CrowdPlan {
  readonly seed: number;
  readonly players: number;
  readonly streams: readonly string[];
  readonly qualities: readonly string[];
  readonly length: number;
  readonly quiet: Span;
  /** What a source will take for one session: short pauses are half of it, long ones twice. */
  readonly gap: number;
}

/** Weights. */
const BEHAVIOURS = {
  stays: 30,
  comesLate: 10,
  leavesEarly: 14,
  switches: 12,
  pausesShortly: 8,
  pausesLong: 8,
  reloads: 6,
  zaps: 6,
  returns: 6,
  looksIn: 4,
  misses: 2,
} as const;

export type Behaviour = keyof typeof BEHAVIOURS;

/** So many of a hundred players share their address with others. */
const SHARING = 30;
const MOST_AT_ONE_ADDRESS = 8;

export function writeScripts(plan: CrowdPlan): Script[] {
  const random = randomFrom(plan.seed);
  return households(plan.players, random).map((who, number): Script => {
    const behaviour = behaviourOf(who.device, random);
    return { number, ...who, behaviour, stretches: stretchesOf(behaviour, number, plan, random) };
  });
}

type Who = Pick<Script, 'device' | 'userAgent' | 'network' | 'addresses' | 'isProxied' | 'forges'>;

/** Who shares an address with whom: nobody, people with other players, or people with the very same one. */
function households(players: number, random: () => number): Who[] {
  const all: Who[] = [];
  for (let place = 0; all.length < players; place++) {
    const where = placeOf(place, random);
    const isShared = random() * 100 < SHARING / 3;
    const size = isShared ? 2 + draw(MOST_AT_ONE_ADDRESS - 1, random) : 1;
    const areAlike = isShared && random() < 0.5;
    // Where a segment does not say whose it is, equal players at one address cannot be told apart by anybody.
    const devices = areAlike ? DEVICES.filter(({ urlId }) => urlId === 'everything') : DEVICES;
    const first = draw(devices.length, random);
    const version = draw(VERSIONS, random);
    for (let i = 0; i < size && all.length < players; i++) {
      const device = devices[(first + (areAlike ? 0 : i)) % devices.length]!;
      all.push({ ...where, device, userAgent: device.userAgent((version + (areAlike ? 0 : i)) % VERSIONS) });
    }
  }
  return all;
}

/** Addresses that nobody has: 198.18.0.0/15 (RFC 2544), 2001:db8::/32 (RFC 3849), and those of loopback. */
function placeOf(place: number, random: () => number): Omit<Who, 'device' | 'userAgent'> {
  const [high, low] = [place >> 8, place & 255];
  const forges = random() < 0.2;
  switch (draw(3, random)) {
    case 0: {
      const address = `127.${20 + high}.${low}.1`;
      return { network: address, addresses: [address], isProxied: false, forges: false };
    }
    case 1: {
      const address = `198.18.${high}.${low}`;
      return { network: address, addresses: [address], isProxied: true, forges };
    }
    default: {
      const prefix = `2001:db8:${(high + 1).toString(16)}:${(low + 1).toString(16)}:`;
      const addresses = Array.from({ length: 6 }, () =>
        [0, 0, 0, 0].reduce<string>(
          (text, _, i) => `${text}${i === 0 ? '' : ':'}${(1 + draw(0xffff, random)).toString(16)}`,
          prefix,
        ),
      );
      return { network: `${prefix}:/64`, addresses, isProxied: true, forges };
    }
  }
}

function behaviourOf(device: Device, random: () => number): Behaviour {
  // Of two ids in a row, a segment without one may belong to either.
  const names = (Object.keys(BEHAVIOURS) as Behaviour[]).filter(
    (each) => device.urlId === 'everything' || each !== 'reloads',
  );
  let left = random() * names.reduce((sum, name) => sum + BEHAVIOURS[name], 0);
  for (const name of names) {
    left -= BEHAVIOURS[name];
    if (left < 0) return name;
  }
  return 'stays';
}

function stretchesOf(behaviour: Behaviour, number: number, plan: CrowdPlan, random: () => number): Stretch[] {
  const { length, quiet, gap, seed } = plan;
  const within = (from: number, to: number) => from + random() * (to - from);
  const { streams, qualities } = plan;
  const stream = streams[draw(streams.length, random)]!;
  const quality = qualities[draw(qualities.length, random)]!;
  const id = (visit: number) => `s${seed.toString(36)}p${number.toString(36)}v${visit}`;
  const stretch = (from: number, to: number, more: Partial<Stretch> = {}): Stretch => ({
    ...{ does: 'plays', stream, quality, playback: id(1), switches: [] },
    ...{ from, to, ...more },
  });

  const come = within(0, quiet.from * 0.4);
  const goLate = within(quiet.to + (length - quiet.to) * 0.5, length);
  // Something that happens in between and is over before the quiet time, or begins after it.
  const isEarly = random() < 0.5;
  const turn = isEarly ? within(quiet.from * 0.6, quiet.from - gap) : within(quiet.to, length - gap);
  switch (behaviour) {
    case 'stays':
      return [stretch(come, random() < 0.5 ? length : goLate)];
    case 'comesLate':
      return [stretch(within(quiet.to, length - gap), length)];
    case 'leavesEarly':
      return [stretch(come, within(come + 1000, quiet.from))];
    case 'switches': {
      const switches = Array.from({ length: 1 + draw(3, random) }, () => ({
        at: within(come, length),
        quality: qualities[draw(qualities.length, random)]!,
      }));
      return [stretch(come, goLate, { switches: switches.sort((a, b) => a.at - b.at) })];
    }
    case 'pausesShortly':
      return [stretch(come, turn), stretch(turn + gap / 2, length)];
    case 'pausesLong':
      return [stretch(come, within(quiet.from * 0.6, quiet.from)), stretch(quiet.to + gap, length)];
    case 'reloads':
      return [stretch(come, turn), stretch(turn + 1000, length, { playback: id(2) })];
    case 'zaps': {
      const other = streams[(streams.indexOf(stream) + 1) % streams.length]!;
      return [stretch(come, turn), stretch(turn, length, { stream: other })];
    }
    case 'returns':
      return [
        stretch(come, within(quiet.from * 0.6, quiet.from)),
        stretch(quiet.to + gap, length, { playback: id(2) }),
      ];
    case 'looksIn':
      return [stretch(turn, turn, { does: 'looks' })];
    case 'misses':
      return [stretch(come, goLate, { does: 'misses', stream: 'nothing' })];
  }
}

function draw(count: number, random: () => number): number {
  return Math.floor(random() * count);
}
