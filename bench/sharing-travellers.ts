/** Accounts of one household that is in several places, or has much that is new: none of them is shared. */

import type { Scenario } from './sharing-corpus.ts';
import { elsewhere, settled } from './sharing-families.ts';
import { WEEKEND, WORKDAYS } from './sharing-world.ts';

export const TRAVELLERS: readonly Omit<Scenario, 'isShared'>[] = [
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
