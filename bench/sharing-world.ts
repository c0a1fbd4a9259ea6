/** People who watch, for the labelled corpus of accounts: lines, devices and habits, the same ones for the same seed. */

import { randomFrom } from '../src/enrich/fixture.ts';
import type { JudgedPlace, JudgedPlay } from '../src/insights/sharing/judgement/judgement.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** 2026-06-01, a Monday, midnight UTC. */
const BEGIN = Date.UTC(2026, 5, 1);

const CITIES = [
  ['Berlin', 'Germany', 52.52, 13.405],
  ['Hamburg', 'Germany', 53.551, 9.994],
  ['Munich', 'Germany', 48.137, 11.575],
  ['Lisbon', 'Portugal', 38.722, -9.139],
  ['Oslo', 'Norway', 59.914, 10.752],
  ['London', 'United Kingdom', 51.507, -0.128],
  ['New York', 'United States', 40.713, -74.006],
  ['Denver', 'United States', 39.739, -104.99],
  ['San Jose', 'United States', 37.338, -121.886],
  ['Toronto', 'Canada', 43.653, -79.383],
  ['Sydney', 'Australia', -33.869, 151.209],
  ['Tokyo', 'Japan', 35.677, 139.65],
] as const;
/** Made up: their names say no more than such names do. */
const PROVIDERS = ['Example Cable', 'Fibre Broadband', 'Telecom Net', 'City Networks', 'Regional DSL', 'Broadband One'];

export interface Spot {
  readonly address: string;
  readonly place: JudgedPlace | null;
  readonly asn: number | null;
  readonly organization: string | null;
}

/** Where somebody is connected at that time. */
export type Line = (at: number) => Spot;

export interface Device {
  readonly device: string;
  readonly platform: string;
  readonly player: string;
}

export interface Habit {
  /** Days counted from the beginning; by default all. */
  readonly from?: number;
  readonly to?: number;
  /** Of a day, 0 … 1. */
  readonly chance?: number;
  /** When a play begins, in hours; by default 18.5 to 22. */
  readonly hours?: readonly [number, number];
  readonly minutes?: readonly [number, number];
  /** 0 is Monday. */
  readonly weekdays?: readonly number[];
  /** So many plays one after the other. */
  readonly plays?: number;
}

export const WORKDAYS = [0, 1, 2, 3, 4];
export const WEEKEND = [5, 6];

export class World {
  readonly random: () => number;
  /** How long the history is. */
  readonly days: number;
  readonly #plays: JudgedPlay[] = [];
  #numbers = 0;

  constructor(seed: number) {
    this.random = randomFrom(seed * 7919);
    this.days = [30, 45, 60, 90][seed % 4]!;
  }

  get plays(): readonly JudgedPlay[] {
    return this.#plays;
  }

  whole(below: number): number {
    return Math.floor(this.random() * below);
  }

  /** Another one for each number. */
  city(number = this.whole(CITIES.length)): number {
    return number % CITIES.length;
  }

  provider(number = this.whole(PROVIDERS.length)): number {
    return number % PROVIDERS.length;
  }

  tv(): Device {
    return this.#device(['webOS', 'Roku', 'tvOS', 'Tizen'][this.whole(4)]!, 'TV');
  }

  phone(): Device {
    return this.#device(this.random() < 0.5 ? 'iOS' : 'Android', 'Phone');
  }

  computer(): Device {
    return this.#device(['Chrome', 'Windows', 'macOS'][this.whole(3)]!, 'Computer');
  }

  /** One address for ever. */
  fixed(city: number, provider: number): Line {
    const spot = this.spot(city, provider);
    return () => spot;
  }

  /** Another address of the same provider each day. */
  daily(city: number, provider: number): Line {
    const spots = new Map<number, Spot>();
    return (at) => {
      // Lines are cut at night.
      const day = Math.floor((at - 4 * HOUR) / DAY);
      if (!spots.has(day)) spots.set(day, this.spot(city, provider));
      return spots.get(day)!;
    };
  }

