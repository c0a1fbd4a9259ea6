import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { findByRule } from './rules.ts';

type Expected = readonly [name: string, version: string | null, type: string, platform: string | null];

const KNOWN: Readonly<Record<string, Expected>> = {
  'VLC/3.0.16 LibVLC/3.0.16': ['VLC', '3.0.16', 'player', null],
  'AppleCoreMedia/1.0.0.19E241 (iPhone; U; CPU OS 15_4 like Mac OS X; en_us)': [
    'AppleCoreMedia',
    '1.0.0.19E241',
    'player',
    'iOS',
  ],
  'AppleCoreMedia/1.0.0.21G93 (Macintosh; U; Intel Mac OS X 14_6_1; de_de)': [
    'AppleCoreMedia',
    '1.0.0.21G93',
    'player',
    'macOS',
  ],
  'AppleCoreMedia/1.0.0.20K71 (Apple TV; U; CPU OS 16_1 like Mac OS X; en_us)': [
    'AppleCoreMedia',
    '1.0.0.20K71',
    'player',
    'tvOS',
  ],
  'Lavf/60.16.100': ['FFmpeg', '60.16.100', 'library', null],
  'Lavf53.32.100': ['FFmpeg', '53.32.100', 'library', null],
  'MyApp/1.2.3 (Linux;Android 13) ExoPlayerLib/2.18.1': ['ExoPlayer', '2.18.1', 'player', 'Android'],
  'AndroidXMedia3/1.3.1': ['ExoPlayer', '1.3.1', 'player', 'Android'],
  'WinampMPEG/5.09': ['Winamp', '5.09', 'player', 'Windows'],
  'SDR# 1700.0.0.1 on Windows': ['SDR#', '1700.0.0.1', 'player', 'Windows'],
  'SDR# 1700': ['SDR#', '1700', 'player', null],
  'sdr++': ['SDR++', null, 'player', null],
  'SDR++ 1.1.0': ['SDR++', '1.1.0', 'player', null],
  SoapySDR: ['SoapySDR', null, 'library', null],
  'gr-osmosdr': ['gr-osmosdr', null, 'library', null],
  'curl/7.88.1': ['curl', '7.88.1', 'tool', null],
  'Wget/1.21.3': ['Wget', '1.21.3', 'tool', null],
};

for (const [userAgent, [name, version, type, platform]] of Object.entries(KNOWN)) {
  test(`${userAgent} is ${name}`, () => {
    const bot = type === 'tool';
    assert.deepEqual(findByRule(userAgent), { player: { name, version, type, platform }, bot });
  });
}

test('what only looks like one is left to the detector', () => {
  for (const userAgent of [
    '',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
    'AlexaMediaPlayer/2.1.4676.0 (Linux;Android 5.1.1) ExoPlayerLib/1.5.9',
    'libcurl/7.65.1',
    'MyWinamp',
    'SDRangel',
  ]) {
    assert.equal(findByRule(userAgent), null, userAgent);
  }
});
