/** Accounts of one household that look shared to whoever counts addresses, devices and kilometres: none of them is. */

import type { Scenario } from './sharing-corpus.ts';
import { type Line, WEEKEND, WORKDAYS, type World } from './sharing-world.ts';

/** A place, a provider, and a family there. */
function settled(world: World, lineOf: (city: number, provider: number) => Line = (c, p) => world.fixed(c, p)) {
  const [city, provider] = [world.city(), world.provider()];
  const home = lineOf(city, provider);
  const [tv, computer, phone, other] = world.family(home);
  return { city, provider, home, tv, computer, phone, other };
}

const elsewhere = (world: World, city: number, step = 1 + world.whole(10)) => world.city(city + step);

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
  {
    name: 'a move to another city',
    make: (w) => {
      const [one, other] = [w.city(), w.city()];
      const half = Math.floor(w.days / 2);
      const [old, fresh] = [w.fixed(one, 1), w.fixed(other, 2)];
      w.family((at) => ((at - Date.UTC(2026, 5, 1)) / 86_400_000 < half ? old : fresh)(at));
    },
  },
  {
    name: 'a hotel, then home the same day by plane',
    make: (w) => {
      const { city, phone, computer } = settled(w);
      const hotel = w.fixed(elsewhere(w, city), 3);
      for (const day of [10, 11, 12]) w.watch(phone, hotel, day, 21, 90);
      w.watch(computer, hotel, 13, 6, 40);
    },
  },
  {
    name: 'one parent travels for work, the family watches at home',
    make: (w) => {
      const { city, computer, phone } = settled(w);
      for (let week = 0; week * 14 < w.days; week++) {
        const hotel = w.fixed(elsewhere(w, city), w.provider());
        for (const device of [computer, phone])
          w.live(device, hotel, { from: week * 14, to: week * 14 + 3, chance: 0.8 });
      }
    },
  },
  {
    name: 'a hotel with its own television, somebody stays at home',
    make: (w) => {
      const { city } = settled(w);
      w.live(w.tv(), w.fixed(elsewhere(w, city), 3), { from: 8, to: 13, chance: 1, plays: 2 });
    },
  },
  {
    name: 'two weeks in a holiday flat, the grown-up son stays at home',
    make: (w) => {
      const { city, phone } = settled(w);
      const flat = w.fixed(elsewhere(w, city), 4);
      for (const device of [phone, w.tv(), w.tv()]) w.live(device, flat, { from: 6, to: 20, chance: 0.8 });
    },
  },
  {
    name: 'road trip: another motel each night',
    make: (w) => {
      const { phone, computer } = settled(w);
      for (let day = 5; day < 24; day++) {
        const motel = w.fixed(w.city(day), w.provider());
        for (const device of [phone, computer]) w.live(device, motel, { from: day, to: day + 1, chance: 0.8 });
      }
    },
  },
  {
    name: 'a nomad with two devices and no home',
    make: (w) => {
      const [phone, computer] = [w.phone(), w.computer()];
      for (let day = 0; day < w.days; day += 4) {
        const flat = w.fixed(w.city(), w.provider());
        for (const device of [phone, computer]) w.live(device, flat, { from: day, to: day + 4, chance: 0.8 });
      }
    },
  },
  {
    name: 'rented flats, signed in on each television',
    make: (w) => {
      const phone = w.phone();
      for (let day = 0; day < w.days; day += 6) {
        const flat = w.fixed(w.city(), w.provider());
        w.live(w.tv(), flat, { from: day, to: day + 6, chance: 0.9 });
        w.live(phone, flat, { from: day, to: day + 6, chance: 0.4 });
      }
    },
  },
  {
    name: 'a television that sleeps, and a telephone on the way',
    make: (w) => {
      const { tv, home, phone } = settled(w);
      for (let day = 0; day < w.days; day += 2) w.watch(tv, home, day, 22.2, 600);
      w.live(phone, w.mobile(), { chance: 0.8, hours: [7, 9] });
    },
  },
  {
    name: 'a session that was never stopped',
    make: (w) => {
      const { tv, home, phone, city } = settled(w);
      for (let day = 1; day < w.days; day += 5) {
        w.watch(tv, home, day, 21, 40, { stoppedAt: Date.UTC(2026, 5, 1 + day + 2), playSeconds: 0 });
        w.watch(phone, w.fixed(elsewhere(w, city), 2), day + 1, 12, 50);
      }
    },
  },
  {
    name: 'the next episode begins before the last one is over',
    make: (w) => {
      const { tv, home, city, provider } = settled(w);
      const other = w.fixed(city, provider);
      const twin = { ...tv, device: `${tv.device}-app` };
      for (let day = 0; day < w.days; day++) {
        w.watch(tv, home, day, 18, 30);
        w.watch(twin, day % 3 === 0 ? other : home, day, 18.5 - 6 / 3600, 30);
      }
    },
  },
  {
    name: 'another quality, over a second line of the house',
    make: (w) => {
      const { tv, home, city, provider } = settled(w);
      const backup = w.fixed(city, w.provider(provider + 1));
      const twin = { ...tv, device: `${tv.device}-low` };
      for (let day = 0; day < w.days; day++) {
        w.watch(tv, home, day, 19, 31, { title: `Film of day ${day}` });
        if (day % 2 === 0) w.watch(twin, backup, day, 19.5, 20, { title: `Film of day ${day}` });
      }
    },
  },
  {
    name: 'at work in the day, the other parent at home',
    make: (w) => {
      const { city, phone, home } = settled(w);
      const office = w.fixed(city, w.provider());
      w.live(w.computer(), office, { weekdays: WORKDAYS, chance: 0.8, hours: [8, 16] });
      w.live(phone, office, { weekdays: WORKDAYS, chance: 0.3, hours: [12, 13] });
      w.live(w.tv(), home, { chance: 0.8, hours: [8, 16] });
    },
  },
  {
    name: 'a weekly commuter with a second flat',
    make: (w) => {
      const { city, phone } = settled(w);
      const flat = w.fixed(elsewhere(w, city), 2);
      w.live(w.tv(), flat, { weekdays: [0, 1, 2, 3], chance: 0.5 });
      w.live(phone, flat, { weekdays: [0, 1, 2, 3], chance: 0.8, hours: [20, 23] });
    },
  },
  {
    name: 'a second home at weekends',
    make: (w) => {
      const [one, other] = [w.city(), w.city()];
      const [home, second] = [w.fixed(one, 1), w.fixed(elsewhere(w, other), 2)];
      const [tv, cottage, phone, computer] = [w.tv(), w.tv(), w.phone(), w.computer()];
      w.live(tv, home, { weekdays: WORKDAYS });
      w.live(cottage, second, { weekdays: WEEKEND, chance: 0.9, plays: 2 });
      for (const device of [phone, computer]) {
        w.live(device, home, { weekdays: WORKDAYS, chance: 0.5 });
        w.live(device, second, { weekdays: WEEKEND, chance: 0.5 });
      }
    },
  },
  {
    name: 'a second home at weekends, sometimes somebody stays',
    make: (w) => {
      const { city, phone, other } = settled(w);
      const second = w.fixed(elsewhere(w, city), 2);
      w.live(w.tv(), second, { weekdays: WEEKEND, chance: 0.6 });
      for (const device of [phone, other]) w.live(device, second, { weekdays: WEEKEND, chance: 0.6 });
    },
  },
  {
    name: 'children at their grandparents every other weekend',
    make: (w) => {
      const { city, other } = settled(w);
      const grandparents = w.fixed(w.random() < 0.5 ? city : elsewhere(w, city), 3);
      const tv = w.tv();
      for (let day = 5; day < w.days; day += 14) {
        w.live(tv, grandparents, { from: day, to: day + 2, chance: 0.7 });
        w.live(other, grandparents, { from: day, to: day + 2, chance: 0.7 });
      }
    },
  },
  {
    name: 'grandparents who look after them once a week, on their television',
    make: (w) => {
      const { city, provider } = settled(w);
      const grandparents = w.fixed(city, provider);
      w.live(w.tv(), grandparents, { weekdays: [2], chance: 0.5, hours: [14, 18] });
    },
  },
  {
    name: 'a student with a room, at home every weekend',
    make: (w) => {
      const { city, home } = settled(w);
      const room = w.fixed(elsewhere(w, city), 4);
      const laptop = w.computer();
      w.live(laptop, room, { weekdays: [0, 1, 2, 3], chance: 0.8 });
      w.live(laptop, home, { weekdays: [4, 5, 6], chance: 0.6 });
    },
  },
  {
    name: 'a single who spends every other night with a partner',
    make: (w) => {
      const city = w.city();
      const [home, partner] = [w.fixed(city, 1), w.fixed(city, 2)];
      const [tv, there, phone] = [w.tv(), w.tv(), w.phone()];
      for (let day = 0; day < w.days; day++) {
        const isThere = day % 2 === 1;
        w.live(isThere ? there : tv, isThere ? partner : home, { from: day, to: day + 1, chance: 0.8 });
        w.live(phone, isThere ? partner : home, { from: day, to: day + 1, chance: 0.5 });
      }
    },
  },
  {
    name: 'signed in at friends for a party',
    make: (w) => {
      const { city, provider } = settled(w);
      for (const day of [5, 19, 26]) w.watch(w.tv(), w.fixed(city, w.provider(provider + day)), day, 20, 150);
    },
  },
  {
    name: 'cafés and libraries of the city',
    make: (w) => {
      const { city, computer } = settled(w);
      const cafes = Array.from({ length: 8 }, () => w.fixed(city, w.provider()));
      w.live(computer, (at) => cafes[w.whole(8)]!(at), { chance: 0.7, hours: [10, 20] });
    },
  },
  {
    name: 'private windows: another device each time',
    make: (w) => {
      const { home } = settled(w);
      for (let day = 0; day < w.days; day++) w.live(w.computer(), home, { from: day, to: day + 1, chance: 0.8 });
    },
  },
  {
    name: 'new devices for everybody at Christmas',
    make: (w) => {
      const { home } = settled(w);
      for (let i = 0; i < 6; i++) w.live(w.phone(), home, { from: 20 + (i % 3), chance: 0.6 });
    },
  },
  {
    name: 'a cruise: satellite and ports',
    make: (w) => {
      const { phone } = settled(w);
      w.live(phone, w.satellite(), { from: 8, to: 18, chance: 0.9 });
      for (let day = 9; day < 18; day += 2) w.watch(phone, w.fixed(w.city(), 1), day, 12, 30);
    },
  },
  {
    name: 'a night watch with a computer at work, a telephone now and then',
    make: (w) => {
      const { city, phone } = settled(w);
      const work = w.fixed(city, w.provider());
      w.live(w.computer(), work, { weekdays: [1, 2, 3], chance: 0.7, hours: [20, 23] });
      w.live(phone, work, { weekdays: [1, 2, 3], chance: 0.5, hours: [20, 23] });
    },
  },
  {
    name: 'a shop with a television, open on Saturdays',
    make: (w) => {
      const { city } = settled(w);
      w.live(w.tv(), w.fixed(city, w.provider()), { weekdays: [...WORKDAYS, 5], chance: 0.7, hours: [9, 17] });
    },
  },
  {
    name: 'a campsite every weekend',
    make: (w) => {
      const { city, phone } = settled(w);
      const camp = w.fixed(elsewhere(w, city), 5);
      w.live(w.tv(), camp, { weekdays: WEEKEND, chance: 0.7 });
      w.live(phone, camp, { weekdays: WEEKEND, chance: 0.7 });
    },
  },
  {
    name: 'a partner next door whose address is located far away',
    make: (w) => {
      const city = w.city();
      const [home, partner] = [w.fixed(city, 1), w.fixed(elsewhere(w, city), 2)];
      const [tv, there, phone] = [w.tv(), w.tv(), w.phone()];
      w.live(tv, home, { weekdays: [0, 2, 4, 6], chance: 0.8 });
      w.live(there, partner, { weekdays: [1, 3, 5], chance: 0.8 });
      w.live(phone, home, { chance: 0.4, hours: [17, 18] });
      w.live(phone, partner, { weekdays: [1, 3, 5], chance: 0.4 });
    },
  },
];
