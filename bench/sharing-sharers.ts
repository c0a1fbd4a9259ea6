/** Accounts that people of several households use, from obvious to hardly visible. */

import type { Scenario } from './sharing-corpus.ts';
import { type Device, type Habit, type Line, WEEKEND, WORKDAYS, type World } from './sharing-world.ts';

interface Couple {
  readonly city: number;
  readonly provider: number;
  readonly home: Line;
  readonly there: Line;
  readonly phone: Device;
  readonly guest: Device;
}

/** A family, and a second household with devices of its own. `step` 0 is the same city. */
function twoHouseholds(world: World, step: number, habit: Habit = {}, lineOf = fixedLine): Couple {
  const [city, provider] = [world.city(), world.provider()];
  const home = lineOf(world, city, provider);
  const there = lineOf(world, world.city(city + step), world.provider(provider + 1 + world.whole(4)));
  const [, , phone] = world.family(home);
  const [tv, guest] = [world.tv(), world.phone()];
  world.live(tv, there, { chance: 0.7, ...habit });
  world.live(guest, there, { chance: 0.4, ...habit });
  return { city, provider, home, there, phone, guest };
}

const fixedLine = (world: World, city: number, provider: number) => world.fixed(city, provider);
const far = (world: World) => 1 + world.whole(10);

