import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { noCases } from '../fixture.ts';
import { createDetector } from './detector.ts';
import { PLAYER_TYPES } from './finding.ts';
import { BROWSERS, collected, isSameName, says } from './fixture.ts';

const detect = createDetector();

type Expected = readonly [name: string | null, version: string | null, type: string | null, platform: string | null];

const KNOWN: Readonly<Record<string, Expected>> = {
  // Rules of ours, of Matomo's, and what the user agent calls itself.
  'VLC/3.0.16 LibVLC/3.0.16': ['VLC', '3.0.16', 'player', null],
  'Kodi/20.1 (Linux; Android 11.0; BRAVIA)': ['Kodi', '20.1', 'player', 'Android TV'],
  'Clementine 1.3.1': ['Clementine', '1.3.1', 'player', null],
  'TuneIn Radio/28.8; iPhone15,3; iOS/17.1': ['TuneIn', '28.8', 'app', 'iOS'],
  'SomeRadio/1.2 CFNetwork/1410.0.3 Darwin/22.6.0': ['SomeRadio', '1.2', 'app', 'iOS'],
  'Some%20Radio/12 CFNetwork/1410.0.3 Darwin/22.6.0 (x86_64)': ['Some Radio', '12', 'app', 'macOS'],
  'SomeRadio/1.2.3 (Linux;Android 13) ExoPlayerLib/2.18.1': ['SomeRadio', '1.2.3', 'app', 'Android'],
  'AppleCoreMedia/1.0.0.19E241 (iPhone; U; CPU OS 15_4 like Mac OS X; en_us) iOS SomeRadio/9.0': [
    ...(['SomeRadio', '9.0', 'app', 'iOS'] as const),
  ],
  // Only what an app is built on.
  'AppleCoreMedia/1.0.0.19E241 (iPhone; U; CPU OS 15_4 like Mac OS X; en_us)': [
    ...(['AppleCoreMedia', '1.0.0.19E241', 'player', 'iOS'] as const),
  ],
  'AppleCoreMedia/1.0.0.21G93 (Macintosh; U; Intel Mac OS X 14_6_1; de_de)': [
    ...(['AppleCoreMedia', '1.0.0.21G93', 'player', 'macOS'] as const),
  ],
  'ExoPlayerLib/2.18.1': ['ExoPlayer', '2.18.1', 'player', 'Android'],
  'AndroidXMedia3/1.3.1': ['ExoPlayer', '1.3.1', 'player', 'Android'],
  'okhttp/4.9.3': ['OkHttp', '4.9.3', 'library', 'Android'],
  'Dalvik/2.1.0 (Linux; U; Android 13; SM-G991U Build/TP1A.220624.014)': ['Dalvik', '2.1.0', 'library', 'Android'],
  'GStreamer souphttpsrc 1.20.3 libsoup/2.74.2': ['GStreamer', '1.20.3', 'library', null],
  // An app in the guise of a browser, and a browser in that of an app.
  'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) SomeRadio/1.25 Chrome/69.0 Electron/4.2 Safari/537.36':
    ['SomeRadio', '1.25', 'app', 'Windows'],
  'Mozilla/5.0 (Linux; Android 15; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/138.0 Mobile Safari/537.36 someradio':
    ['someradio', null, 'app', 'Android'],
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0': [
    ...(['Firefox', '121.0', 'browser', 'Linux'] as const),
  ],
  'NSPlayer/12.0.19041.1 WMFSDK/12.0': ['Windows Media Player', '12.0.19041.1', 'player', null],
  'Lavf/60.16.100': ['FFmpeg', '60.16.100', 'tool', null],
};

for (const [userAgent, [name, version, type, platform]] of Object.entries(KNOWN)) {
  test(`${userAgent} is ${name}`, () => {
    assert.deepEqual(detect(userAgent), { player: { name, version, type, platform }, bot: false });
  });
}

