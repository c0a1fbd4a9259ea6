/**
 * What streaming needs beside Matomo's rules: players, apps, devices and tools that say plainly who they are and that rules
 * made for web sites miss or misname, and the servers and monitors among them. Asked first. An app whose name is the first
 * word of its user agent needs no rule (product.ts), unless it has several names or is to have another type.
 */

import type { PlayerType } from './finding.ts';

export interface StreamingRule {
  /** What stands right behind the match is the version. */
  readonly pattern: RegExp;
  /** With `$1` for the first group, and `$&` for the match. */
  readonly name: string;
  readonly type: PlayerType;
  /** Where it runs, if it can only run there; null is "as the rest of the user agent says". */
  readonly platform: string | null;
  readonly bot: boolean;
}

type Row = readonly [pattern: RegExp, name: string, platform?: string];

/** Loudspeakers, television sets and radios that fetch the stream themselves. */
const DEVICES: readonly Row[] = [
  [/^(?:AlexaMediaPlayer|AlexaService|Alexa Mobile Voice|AVSDevicesSDK|Amazon;Echo|Echo\/)/i, 'Alexa-enabled device'],
  [/^Amazon;AFT|\bAFT[A-Z]{1,2}\d* Build\/.*\bstagefright\b/, 'Amazon Fire', 'Fire OS'],
  [/^AirPodcasts|\bHomePod\b/, 'Apple HomePod', 'HomePod'],
  [/\bSonos\b/, 'Sonos', 'Sonos'],
  [/^Roku\b(?:\/DVP-?)?/, 'Roku', 'Roku OS'],
  [/\bCrKey\b/, 'Chromecast', 'Chromecast'],
  [/^Google ?(?:Home|Nest)\b/i, 'Google Home', 'Google Home'],
  [/\bWeb0S\b.*\bSmartTV\b|\bWebAppManager\b|\bLG NetCast\b/, 'LG webOS TV', 'webOS'],
  [/\bSMART-TV\b.*\bTizen\b|\bTizen\b.*\bSMART-TV\b/, 'Samsung Smart TV', 'Tizen'],
  [/\bHbbTV\b/, 'HbbTV'],
  [/^microsoft;xbox/i, 'Microsoft Xbox', 'Xbox'],
  [/^sony_tv;ps(\d)/i, 'Sony PlayStation $1', 'PlayStation'],
  [/\bBose(?:_SoundTouch)?\b/, 'Bose', 'Bose'],
  [/\b(?:Squeezebox|SqueezePlay|SqueezeCenter|Squeezelite|Logitech Media Server)\b/i, 'Squeezebox', 'Squeezebox'],
  [/\b(?:BluOS|Bluesound)\b/i, 'BluOS', 'BluOS'],
  [/^(?:WiiM|LinkPlay)\b/i, 'WiiM', 'LinkPlay'],
  [/\bstbapp\b/, 'MAG set-top box'],
  [/^Garmin (fenix|Forerunner|Venu|Vivoactive|Epix|Instinct)\b/i, 'Garmin $1', 'Garmin'],
  [/^(Frontier ?Silicon|Reciva|Barix|Denon|Marantz|Yamaha|Teufel|Grundig|Pioneer|Onkyo|HEOS|MusicCast)\b/i, '$1'],
];