export const SHARERS: readonly Omit<Scenario, 'isShared'>[] = [
  { name: 'two families in two cities', make: (w) => void twoHouseholds(w, far(w)) },
  { name: 'two families in one city', make: (w) => void twoHouseholds(w, 0) },
  {
    name: 'two families in one city with one provider',
    make: (w) => {
      const [city, provider] = [w.city(), w.provider()];
      w.family(w.fixed(city, provider));
      w.family(w.fixed(city, provider));
    },
  },
  { name: 'two families with two stacks', make: (w) => void twoHouseholds(w, far(w), {}, (x, c, p) => x.dual(c, p)) },
  {
    name: 'two families whose lines change each night',
    make: (w) => void twoHouseholds(w, far(w), {}, (x, c, p) => x.daily(c, p)),
  },
  {
    name: 'a family at the server and another one outside',
    make: (w) => {
      w.family(w.lan());
      w.family(w.fixed(w.city(), w.provider()));
    },
  },
  {
    name: 'two children in two cities, each at once',
    make: (w) => void twoHouseholds(w, far(w), { hours: [17, 19], chance: 0.8 }),
  },
  {
    name: 'three households',
    make: (w) => {
      const { city } = twoHouseholds(w, far(w), { chance: 0.5 });
      w.family(w.fixed(w.city(city + 5), w.provider()), { chance: 0.5 });
    },
  },
  {
    name: 'grandparents with a television of their own, every day',
    make: (w) => void twoHouseholds(w, w.whole(2) * far(w), { hours: [17, 21], chance: 0.8 }),
  },
  {
    name: 'a friend who watches at weekends only',
    make: (w) => void twoHouseholds(w, far(w), { weekdays: WEEKEND, chance: 0.9, plays: 2 }),
  },
  { name: 'a friend who watches twice a week', make: (w) => void twoHouseholds(w, far(w), { chance: 0.2, plays: 2 }) },
  {
    name: 'a friend who visits now and then with a telephone',
    make: (w) => {
      const { home, guest } = twoHouseholds(w, 0);
      for (const day of [6, 20]) w.watch(guest, home, day, 20, 60);
    },
  },
  {
    name: 'somebody of the family visits the friend now and then',
    make: (w) => {
      const { there, phone } = twoHouseholds(w, far(w));
      for (const day of [5, 19]) w.watch(phone, there, day, 20, 60);
    },
  },
  {
    name: 'separated parents: a tablet goes along every other week',
    make: (w) => {
      const { home, there } = twoHouseholds(w, 0);
      const tablet = w.phone();
      for (let day = 0; day < w.days; day += 14) {
        w.live(tablet, home, { from: day, to: day + 7, chance: 0.6 });
        w.live(tablet, there, { from: day + 10, to: day + 14, chance: 0.6 });
      }
    },
  },
  {
    name: 'a student who is away all term with a television',
    make: (w) => void twoHouseholds(w, far(w), { weekdays: [0, 1, 2, 3, 6], chance: 0.7, hours: [19, 23] }),
  },
  {
    name: 'turns: one household early, one late, far apart',
    make: (w) => {
      const city = w.city();
      w.live(w.tv(), w.fixed(city, 1), { chance: 0.8, hours: [17, 17.5], minutes: [40, 60] });
      w.live(w.tv(), w.fixed(w.city(city + far(w)), 2), { chance: 0.8, hours: [19, 19.5], minutes: [40, 60] });
    },
  },
  {
    name: 'turns in one city: early, late, early again',
    make: (w) => {
      const city = w.city();
      const [tv, home] = [w.tv(), w.fixed(city, 1)];
      w.live(tv, home, { chance: 0.8, hours: [16.5, 17], minutes: [30, 50] });
      w.live(w.tv(), w.fixed(city, 2), { chance: 0.8, hours: [18.5, 19], minutes: [30, 50] });
      w.live(tv, home, { chance: 0.8, hours: [21, 21.5], minutes: [30, 50] });
    },
  },
  {
    name: 'two singles, a television each',
    make: (w) => {
      const city = w.city();
      w.live(w.tv(), w.fixed(city, 1), { chance: 0.7 });
      w.live(w.tv(), w.fixed(w.city(city + far(w)), 2), { chance: 0.7 });
    },
  },
  {
    name: 'two households, one of which also uses a VPN',
    make: (w) => {
      const { guest } = twoHouseholds(w, far(w), { chance: 0.6 });
      w.live(guest, w.vpn(), { chance: 0.4 });
    },
  },
  {
    name: 'two households and much travel',
    make: (w) => {
      const { city, phone } = twoHouseholds(w, far(w));
      for (let week = 1; week * 10 < w.days; week++) {
        w.live(phone, w.fixed(w.city(city + week), 4), { from: week * 10, to: week * 10 + 3, chance: 0.9 });
      }
    },
  },
  {
    name: 'two households, places not known',
    make: (w) => {
      const [one, other] = [w.fixed(w.city(), 1), w.fixed(w.city(), 2)];
      const hidden =
        (line: Line): Line =>
        (at) => ({ ...line(at), place: null, asn: null, organization: null });
      w.family(hidden(one));
      w.family(hidden(other));
    },
  },
  {
    name: 'the second household began three weeks ago',
    make: (w) => void twoHouseholds(w, far(w), { from: w.days - 21, chance: 0.8 }),
  },
  {
    name: 'sold: twelve devices of six providers',
    make: (w) => {
      for (let i = 0; i < 6; i++) {
        const line = w.fixed(w.city(i * 2), i);
        for (const device of [w.tv(), w.phone()]) w.live(device, line, { chance: 0.5 });
      }
    },
  },
  {
    name: 'sold: five buyers who watch little',
    make: (w) => {
      for (let i = 0; i < 5; i++) w.live(w.tv(), w.fixed(w.city(i * 2 + 1), i), { chance: 0.25 });
    },
  },
  {
    name: 'sold: buyers come and go',
    make: (w) => {
      for (let i = 0; i < 12; i++) {
        const from = (i % 6) * (w.days / 8);
        w.live(w.tv(), w.fixed(w.city(i), w.provider()), { from, to: from + w.days / 3, chance: 0.7 });
      }
    },
  },
  {
    name: 'sold: a dozen buyers with many other addresses',
    make: (w) => {
      for (let i = 0; i < 12; i++) {
        const device = w.computer();
        w.live(device, w.fixed(w.city(i), w.provider()), { chance: 0.4 });
        w.live(device, w.vpn(), { chance: 0.2 });
      }
    },
  },
  {
    name: 'a housemate who moved out and kept it',
    make: (w) => {
      const { home } = twoHouseholds(w, 0);
      const tv = w.computer();
      w.live(tv, home, { from: 0, to: 6, chance: 0.8 });
      w.live(tv, w.fixed(w.city(), 3), { from: 7, chance: 0.7 });
    },
  },
  {
    name: 'colleagues in two offices and their homes',
    make: (w) => {
      const { city } = twoHouseholds(w, 0);
      w.live(w.computer(), w.fixed(city, 4), { weekdays: WORKDAYS, hours: [9, 16] });
    },
  },
  {
    name: 'a friend on a telephone carrier only',
    make: (w) => {
      w.family(w.fixed(w.city(), w.provider()));
      w.live(w.phone(), w.mobile(), { chance: 0.9, plays: 2 });
    },
  },
  {
    name: 'a friend behind a shared pool',
    make: (w) => {
      const city = w.city();
      w.family(w.fixed(city, 1));
      const pool = w.pool([w.city(city + 3), w.city(city + 4)], 2);
      for (const device of [w.tv(), w.computer()]) w.live(device, pool, { chance: 0.7 });
    },
  },
  {
    name: 'a friend who watches one evening a week',
    make: (w) => void twoHouseholds(w, far(w), { weekdays: [4], plays: 2 }),
  },
  {
    name: 'a friend who watches in the day, from Monday to Friday',
    make: (w) => void twoHouseholds(w, 0, { weekdays: WORKDAYS, hours: [9, 15], plays: 2 }),
  },
];
