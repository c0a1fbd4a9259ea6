/** Accounts of one household whose networks look like several: none of them is shared. Those who move about are in sharing-travellers.ts. */

import type { Scenario } from './sharing-corpus.ts';
import { type Line, WEEKEND, type World } from './sharing-world.ts';

/** A place, a provider, and a family there. */
export function settled(world: World, lineOf: (city: number, provider: number) => Line = (c, p) => world.fixed(c, p)) {
  const [city, provider] = [world.city(), world.provider()];
  const home = lineOf(city, provider);
  const [tv, computer, phone, other] = world.family(home);
  return { city, provider, home, tv, computer, phone, other };
}

export const elsewhere = (world: World, city: number, step = 1 + world.whole(10)) => world.city(city + step);

export const FAMILIES: readonly Omit<Scenario, 'isShared'>[] = [
  { name: 'family at home', make: (w) => void settled(w) },
  {
    name: 'two children at home, always at once',
    make: (w) => {
      const { home } = settled(w);
      for (const device of [w.tv(), w.phone(), w.phone()]) w.live(device, home, { chance: 0.95, hours: [17, 18] });
    },
  },
  {
    name: 'large family with twelve devices',
    make: (w) => {
      const { home } = settled(w);
      for (let i = 0; i < 8; i++) w.live(i % 2 === 0 ? w.tv() : w.phone(), home, { chance: 0.4 });
    },
  },
  {
    name: 'the same address, located anew',
    make: (w) => {
      const { home, city, tv } = settled(w);
      const anew = w.spot(elsewhere(w, city), 0).place;
      const half = Math.floor(w.days / 2);
      for (let day = 0; day < w.days; day++) {
        const { address } = home(0);
        const { place } = day < half ? home(0) : { place: anew };
        w.watch(tv, home, day, 20, 60, { address, place });
      }
    },
  },
  {
    name: 'an address located here and there',
    make: (w) => {
      const { home, city, tv, phone } = settled(w);
      const wrong = w.spot(elsewhere(w, city), 0).place;
      for (let day = 0; day < w.days; day++) {
        w.watch(tv, home, day, 19, 60);
        w.watch(phone, home, day, 19.5, 60, { place: wrong });
      }
    },
  },
  {
    name: 'local addresses only',
    make: (w) => void w.family(w.lan(), { chance: 0.9 }),
  },
  {
    name: 'local addresses and the public one of the same line',
    make: (w) => {
      const { home, phone, computer } = settled(w);
      const lan = w.lan();
      for (let day = 0; day < w.days; day++) {
        w.watch(phone, lan, day, 18, 30);
        w.watch(phone, home, day, 18.6, 40);
        w.watch(computer, lan, day, 19, 80);
      }
    },
  },
  {
    name: 'places that are not known',
    make: (w) => {
      const home = w.fixed(w.city(), w.provider());
      const cafes = Array.from({ length: 6 }, () => w.spot(w.city(), w.provider()));
      const [, , phone] = w.family((at) => ({ ...home(at), place: null }));
      const away = () => ({ ...cafes[w.whole(6)]!, place: null, asn: null, organization: null });
      w.live(phone, away, { chance: 0.4, hours: [12, 14] });
    },
  },
  {
    name: 'a shared pool of the provider, Denver and San Jose',
    make: (w) => void w.family(w.pool([7, 8], 2), { chance: 0.9 }),
  },
  { name: 'a small pool in one city', make: (w) => void w.family(w.pool([w.city()], 1, 5), { chance: 0.8 }) },
  {
    name: 'shared address space of a carrier (100.64/10)',
    make: (w) => {
      const { home, phone } = settled(w);
      w.live(phone, (at) => ({ ...home(at), address: `100.64.3.${1 + w.whole(250)}`, place: null }), { chance: 0.5 });
    },
  },
  {
    name: 'a telephone with another address each day',
    make: (w) => {
      const { phone } = settled(w);
      w.live(phone, w.mobile(), { chance: 0.9, hours: [8, 18] });
    },
  },
  {
    name: 'two telephones of a carrier that nobody knows',
    make: (w) => {
      const { phone, other } = settled(w);
      const carrier = w.mobile('Telecom Example SA');
      for (const each of [phone, other]) w.live(each, carrier, { chance: 0.8, hours: [15, 21], plays: 2 });
    },
  },
  {
    name: 'a child who has mobile data only, of a carrier that nobody knows',
    make: (w) => {
      settled(w);
      w.live(w.phone(), w.mobile('Telecom Example SA'), { chance: 0.9, hours: [17, 21], plays: 3 });
    },
  },
  {
    name: 'VPN on and off',
    make: (w) => {
      const { tv, phone, computer } = settled(w);
      for (const each of [tv, phone, computer]) w.live(each, w.vpn(), { chance: 0.4 });
    },
  },
  {
    name: 'VPN of a provider that nobody knows, on and off',
    make: (w) => {
      const { phone, computer, city } = settled(w);
      const exits = [1, 2, 3].map((step) => w.fixed(w.city(city + step), 5));
      for (const each of [phone, computer]) w.live(each, (at) => exits[w.whole(3)]!(at), { chance: 0.4 });
    },
  },
  {
    name: 'a computer that always leaves by a data centre',
    make: (w) => {
      settled(w);
      w.live(w.computer(), w.vpn('Example Cloud Hosting LLC', 64810), { chance: 0.9 });
    },
  },
  {
    name: 'private relay of a browser',
    make: (w) => {
      settled(w);
      for (const device of [w.phone(), w.computer()]) w.live(device, w.vpn('Cloudflare, Inc.', 13335), { chance: 0.8 });
    },
  },
  { name: 'satellite at home', make: (w) => void w.family(w.satellite(), { chance: 0.8 }) },
  {
    name: 'satellite in a van, and a home',
    make: (w) => {
      const { phone, tv } = settled(w);
      w.live(phone, w.satellite(), { weekdays: WEEKEND, chance: 0.9, plays: 2 });
      w.live(tv, w.satellite(), { weekdays: WEEKEND, chance: 0.2 });
    },
  },
  { name: 'two stacks', make: (w) => void settled(w, (c, p) => w.dual(c, p)) },
  { name: 'two stacks, mostly IPv6', make: (w) => void settled(w, (c, p) => w.dual(c, p, 0.9)) },
  {
    name: 'a television with IPv4 only beside telephones with IPv6',
    make: (w) => {
      const [city, provider] = [w.city(), w.provider()];
      const [home, ipv4] = [w.dual(city, provider, 0.85), w.fixed(city, provider)];
      const both: Line = (at) => ({
        ...home(at),
        ...(home(at).address.includes(':') ? {} : { address: ipv4(at).address }),
      });
      w.live(w.tv(), ipv4, { chance: 0.9 });
      for (const device of [w.phone(), w.computer()]) w.live(device, both, { chance: 0.8 });
    },
  },
  { name: 'a line that changes its address each night', make: (w) => void settled(w, (c, p) => w.daily(c, p)) },
];
