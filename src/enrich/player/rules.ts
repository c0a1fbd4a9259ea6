/**
 * Players of streams that say plainly who they are and that general rule sets miss or misname: recognised at once, without
 * the worker. What is not here goes to detector.ts.
 */

import { type Finding, type PlayerType, playerOf } from './finding.ts';

interface Rule {
  /** Its first group is the version. */
  readonly pattern: RegExp;
  readonly name: string;
  readonly type: PlayerType;
  /** Where it can only run; absent is "as the rest of the user agent says". */
  readonly platform?: string;
  readonly bot?: true;
}

/** The first one that matches. */
const RULES: readonly Rule[] = [
  { pattern: /\b(?:Lib)?VLC\/(\d[\w.-]*)/, name: 'VLC', type: 'player' },
  // What iOS, macOS and tvOS fetch media with, whatever app or page asked for it.
  { pattern: /^AppleCoreMedia\/([\w.]+)/, name: 'AppleCoreMedia', type: 'player' },
  {
    pattern: /^(?!AlexaMediaPlayer).*\bExoPlayerLib\/([\w.-]+)/,
    name: 'ExoPlayer',
    type: 'player',
    platform: 'Android',
  },
  { pattern: /\bAndroidXMedia3\/([\w.-]+)/, name: 'ExoPlayer', type: 'player', platform: 'Android' },
  { pattern: /^(?:Lavf|FFmpeg|libavformat)[/ ]?([\d.]+)?/i, name: 'FFmpeg', type: 'library' },
  { pattern: /^Winamp(?:MPEG)?(?:\/([\d.]+))?/i, name: 'Winamp', type: 'player', platform: 'Windows' },
  // What clients of spyserver call themselves: `SDR# 1700.0.0.1 on Windows`, `sdr++`.
  { pattern: /^(?:SDR#|SDRSharp)(?: v?([\d.]+))?/i, name: 'SDR#', type: 'player' },
  { pattern: /^SDR\+\+(?: v?([\d.]+))?/i, name: 'SDR++', type: 'player' },
  { pattern: /^SoapySDR\b(?:[/ ]v?([\d.]+))?/i, name: 'SoapySDR', type: 'library' },
  { pattern: /^gr-osmosdr\b(?:[/ ]v?([\d.]+))?/i, name: 'gr-osmosdr', type: 'library' },
  { pattern: /^curl\/([\w.-]+)/, name: 'curl', type: 'tool', bot: true },
  { pattern: /^Wget\/([\w.-]+)/i, name: 'Wget', type: 'tool', bot: true },
];

/** Null if no rule knows it. */
export function findByRule(userAgent: string): Finding | null {
  for (const { pattern, name, type, platform, bot } of RULES) {
    const match = pattern.exec(userAgent);
    if (match === null) continue;
    const player = playerOf(name, match[1] ?? null, type, platform ?? platformIn(userAgent));
    return { player, bot: bot === true };
  }
  return null;
}

/** The first one that matches, under the names that detector.ts gives them. */
const PLATFORMS: readonly (readonly [RegExp, string])[] = [
  [/\bAndroid\b/, 'Android'],
  [/\bApple ?TV\b|\btvOS\b/, 'tvOS'],
  [/\bApple Watch\b|\bwatchOS\b/, 'watchOS'],
  [/\biPad\b/, 'iPadOS'],
  [/\biPhone\b|\biPod\b|\biOS\b/, 'iOS'],
  [/\bMacintosh\b|\bmacOS\b/, 'macOS'],
  [/\bWindows\b|\bWin(?:32|64)\b/, 'Windows'],
  [/\bLinux\b/, 'Linux'],
];

function platformIn(userAgent: string): string | null {
  return PLATFORMS.find(([pattern]) => pattern.test(userAgent))?.[1] ?? null;
}
