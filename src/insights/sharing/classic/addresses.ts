/** What an account played from which address: no judgement, only what there is. */

import type { Play } from '../play.ts';

export interface AddressUse {
  readonly address: string;
  readonly plays: number;
  readonly playSeconds: number;
  /** Of all playing time of the account, 0 … 1. */
  readonly share: number;
  /** Null is one that is not known. */
  readonly platforms: readonly (string | null)[];
}

export interface AddressReport {
  /** Of those with an address. */
  readonly plays: number;
  readonly playSeconds: number;
  /** By playing time, longest first. */
  readonly addresses: readonly AddressUse[];
}

export function addressesOf(plays: readonly Play[]): AddressReport {
  const uses = new Map<string, { plays: number; playSeconds: number; platforms: Set<string | null> }>();
  const newestFirst = plays.toSorted((a, b) => (b.startedAt ?? 0) - (a.startedAt ?? 0));
  for (const { address, playSeconds, platform } of newestFirst) {
    if (address === null) continue;
    let use = uses.get(address);
    if (use === undefined) {
      use = { plays: 0, playSeconds: 0, platforms: new Set() };
      uses.set(address, use);
    }
    use.plays++;
    use.playSeconds += playSeconds;
    use.platforms.add(platform);
  }
  const sum = (of: 'plays' | 'playSeconds') => [...uses.values()].reduce((total, use) => total + use[of], 0);
  const playSeconds = sum('playSeconds');
  const addresses = [...uses].map(([address, use]) => ({
    address,
    plays: use.plays,
    playSeconds: use.playSeconds,
    share: playSeconds === 0 ? 0 : use.playSeconds / playSeconds,
    platforms: [...use.platforms],
  }));
  return { plays: sum('plays'), playSeconds, addresses: addresses.sort((a, b) => b.playSeconds - a.playSeconds) };
}
