/**
 * Who was met, as numbers: what the sessions of somebody count under is found out once, and not again for each of them. Memory: some
 * 80 bytes for each, and the tokens of the listeners.
 */

import type { Geo, Place, Player } from '../../core/identity.ts';
import { cityOf } from '../../core/query.ts';
import type { SessionRecord } from '../../core/session.ts';
import { Values } from './values.ts';

/** What of a session is its client's. */
export type Summarized = Pick<SessionRecord, 'listener' | 'user' | 'player' | 'place'>;

export const LISTENER_DIMENSIONS = ['country', 'city', 'player', 'platform', 'user'] as const;
export type ListenerDimension = (typeof LISTENER_DIMENSIONS)[number];

/** By dimension, and the number of a point plus one: 0 is a place that nobody knows. */
type Placed = Readonly<Record<'country' | 'city' | 'point', number>>;
type Played = Readonly<Record<'player' | 'platform', number>>;

/** Objects whose numbers are remembered, so that their texts need not be put together again. */
const MAX_REMEMBERED = 50_000;

export class Listeners {
  readonly values: Readonly<Record<ListenerDimension, Values>>;
  readonly geos: Geo[] = [];
  /** By who it was: the numbers of what is counted under. */
  readonly numbers: Readonly<Record<ListenerDimension | 'point' | 'listener', number[]>> = {
    ...{ country: [], city: [], player: [], platform: [], user: [] },
    ...{ point: [], listener: [] },
  };
  /** How many distinct ones. */
  count = 0;
  readonly #maxValues: number;
  /** Who a listener was last: it may be somewhere else, or play with something else, next time. */
  readonly #last = new Map<string, number>();
  readonly #users: (string | null)[] = [];
  readonly #players: (Player | null)[] = [];
  readonly #places: (Place | null)[] = [];
  readonly #points = new Map<string, number>();
  readonly #placed = new Map<Place | null, Placed>();
  readonly #played = new Map<Player | null, Played>();

  constructor(maxValues: number) {
    this.#maxValues = maxValues;
    const values = LISTENER_DIMENSIONS.map((dimension) => [dimension, new Values(maxValues)] as const);
    this.values = Object.fromEntries(values) as Record<ListenerDimension, Values>;
  }

  /** Equal for all that count under the same. */
  numberOf(told: Summarized): number {
    const last = this.#last.get(told.listener);
    if (last === undefined) return this.#add(told, this.count++);
    const isAlike = this.#places[last] === told.place && this.#players[last] === told.player;
    if (isAlike && this.#users[last] === told.user) return last;
    return this.#add(told, this.numbers.listener[last]!);
  }

  #add({ listener, user, player, place }: Summarized, number: number): number {
    const { numbers } = this;
    const placed = this.#placed.get(place) ?? this.#place(place);
    const played = this.#played.get(player) ?? this.#play(player);
    numbers.country.push(placed.country);
    numbers.city.push(placed.city);
    numbers.point.push(placed.point);
    numbers.player.push(played.player);
    numbers.platform.push(played.platform);
    numbers.user.push(this.values.user.numberOf(user));
    numbers.listener.push(number);
    this.#users.push(user);
    this.#players.push(player);
    const who = this.#places.push(place) - 1;
    this.#last.set(listener, who);
    return who;
  }

  #place(place: Place | null): Placed {
    const placed = {
      country: this.values.country.numberOf(place?.geo?.countryCode ?? null),
      city: this.values.city.numberOf(cityOf(place)),
      point: this.#pointOf(place?.geo ?? null),
    };
    if (this.#placed.size >= MAX_REMEMBERED) this.#placed.clear();
    this.#placed.set(place, placed);
    return placed;
  }

  #play(player: Player | null): Played {
    const played = {
      player: this.values.player.numberOf(player?.name ?? null),
      platform: this.values.platform.numberOf(player?.platform ?? null),
    };
    if (this.#played.size >= MAX_REMEMBERED) this.#played.clear();
    this.#played.set(player, played);
    return played;
  }

  #pointOf(geo: Geo | null): number {
    if (geo === null || geo.latitude === null || geo.longitude === null) return 0;
    const key = `${geo.latitude} ${geo.longitude} ${geo.city}`;
    const known = this.#points.get(key);
    if (known !== undefined) return known;
    if (this.geos.length >= this.#maxValues) return 0;
    const point = this.geos.push(geo);
    this.#points.set(key, point);
    return point;
  }
}
