/**
 * An address's place: where it is (geo/) and whose network it is in (network/). From tables it comes at once, as one object
 * for each pair of the two, so that a million clients share a few thousand; from a web service (geo/web/) it comes later.
 */

import type { Geo, Place } from '../core/identity.ts';
import type { IpBytes } from '../lib/ip.ts';
import type { Table } from './mmdb/lookup.ts';
import type { Network } from './network/index.ts';

/** What is known of where an address is. */
export interface Whereabouts<W> {
  readonly place: Place | null;
  /** Whoever must be told when the place is found, or cannot be; null if nothing is under way. */
  readonly waiting: W[] | null;
  /** It could not be found out, but may be when the address comes again. */
  readonly isOpen: boolean;
}

/** `W` is whatever waits for a place. */
export interface Places<W> {
  of(address: IpBytes): Whereabouts<W>;
  close(): Promise<void>;
}

/** So many are shared; then sharing begins anew. */
const MAX_SHARED = 100_000;

export class TablePlaces<W> implements Places<W> {
  readonly #geos: Table<Geo>;
  readonly #networks: Table<Network>;
  /** By the numbers of both. */
  readonly #shared = new Map<number, Whereabouts<W>>();
  readonly #numbers = new Map<Geo | Network | null, number>();
  readonly #nowhere: Whereabouts<W> = { place: null, waiting: null, isOpen: false };

  constructor(geos: Table<Geo>, networks: Table<Network>) {
    this.#geos = geos;
    this.#networks = networks;
  }

  of(address: IpBytes): Whereabouts<W> {
    const geo = this.#geos.find(address);
    const network = this.#networks.find(address);
    if (geo === null && network === null) return this.#nowhere;
    const key = this.#numberOf(geo) * 2 ** 26 + this.#numberOf(network);
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const place: Place = { geo, asn: network?.asn ?? null, organization: network?.organization ?? null };
    const whereabouts: Whereabouts<W> = { place, waiting: null, isOpen: false };
    if (this.#shared.size >= MAX_SHARED) this.forget();
    else this.#shared.set(key, whereabouts);
    return whereabouts;
  }

  /** A table has changed. */
  forget(): void {
    this.#shared.clear();
    this.#numbers.clear();
  }

  async close(): Promise<void> {
    await Promise.all([this.#geos.close(), this.#networks.close()]);
  }

  #numberOf(half: Geo | Network | null): number {
    const known = this.#numbers.get(half);
    if (known !== undefined) return known;
    this.#numbers.set(half, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}
