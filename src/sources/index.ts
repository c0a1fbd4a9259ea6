/** The registry: every kind of source there is, sorted. The only way in. */

import { accessLog } from './access-log/index.ts';
import { azuracast } from './azuracast/index.ts';
import { coturn } from './coturn/index.ts';
import { coturnLog } from './coturn-log/index.ts';
import { icecast } from './icecast/index.ts';
import { json } from './json/index.ts';
import { mediamtx } from './mediamtx/index.ts';
import { nginxRtmp } from './nginx-rtmp/index.ts';
import { owncast } from './owncast/index.ts';
import { processSource } from './process/index.ts';
import { shoutcast } from './shoutcast/index.ts';
import { shoutcastLog } from './shoutcast-log/index.ts';
import type { SourceKind } from './source.ts';
import { spyserver } from './spyserver/index.ts';
import { srs } from './srs/index.ts';
import { ssmon } from './ssmon/index.ts';
import { tautulli } from './tautulli/index.ts';
import { turn } from './turn/index.ts';
import { windowsMedia } from './windows-media/index.ts';
import { wowza } from './wowza/index.ts';
import { wowzaLog } from './wowza-log/index.ts';

/** A plain path goes to the first that claims it: those that know it by its ending, then the access log. */
export const KINDS: readonly SourceKind[] = [
  azuracast,
  coturn,
  coturnLog,
  icecast,
  json,
  mediamtx,
  nginxRtmp,
  owncast,
  processSource,
  shoutcast,
  shoutcastLog,
  spyserver,
  srs,
  ssmon,
  tautulli,
  turn,
  windowsMedia,
  wowza,
  wowzaLog,
  accessLog,
];