  /** An IPv4 address and an IPv6 prefix, of which hosts change the rest. */
  dual(city: number, provider: number, ipv6 = 0.5): Line {
    const ipv4 = this.spot(city, provider);
    const prefix = `2001:db8:${this.whole(65536).toString(16)}:${this.whole(65536).toString(16)}`;
    return () =>
      this.random() < ipv6 ? { ...ipv4, address: `${prefix}::${(1 + this.whole(65535)).toString(16)}` } : ipv4;
  }

  /** Many customers behind few addresses, each of which is said to be somewhere else. */
  pool(cities: readonly number[], provider: number, size = 12): Line {
    const spots = Array.from({ length: size }, (_, i) => this.spot(cities[i % cities.length]!, provider));
    return () => spots[this.whole(size)]!;
  }

  /** A telephone's: another address each time, somewhere in the country. */
  mobile(organization = 'Example Mobile'): Line {
    return () => ({ ...this.spot(this.city(), 0), asn: 64700, organization });
  }

  /** Leaves by a data centre somewhere. */
  vpn(organization = 'Mullvad VPN AB', asn = 64800): Line {
    return () => ({ ...this.spot(this.city(), 0), asn, organization });
  }

  satellite(): Line {
    return () => ({ ...this.spot(this.city(), 0), asn: 14593, organization: 'Starlink Example' });
  }

  lan(): Line {
    return () => ({ address: `192.168.1.${2 + this.whole(200)}`, place: null, asn: null, organization: null });
  }

  spot(city: number, provider: number): Spot {
    const [name, country, latitude, longitude] = CITIES[city]!;
    const near = () => (this.random() - 0.5) * 0.2;
    return {
      address: `${20 + this.whole(60)}.${this.whole(256)}.${this.whole(256)}.${1 + this.whole(254)}`,
      place: {
        city: name,
        region: null,
        country,
        latitude: latitude + near(),
        longitude: longitude + near(),
        accuracyKm: 50,
      },
      asn: 64500 + city * 20 + provider,
      organization: PROVIDERS[provider]!,
    };
  }

  /** From so many hours after midnight of a day. */
  watch(device: Device, line: Line, day: number, hour: number, minutes: number, more: Partial<JudgedPlay> = {}): void {
    const startedAt = Math.round(BEGIN + day * DAY + hour * HOUR);
    const playSeconds = Math.round(minutes * 60);
    this.#plays.push({
      id: `s${this.#numbers++}`,
      startedAt,
      stoppedAt: startedAt + playSeconds * 1000,
      playSeconds,
      ...device,
      title: `Film ${this.#numbers}`,
      networkKind: null,
      ...line(startedAt),
      ...more,
    });
  }

  /** Day after day. */
  live(device: Device, line: Line, habit: Habit = {}): void {
    const {
      from = 0,
      to = this.days,
      chance = 0.7,
      hours = [18.5, 22],
      minutes = [25, 100],
      weekdays,
      plays = 1,
    } = habit;
    for (let day = Math.max(from, 0); day < Math.min(to, this.days); day++) {
      if (weekdays !== undefined && !weekdays.includes(day % 7)) continue;
      if (this.random() >= chance) continue;
      let hour = hours[0] + this.random() * (hours[1] - hours[0]);
      for (let i = 0; i < plays; i++) {
        const length = minutes[0] + this.random() * (minutes[1] - minutes[0]);
        this.watch(device, line, day, hour, length);
        hour += length / 60 + this.random() * 0.2;
      }
    }
  }

  /** A television, a computer and two telephones that are used at home. */
  family(line: Line, habit: Habit = {}): readonly [Device, Device, Device, Device] {
    const all = [this.tv(), this.computer(), this.phone(), this.phone()] as const;
    for (const [i, device] of all.entries()) this.live(device, line, { chance: [0.8, 0.4, 0.35, 0.35][i]!, ...habit });
    return all;
  }

  #device(platform: string, player: string): Device {
    const number = this.#numbers++;
    return { device: `device-${number}`, platform, player: `${player} ${number}` };
  }
}