test('what names nobody is null, and what only tells a system has no name', () => {
  for (const userAgent of [
    '',
    '-',
    '   ',
    '1.2.3',
    '\u0000\u0001',
    '0f8fad5b-d9cb-469f-a165-70867728950e',
    'Mozilla/5.0',
  ])
    assert.deepEqual(detect(userAgent), { player: null, bot: false }, userAgent);
  assert.deepEqual(detect('Linux; Android 13').player, {
    ...{ name: null, version: null, type: null, platform: 'Android' },
  });
});

for (const [name, platform, userAgent] of BROWSERS) {
  test(`${userAgent} is the browser ${name}`, () => {
    const { player, bot } = detect(userAgent);
    assert.deepEqual([player?.name, player?.type, player?.platform, bot], [name, 'browser', platform, false]);
  });
}

test('a bot has its name, also one that no list knows', () => {
  for (const [userAgent, name] of [
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'Googlebot'],
    ['Mozilla/5.0 (compatible; SomeThing/2.1; +https://example.com/)', 'SomeThing'],
    ['python-requests/2.28.1', 'Python Requests'],
    ['some-podcast-downloader/1.0', 'some-podcast-downloader'],
  ] as const) {
    const { player, bot } = detect(userAgent);
    assert.deepEqual([player?.name, player?.type, bot], [name, 'bot', true], userAgent);
  }
});

test('a downloader on a telephone has somebody who listens', () => {
  const { player, bot } = detect('SomeDownloader/1.0 CFNetwork/672.1.14 Darwin/14.0.0');
  assert.deepEqual([player?.name, player?.type, bot], ['SomeDownloader', 'app', false]);
});

/** What an answer must not be: what everything is built on is the name of nothing. */
const UNUSABLE = /^(?:CFNetwork|Darwin|Mozilla|AppleWebKit|Dalvik|okhttp|Linux|Android|iOS|iPhone|iPad|U)$/i;

test('of 964 apps that others have collected, four in five get the right name and hardly any gets none', {
  skip: noCases,
}, (t) => {
  const apps = collected('apps');
  assert.equal(apps.length, 964);
  const names = apps.map(({ name, userAgent }) => ({ name, found: detect(userAgent).player?.name ?? null }));
  const right = names.filter(({ name, found }) => found !== null && isSameName(name, found)).length;
  const usable = names.filter(
    ({ found }) => found !== null && /\p{L}{2}|\p{L}\d/u.test(found) && !UNUSABLE.test(found),
  ).length;
  t.diagnostic(`${right} right, ${usable} usable, of ${apps.length}`);
  assert.ok(right / apps.length >= 0.79, `${right} right`);
  assert.ok(usable / apps.length >= 0.99, `${usable} usable`);
});

test('no browser is named for an app that says its name', { skip: noCases }, () => {
  const misnamed = collected('apps').filter(({ name, userAgent }) => {
    const { player } = detect(userAgent);
    return player?.type === 'browser' && says(userAgent, name) && !says(player.name ?? '', name);
  });
  assert.deepEqual(misnamed, []);
});

test('of 342 bots that others have collected three in five are known as bots; of 964 apps one in a hundred', {
  skip: noCases,
}, (t) => {
  const botsIn = (what: 'apps' | 'bots') => collected(what).filter(({ userAgent }) => detect(userAgent).bot).length;
  const [bots, apps] = [botsIn('bots'), botsIn('apps')];
  t.diagnostic(`${bots} of 342 bots, ${apps} of 964 apps`);
  assert.ok(bots >= 205, `${bots}`);
  assert.ok(apps <= 12, `${apps}`);
});

test('whatever a user agent says, the answer has the right shape', { skip: noCases }, () => {
  const agents = [...collected('apps'), ...collected('bots')].map(({ userAgent }) => userAgent);
  for (const agent of [...agents, ...agents.map((each) => each.repeat(20).slice(0, 1024))]) {
    const { player, bot } = detect(agent);
    if (player === null) continue;
    for (const text of [player.name, player.version, player.type, player.platform])
      assert.ok(text === null || (text.trim() !== '' && text.length <= 100), agent);
    assert.ok(player.type === null || (PLAYER_TYPES as readonly string[]).includes(player.type), agent);
    assert.ok(bot ? player.type === 'bot' || player.type === 'tool' : player.type !== 'bot', agent);
  }
});
