/**
 * Where in a Wowza something is, and what its streams are called here: `[VHOST/]APPLICATION[/INSTANCE]/STREAM`, as in the
 * URLs that people play; `_defaultVHost_` and `_definst_` are left out. Pure.
 */

export interface Place {
  readonly vhost: string;
  readonly application: string;
  readonly instance: string;
}

export const DEFAULT_VHOST = '_defaultVHost_';
const DEFAULT_INSTANCE = '_definst_';

/**
 * Does the address name this place, or something around it? It has up to three names, the first of which is that of a
 * virtual host or of an application: `live`, `_defaultVHost_/live`, `live/_definst_`, all three. None is everything.
 */
export function isWithin(address: readonly string[], { vhost, application, instance }: Place): boolean {
  const path = [vhost, application, instance];
  return [0, 1].some((start) => address.every((name, index) => name === path[start + index]));
}

/** An application instance: `live`, `live/second`, `edge/live`. */
export function instanceName({ vhost, application, instance }: Place): string {
  const parts = [vhost === DEFAULT_VHOST ? '' : vhost, application, instance === DEFAULT_INSTANCE ? '' : instance];
  return parts.filter((part) => part !== '').join('/');
}

/** `mp4:`, `smil:`, `ngrp:` and so on say how Wowza finds it, and people leave them out. */
const TYPE = /^[a-z0-9]{2,8}:(?=.)/i;

export function streamName(place: Place, name: string): string {
  return `${instanceName(place)}/${name.replace(TYPE, '')}`;
}

/** What players append to the name of a stream: playlists, manifests and segments at the end, and all behind these two. */
const LAST = /^((playlist|chunklist|manifest|media|medialist|jwplayer)([^a-z.][^.]*)?\.\w{2,5}|manifest)$/i;
const BEHIND = /^(QualityLevels\(|trackID=)/i;

/**
 * The stream that a session's URI names: `http://host:1935/live/_definst_/smil:show.smil/playlist.m3u8`,
 * `rtsp://host/live/cam`, or the same without a host. The instance itself if it names none, as RTMP clients do: theirs
 * is where they connected to.
 */
export function streamOfUri(place: Place, uri: string | null): string {
  const path = (uri ?? '').replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/[?#].*$/s, '');
  const parts = path.split('/').filter((part) => part !== '');
  const names = parts.map(decodePart);
  if (names[0] !== place.application) return instanceName(place);
  const from = names[1] === place.instance ? 2 : 1;
  const named = names.slice(from);
  const behind = named.findIndex((part) => BEHIND.test(part));
  if (behind !== -1) named.length = behind;
  // A part that stands alone is the stream, whatever it looks like.
  if (named.length > 1 && LAST.test(named.at(-1)!)) named.pop();
  const stream = named.join('/');
  return stream === '' ? instanceName(place) : streamName(place, stream);
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
