/**
 * What apps are built on, or run on: it tells nothing of the app, and names a player only if no app shows (detector.ts).
 */

import type { PlayerType } from './finding.ts';

const WORDS = `
  mozilla applewebkit khtml gecko chrome chromium crios fxios safari version mobile webkit trident presto electron
  qtwebengine webappmanager cfnetwork darwin dalvik okhttp okhttp3 cronet alamofire afnetworking nsurlsession
  applecoremedia avfoundation avplayer avqueueplayer exoplayerlib exoplayer androidxmedia3 mediaplayer stagefright
  nuplayer libvlc libmpv lavf libav libavformat gstreamer libsoup libwww libwww-perl libcurl curl python-requests
  python-urllib python httpx aiohttp java apache-httpclient go-http-client node-fetch axios undici ruby perl php dart
  faraday guzzlehttp http https httpclient linux android ios iphone ipad ipod macintosh macos windows tizen smarttv
  firefox edg edge edga edgios opr opera ubuntu fedora debian centos suse iceweasel qt net clr
  smart-tv webos web0s kaios tvos watchos upnp dlnadoc null undefined unknown none user-agent useragent like compatible
`;

const BUILT_ON: ReadonlySet<string> = new Set(WORDS.trim().split(/\s+/));

export function isBuiltOn(word: string): boolean {
  return BUILT_ON.has(word.toLowerCase());
}

export interface Engine {
  /** What stands right behind the match is the version. */
  readonly pattern: RegExp;
  readonly name: string;
  readonly type: PlayerType;
  readonly platform: string | null;
}

/** Those that fetch the media themselves. The first one that matches is the one that counts. */
export const ENGINES: readonly Engine[] = [
  // What iOS, macOS and tvOS fetch media with, whatever app or page asked for it.
  { pattern: /^AppleCoreMedia\b/, name: 'AppleCoreMedia', type: 'player', platform: null },
  { pattern: /\b(?:ExoPlayer(?:Lib)?|AndroidXMedia3)\b/, name: 'ExoPlayer', type: 'player', platform: 'Android' },
  { pattern: /^Dalvik\b/, name: 'Dalvik', type: 'library', platform: 'Android' },
  { pattern: /\bGStreamer(?: souphttpsrc)?\b/, name: 'GStreamer', type: 'library', platform: null },
];
