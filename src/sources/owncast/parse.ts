/**
 * What Owncast says of its stream and viewers, by its source (models/viewer.go, controllers/status.go and
 * controllers/admin/status.go). Pure; asking is index.ts's.
 *
 * Shapes: `/api/status` `{"online":true,"viewerCount":3,"lastConnectTime":"2026-…","streamTitle":"…"}`; `/api/admin/status` the same
 * with `sessionPeakViewerCount` and `broadcaster.time`; `/api/admin/viewers` `[{"firstSeen":"2026-…","userAgent":"…",
 * "ipAddress":"…","clientID":"…"}]`.
 */

import {
  clientFacts,
  FOREVER,
  type Instant,
  type Presence,
  presence,
  type StreamReport,
} from '../../core/observation.ts';
import { countIn, type Fields, fieldsOf, flagIn, parseJson, textIn } from '../../transports/poll/json-fields.ts';

/** An Owncast has one stream, and no name for it. */
export const STREAM = 'live';

/** Either status page; null if this is none. `at` is when the question was asked. */
export function parseStatus(body: Uint8Array, at: Instant): StreamReport | null {
  const fields = fieldsOf(parseJson(body));
  const isOnline = fields === null ? null : flagIn(fields, 'online');
  if (fields === null || isOnline === null) return null;
  const broadcaster = fieldsOf(fields['broadcaster']) ?? {};
  const startedAt = timeField(broadcaster, 'time') ?? timeField(fields, 'lastConnectTime');
  return {
    kind: 'report',
    stream: STREAM,
    at,
    status: isOnline ? 'up' : 'down',
    title: isOnline ? textIn(fields, 'streamTitle') : null,
    startedAt: isOnline ? startedAt : null,
    // The public page leaves it out if there is nobody, and if the owner hides it: it does not say which.
    listeners: isOnline ? countIn(fields, 'viewerCount') : 0,
    peakListeners: countIn(fields, 'sessionPeakViewerCount') ?? countIn(fields, 'sessionMaxViewerCount'),
  };
}

export interface Viewers {
  readonly present: readonly Presence[];
  /** Entries without an id that is one. */
  readonly unreadable: number;
}

/** They are hashes of 32 digits. */
const MAX_ID = 200;

/** Null if this is no list of viewers. `at` is when the question was asked. */
export function parseViewers(body: Uint8Array, at: Instant): Viewers | null {
  const viewers = parseJson(body);
  if (!Array.isArray(viewers)) return null;
  const present = (viewers as readonly unknown[]).flatMap((each) => {
    const fields = fieldsOf(each) ?? {};
    const id = textIn(fields, 'clientID');
    return id === null || id.length > MAX_ID ? [] : [viewerOf(fields, id, at)];
  });
  return { present, unreadable: viewers.length - present.length };
}

/** The id is a hash of address and user agent: who comes again has it again, but was first seen at another time. */
function viewerOf(fields: Fields, id: string, at: Instant): Presence {
  const firstSeen = timeField(fields, 'firstSeen');
  return presence({
    stream: STREAM,
    client: clientFacts({
      address: textIn(fields, 'ipAddress'),
      userAgent: textIn(fields, 'userAgent'),
      connection: `${id}#${firstSeen ?? ''}`,
    }),
    from: at,
    since: firstSeen === null ? null : Math.min(firstSeen, at),
    until: FOREVER,
  });
}

/** RFC 3339, of which Go writes up to nine digits behind the point; its zero time, the year 1, is none. */
function timeField(fields: Fields, name: string): Instant | null {
  const time = Date.parse(textIn(fields, name) ?? '');
  return time >= 0 ? time : null;
}
