/**
 * Players by Matomo's rules (`node-device-detector`): some half a million characters of regular expressions, 0.3 to 3 ms
 * a user agent, so it runs in a thread of its own (worker.ts) and never on the hot path. Brand and model of the device
 * are not asked for: they are three quarters of the work and nobody counts by them.
 */

import DeviceDetector, { type ResultClient } from 'node-device-detector';
import { isNamedBot } from './bots.ts';
import { type Finding, type PlayerType, playerOf } from './finding.ts';

export type Detector = (userAgent: string) => Finding;

const TYPES: Readonly<Record<string, PlayerType>> = {
  browser: 'browser',
  mediaplayer: 'player',
  'mobile app': 'app',
  'feed reader': 'app',
  pim: 'app',
  library: 'library',
};

/** Matomo's names, where ours are others. */
const PLATFORMS: Readonly<Record<string, string>> = { Mac: 'macOS', 'GNU/Linux': 'Linux' };

const MAX_NAME = 100;
const MAX_VERSION = 50;

/** The package is CommonJS and exports the class itself; its types say `default`, which is one too many. */
const Matomo = DeviceDetector as unknown as typeof DeviceDetector.default;

/** Reads the rules: some 300 ms, once. */
export function createDetector(): Detector {
  // The index of clients is three times as fast and tells the same; that of systems is not quite reliable.
  const detector = new Matomo({ clientIndexes: true });
  return (userAgent) => {
    const bot = detector.parseBot(userAgent);
    if (bot.name) return { player: playerOf(cut(bot.name, MAX_NAME), null, 'bot', null), bot: true };
    const client: Partial<ResultClient> = detector.parseClient(userAgent);
    const system = cut(detector.parseOs(userAgent).name, MAX_NAME);
    const platform = system === null ? null : (PLATFORMS[system] ?? system);
    const isBot = isNamedBot(userAgent);
    const name = cut(client.name, MAX_NAME);
    if (name === null) {
      if (!isBot && platform === null) return { player: null, bot: false };
      return { player: playerOf(null, null, isBot ? 'bot' : null, platform), bot: isBot };
    }
    const type = isBot ? 'bot' : (TYPES[client.type ?? ''] ?? null);
    return { player: playerOf(name, cut(client.version, MAX_VERSION), type, platform), bot: isBot };
  };
}

/** Names and versions are partly taken from the user agent, which anybody can write. */
function cut(text: string | undefined, most: number): string | null {
  const trimmed = text?.trim() ?? '';
  return trimmed === '' ? null : trimmed.slice(0, most);
}
