/**
 * The registry of what can be read once from beginning to end, in the order of index.ts: known by name, and loaded when it is
 * asked for. Who wants to know what was in a log need not wait for all that talks to servers.
 */

import { NAME as ACCESS_LOG } from './access-log/name.ts';
import { prepareThreads } from './access-log/part-threads.ts';
import { NAME as COTURN_LOG } from './coturn-log/name.ts';
import { NAME as SHOUTCAST_LOG } from './shoutcast-log/name.ts';
import type { KindTraits, ReadOnce, SourceKind } from './source.ts';
import { NAME as TURN } from './turn/name.ts';
import { NAME as WINDOWS_MEDIA } from './windows-media/name.ts';
import { NAME as WOWZA_LOG } from './wowza-log/name.ts';

export interface ReadableKind extends Pick<SourceKind, 'kind' | 'schemes' | 'claims'> {
  load(): Promise<SourceKind>;
  /** With all its options as they are if nobody has written any; where that is sooner loaded. */
  loadAsIs?(): Promise<ReadableAsIs>;
  /** So many bytes are about to be read: lets begin what takes its time. */
  prepare?(bytes: number): void;
}

/** What reading takes. */
export interface ReadableAsIs {
  readonly traits: KindTraits;
  readonly options: Record<string, unknown>;
  readonly readOnce: ReadOnce<never>;
}

export const READABLE: readonly ReadableKind[] = [
  { ...COTURN_LOG, load: async () => (await import('./coturn-log/index.ts')).coturnLog },
  { ...SHOUTCAST_LOG, load: async () => (await import('./shoutcast-log/index.ts')).shoutcastLog },
  { ...TURN, load: async () => (await import('./turn/index.ts')).turn },
  { ...WINDOWS_MEDIA, load: async () => (await import('./windows-media/index.ts')).windowsMedia },
  { ...WOWZA_LOG, load: async () => (await import('./wowza-log/index.ts')).wowzaLog },
  {
    ...ACCESS_LOG,
    load: async () => (await import('./access-log/index.ts')).accessLog,
    loadAsIs: async () => {
      const [{ DEFAULTS, TRAITS }, { readLogOnce }] = await Promise.all([
        import('./access-log/reader-options.ts'),
        import('./access-log/read-once.ts'),
      ]);
      return { traits: TRAITS, options: { ...DEFAULTS }, readOnce: readLogOnce };
    },
    prepare: prepareThreads,
  },
];
