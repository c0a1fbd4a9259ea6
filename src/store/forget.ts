/** Who is to be forgotten, as people say it, in terms of what is stored. */

import { HeadcountError } from '../lib/errors.ts';
import { canonicalIp } from '../lib/ip.ts';
import type { Store } from './store.ts';

/** Exactly one of them. */
export interface Forgettable {
  readonly ip?: string | undefined;
  readonly user?: string | undefined;
  /** The id of a session: whoever had it. */
  readonly session?: string | undefined;
}

/**
 * Answers how many sessions were touched. `mask` is what privacy does to addresses; where they are kept masked,
 * everybody behind the same mask is forgotten. Throws `NOT_FOUND` for a session that is not there.
 */
export async function forgetListener(
  store: Store,
  who: Forgettable,
  mask: (address: string) => string | null,
): Promise<number> {
  if (who.user !== undefined) return store.forget({ user: who.user });
  if (who.ip !== undefined) {
    const kept = mask(canonicalIp(who.ip) ?? who.ip);
    const masked = kept === null ? 0 : await store.forget({ address: kept });
    // What is shown of a masked address may be given as it is.
    return kept === who.ip ? masked : masked + (await store.forget({ address: who.ip }));
  }
  const session = await store.session(who.session!);
  if (session === null) throw new HeadcountError('NOT_FOUND', 'There is no session with this id.');
  return store.forget({ listener: session.listener });
}
