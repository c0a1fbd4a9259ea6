/** The registry: every product that we can speak as, sorted. The only way in. */

import { casterstats } from './casterstats/index.ts';
import type { FacadeKind } from './facade.ts';
import { hlsListeners } from './hls-listeners/index.ts';
import { ssmon } from './ssmon/index.ts';
import { turnMonitor } from './turn-monitor/index.ts';

export const FACADE_KINDS: readonly FacadeKind[] = [casterstats, hlsListeners, ssmon, turnMonitor];
