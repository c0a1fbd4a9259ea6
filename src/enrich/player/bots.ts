/**
 * Is a user agent a machine that listens for nobody? `isbot`'s list of names, without those of its patterns that are made
 * for web pages and are wrong for streams. Of 964 podcast and radio apps that others have collected (opawg/user-agents-v2)
 * the whole list calls 279 bots, what is left of it 3. The detector's own list (detector.ts) adds bots by name.
 *
 * To miss a bot costs one listener too many; to take a player for a bot hides a listener. When in doubt: no bot.
 */

import { createIsbotFromList, list } from 'isbot';

/** "Anything that looks unlike a browser": `Winamp/5.666`, `mpv 0.35.1`, `Lavf/60.16.100` and most of the radio apps. */
const BY_SHAPE = [
  ';\\s\\w+;$',
  '\\(\\)',
  '\\|',
  '^[<\\(;]',
  '^[\\w \\.\\-\\(?:\\):%]+(?:/v?\\d+(?:\\.\\d+)?(?:\\.\\d{1,10})*?)?(?:,|$)',
  '^[\\w\\-]+/[\\w]+$',
  '^[^ ]{50,}$',
  '^\\d+\\b',
  '^\\w+/[\\w\\(\\)]*$',
  '^\\w+/\\d\\.\\d\\s\\([\\w@]+\\)$',
  '\\b\\w+/1\\.0;',
  '^mozilla/\\d\\.\\d\\s[\\w\\.-]+$',
];

/** Words of our own field: `iHeartRadio/… (…; +https://…)`, podcatchers, feeds, downloads, `Google Play`, Alexa devices. */
const BY_WORD = [
  '(?:^|[^g])news(?!sapphire)',
  '(?<! channel/|google/)google(?!(?:wv|app|/google| pixel))',
  '(?<!lib)http',
  '\\.com\\b',
  'download',
  'feed',
  'catch',
  'grab',
  'rss\\b',
  '^rss',
  '^downcast/',
  '^avsdevicesdk/',
  '^client/',
  '^read',
  '^reed',
  'agent\\b',
  'server',
  'proxy',
  '^facebook',
  '^whatsapp',
  '^yandex',
  '^snapchat',
  'java(?!;)',
  'url',
  'torrent',
];

const LEFT_OUT: ReadonlySet<string> = new Set([...BY_SHAPE, ...BY_WORD]);

/** For the test: patterns that a new version of the list writes in another way would come back unnoticed. */
export const leftOut: readonly string[] = [...LEFT_OUT];

/** Some microseconds: call it once for each user agent. */
export const isNamedBot: (userAgent: string) => boolean = createIsbotFromList(
  list.filter((pattern) => !LEFT_OUT.has(pattern)),
);

/** What is done with a recording when nobody listens to it. */
const JOB =
  /(?:import(?:er)?|transcri(?:be[rd]?|ption)|crawler|spider|scraper|fetch(?:er)?|validator|checker|scanner|analy[sz]er|worker|pipeline|indexer|archiver|aggregator|backfill|parser|downloader|processor|migration|stt)\b/i;
/** `Mozilla/5.0 (compatible; Some/1.0; +https://…)`: that is how robots introduce themselves, and no player does. */
const INTRODUCTION = /^Mozilla\/[\d.]+ \(compatible; (?!MSIE|Windows|Linux|X11)[^()]{0,200}\+https?:/;

/**
 * A bot that no list knows by name, by what it says it does: `podcast-downloader/1.0`. To be asked only of those that do not
 * say what they run on; on a telephone, a downloader has somebody who will listen.
 */
export function isJob(userAgent: string): boolean {
  return JOB.test(userAgent) || INTRODUCTION.test(userAgent);
}