/** Programs made for listening and watching. */
const PLAYERS: readonly Row[] = [
  [/\b(?:Lib)?VLC(?=\/)|^VLC\b/, 'VLC'],
  [/^Winamp(?:MPEG)?\b/i, 'Winamp', 'Windows'],
  [/^(?:NSPlayer|Windows-Media-Player)\b/i, 'Windows Media Player'],
  [/^Music Player Daemon\b/i, 'Music Player Daemon'],
  [/^(?:lib)?mpv\b/i, 'mpv'],
  // As they wrote it before it was `AppleCoreMedia/…`.
  [/^Apple (?:Mac OS X|iPhone OS) v\S{1,20} CoreMedia\b/, 'AppleCoreMedia'],
  [/^Plex(?:MediaPlayer| Media Player|amp)?\b/i, 'Plex'],
  [/^(?:MX ?Player)\b/i, 'MX Player', 'Android'],
  [/^(?:IPTV ?)?Smarters(?: ?Player)?\b/i, 'IPTV Smarters'],
  [/^OTT ?Navigator\b/i, 'OTT Navigator'],
  [/^RadioDroid(?:2)?\b/i, 'RadioDroid', 'Android'],
  [
    /^(?:AIMP|Amarok|Audacious|Clementine|cmus|Emby|foobar2000|IINA|Infuse|Jellyfin|Kodi|MediaMonkey|mpg123|MPlayer|MusicBee|nPlayer|PotPlayer|QMPlay2|RealPlayer|Rhythmbox|SMPlayer|Strawberry|Swinsian|TiviMate|Totem|Volumio|xine|XBMC|XMPlay)\b/i,
    '$&',
  ],
  // What clients of spyserver call themselves: `SDR# 1700.0.0.1 on Windows`, `sdr++`.
  [/^(?:SDR#|SDRSharp)/i, 'SDR#'],
  [/^SDR\+\+/i, 'SDR++'],
];

/** `Podcasts` as iOS writes it in the language of the device: the app's own name is all that it says. */
const PODCASTS = [
  ...['Podcasts?', 'Podcaster', 'Podcasti', 'Podcastit', 'Podcastok', 'Podcasturi', 'Podcasty', 'Podkaster', 'Balados'],
  ...["Podcast[’']ler", 'Подкаст[иы]', 'Подкасттар', 'البودكاست', 'פודקאסטים', 'ポッドキャスト', '팟캐스트', '播客'],
  ...['पॉडकास्ट', 'พ็อดคาสท์'],
].join('|');

/** Apps that go by several names, or by one that is not theirs. */
const APPS: readonly Row[] = [
  [new RegExp(`^(?:${PODCASTS})(?=/[\\d.]+ CFNetwork)`), 'Apple Podcasts'],
  [/^com\.apple\.podcasts\b/, 'Apple Podcasts'],
  [/^(?:atc|\(null\))\/.* watchOS\b/, 'Apple Podcasts', 'watchOS'],
  [/^(?:Amazon ?Music|Harley)\b/i, 'Amazon Music'],
  [/^(?:Spotify|spotify_\w+)\b/i, 'Spotify'],
  [/^Deezer(?:Jukebox)?\b/i, 'Deezer'],
  [/\bTuneIn(?: Radio)?(?: Pro)?\b/i, 'TuneIn'],
  [/^iHeart(?:Radio|Media|Podcasts?)?\b/i, 'iHeartRadio'],
  [/^(?:Shifty Jelly )?Pocket ?Casts\b/i, 'Pocket Casts'],
  [/^Podcast ?Addict\b/i, 'Podcast Addict'],
  [/^(?:radio\.(?:de|net|at|fr|es|it|pl|pt|se|dk)|GetPodcast)\b/i, 'radio.de'],
  [/^Player ?FM\b/i, 'Player FM'],
  [/^(?:Castbox|fm\.castbox[\w.]*)\b/i, 'CastBox'],
  [/^MixerBox\b/i, 'MixerBox'],
  [/^(?:JioSaavn|Saavn(?: Player)?|com\.jio\.media\.jiobeats)\b/i, 'JioSaavn'],
  [/^(?:Ya|Yandex)\.Music\b/i, 'Yandex Music'],
  [/^(?:The ?Podcast ?App|com\.evolve\.podcast)\b|^podcast(?=\/[\d.]* (?:CFNetwork|iOS)\b)/, 'The Podcast App'],
  [/^Castro\b(?: 2(?=\/))?/, 'Castro'],
  [/^RSS ?Radio\d?\b/i, 'RSS Radio'],
  [/^NPR(?: ?One)?\b|\bnprone_android\b/i, 'NPR'],
  [/^Spreaker(?:Podcast)?\b/i, 'Spreaker'],
  [/^Google(?:Podcasts|Chirp)\b/i, 'Google Podcasts'],
  [/^(?:iOS\/|FB4A\/)?Facebook\b|\bFB(?:AN|_IAB)\b|\bMetaIAB\b/i, 'Facebook'],
  [/\bInstagram\b/, 'Instagram'],
  [/\b(?:musical_ly|TikTok|BytedanceWebview)\b_?/i, 'TikTok'],
  [/\bWhatsApp\b/, 'WhatsApp'],
];

/** What fetches a stream for somebody who tests, records or builds: `Lavf`, in a GET, is FFmpeg, and listens. */
const TOOLS: readonly Row[] = [
  [/^(?:Lavf|FFmpeg|libavformat)/i, 'FFmpeg'],
  [/^streamlink\b/i, 'Streamlink'],
  [/^(?:youtube-dl|yt-dlp)\b/i, 'yt-dlp'],
  [/^streamripper\b/i, 'Streamripper'],
];

/** Tools that mostly run unattended. */
const FETCHERS: readonly Row[] = [
  [/^curl(?=\/)/, 'curl'],
  [/^Wget(?=\/)/i, 'Wget'],
];

const LIBRARIES: readonly Row[] = [
  [/^SoapySDR\b/i, 'SoapySDR'],
  [/^gr-osmosdr\b/i, 'gr-osmosdr'],
  [/^BASS(?=\/)/, 'BASS'],
];

/** Servers that fetch a stream to pass it on: their listeners are in their own books. */
const RELAYS: readonly Row[] = [
  [/^Icecast\b/i, 'Icecast'],
  [/^SHOUTcast\b|^DNAS\//i, 'SHOUTcast'],
  [/^Wowza(?:StreamingEngine|MediaServer)?/i, 'Wowza'],
  [/^(?:nginx|ngx-local-relay)\b/i, 'nginx'],
  [/^(?:MediaMTX|rtsp-simple-server|gortsplib)\b/i, 'MediaMTX'],
  [
    /^(?:AzuraCast|Centova|Liquidsoap|RSAS|Rocket Streaming Audio Server|Steamcast|Flussonic|MistServer|Red5|Restreamer|go2rtc|Varnish)\b/i,
    '$&',
  ],
];

/** Who looks whether a stream is up. */
const MONITORS: readonly Row[] = [
  [/\bUptime ?Robot\b/i, 'UptimeRobot'],
  [/\bStatusCake/i, 'StatusCake'],
  [/^check_http\b/i, 'Nagios check_http'],
  [/^Blackbox[ -]Exporter\b/i, 'Prometheus blackbox exporter'],
  [/^GoogleHC\b|^GoogleStackdriverMonitoring/i, 'Google health check'],
  [/^Amazon-Route53-Health-Check-Service\b/i, 'Amazon Route 53 health check'],
  [/^Azure (?:Traffic Manager|Front Door)|^Load Balancer Agent\b/i, 'Azure health check'],
  [/\bBetter ?(?:Uptime|Stack)/i, 'Better Stack'],
  [
    /^(?:Prometheus|kube-probe|ELB-HealthChecker|Consul Health Check|Envoy\/HC|HAProxy|updown\.io|Uptime-Kuma)\b/i,
    '$&',
  ],
  [
    /\b(?:Catchpoint|Checkly|Cronitor|Datadog|Freshping|Gatus|HetrixTools|Icinga|Monitis|Nagios|NewRelicPinger|NodePing|Pingdom|PRTG|Site24x7|Telegraf|Uptrends|Zabbix)\b/i,
    '$&',
  ],
];

function rulesOf(rows: readonly Row[], type: PlayerType, bot = false): StreamingRule[] {
  return rows.map(([pattern, name, platform]) => ({ pattern, name, type, platform: platform ?? null, bot }));
}

/** The first one that matches is the one that counts. */
export const STREAMING_RULES: readonly StreamingRule[] = [
  ...rulesOf(RELAYS, 'bot', true),
  ...rulesOf(MONITORS, 'bot', true),
  ...rulesOf(DEVICES, 'player'),
  ...rulesOf(PLAYERS, 'player'),
  ...rulesOf(APPS, 'app'),
  ...rulesOf(TOOLS, 'tool'),
  ...rulesOf(FETCHERS, 'tool', true),
  ...rulesOf(LIBRARIES, 'library'),
];
