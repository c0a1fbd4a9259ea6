import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { createDetector } from './detector.ts';

const detect = createDetector();

type Expected = readonly [name: string, version: string | null, type: string, platform: string | null];

const KNOWN: Readonly<Record<string, Expected>> = {
  'Lavf53.32.100': ['FFmpeg', '53.32.100', 'tool', null],
  'WinampMPEG/5.09': ['Winamp', '5.09', 'player', 'Windows'],
  'foobar2000/1.6.11': ['foobar2000', '1.6.11', 'player', null],
  'mpv 0.35.1': ['mpv', '0.35.1', 'player', null],
  libmpv: ['mpv', null, 'player', null],
  'Apple Mac OS X v10.6.8 CoreMedia v1.0.0.10K549': ['AppleCoreMedia', '1.0.0.10K549', 'player', 'macOS'],
  'HbbTV/1.2.1 (+DRM;Samsung;SmartTV2015)': ['HbbTV', '1.2.1', 'player', 'Orsay'],
  'Music Player Daemon 0.23.5': ['Music Player Daemon', '0.23.5', 'player', null],
  'SDR# 1700.0.0.1 on Windows': ['SDR#', '1700.0.0.1', 'player', 'Windows'],
  'SDR# 1700': ['SDR#', '1700', 'player', null],
  'sdr++': ['SDR++', null, 'player', null],
  'SDR++ 1.1.0': ['SDR++', '1.1.0', 'player', null],
  SoapySDR: ['SoapySDR', null, 'library', null],
  'gr-osmosdr': ['gr-osmosdr', null, 'library', null],
  'Echo/1.0(APNG)': ['Alexa-enabled device', '1.0', 'player', null],
  'AlexaMediaPlayer/2.1.4676.0 (Linux;Android 5.1.1) ExoPlayerLib/1.5.9': [
    ...(['Alexa-enabled device', '2.1.4676.0', 'player', 'Android'] as const),
  ],
  'Linux UPnP/1.0 Sonos/57.3-77280 (ZPS1)': ['Sonos', '57.3-77280', 'player', 'Sonos'],
  'Roku/DVP-12.0 (12.0.0.4182-50)': ['Roku', '12.0', 'player', 'Roku OS'],
  'AppleCoreMedia/1.0.0.20K71 (HomePod; U; CPU OS 16_1 like Mac OS X; en_us)': [
    ...(['Apple HomePod', null, 'player', 'HomePod'] as const),
  ],
  'Podcasts/1530.3 CFNetwork/1209 Darwin/20.2.0': ['Apple Podcasts', '1530.3', 'app', 'iOS'],
  '%E6%92%AD%E5%AE%A2/1660.5 CFNetwork/1335.0.3 Darwin/21.6.0': ['Apple Podcasts', '1660.5', 'app', 'iOS'],
  'Spotify/8.7.10 iOS/15.3.1 (iPhone13,2)': ['Spotify', '8.7.10', 'app', 'iOS'],
};

for (const [userAgent, [name, version, type, platform]] of Object.entries(KNOWN)) {
  test(`${userAgent} is ${name}`, () => {
    assert.deepEqual(detect(userAgent), { player: { name, version, type, platform }, bot: false });
  });
}

test('relays and monitors listen for nobody', () => {
  for (const [userAgent, name] of [
    ['Icecast 2.4.4', 'Icecast'],
    ['SHOUTcast relay', 'SHOUTcast'],
    ['WowzaStreamingEngine/4.8.5', 'Wowza'],
    ['nginx/1.24.0', 'nginx'],
    ['Liquidsoap/2.2.0 (Unix; OCaml 4.14.0)', 'Liquidsoap'],
    ['Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)', 'UptimeRobot'],
    ['Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)', 'Pingdom'],
    ['Mozilla/5.0 (compatible; StatusCake)', 'StatusCake'],
    ['Site24x7', 'Site24x7'],
    ['check_http/v2.3.3 (monitoring-plugins 2.3.3)', 'Nagios check_http'],
    ['Blackbox Exporter/0.24.0', 'Prometheus blackbox exporter'],
    ['Prometheus/2.45.0', 'Prometheus'],
    ['kube-probe/1.27', 'kube-probe'],
    ['ELB-HealthChecker/2.0', 'ELB-HealthChecker'],
    ['GoogleHC/1.0', 'Google health check'],
  ] as const) {
    const { player, bot } = detect(userAgent);
    assert.deepEqual([player?.name, player?.type, bot], [name, 'bot', true], userAgent);
  }
});

test('curl and Wget are tools, and bots: they mostly run unattended', () => {
  for (const [userAgent, name, version] of [
    ['curl/7.88.1', 'curl', '7.88.1'],
    ['Wget/1.21.3', 'Wget', '1.21.3'],
  ]) {
    assert.deepEqual(detect(userAgent!), { player: { name, version, type: 'tool', platform: null }, bot: true });
  }
});

test('what only looks like one is something else', () => {
  for (const userAgent of ['libcurl/7.65.1', 'MyWinamp/1', 'SDRangel', 'Spotifyer/1', 'Kodiak/2', 'nginxed/1'])
    assert.equal(['Winamp', 'SDR#', 'Spotify', 'Kodi', 'nginx'].includes(detect(userAgent).player?.name ?? ''), false);
});
