import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { caseFile, noCases } from '../fixture.ts';
import { createDetector } from './detector.ts';
import { PLAYER_TYPES } from './finding.ts';

const detect = createDetector();

type Expected = readonly [name: string | null, version: string | null, type: string | null, platform: string | null];

const KNOWN: Readonly<Record<string, Expected>> = {
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36': [
    'Chrome',
    '120.0.0.0',
    'browser',
    'Windows',
  ],
  'Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0': ['Firefox', '121.0', 'browser', 'Linux'],
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Safari/605.1.15':
    ['Safari', '17.1', 'browser', 'macOS'],
  'foobar2000/1.6.11': ['Foobar2000', '1.6.11', 'player', null],
  'NSPlayer/12.0.19041.1 WMFSDK/12.0': ['Windows Media Player', '12.0.19041.1', 'player', null],
  'Kodi/20.1 (Linux; Android 11.0; BRAVIA)': ['Kodi', '20.1', 'player', 'Android TV'],
  'TuneIn Radio/28.8; iPhone15,3; iOS/17.1': ['TuneIn Radio', '28.8', 'app', 'iOS'],
  'GStreamer souphttpsrc 1.20.3 libsoup/2.74.2': ['GStreamer', '1.20.3', 'library', null],
  'Roku/DVP-12.0 (12.0.0.4182-50)': [null, null, null, 'Roku OS'],
};

for (const [userAgent, [name, version, type, platform]] of Object.entries(KNOWN)) {
  test(`${userAgent} is ${name ?? platform}`, () => {
    assert.deepEqual(detect(userAgent), { player: { name, version, type, platform }, bot: false });
  });
}

test('a bot has its name', () => {
  const { player, bot } = detect('Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)');
  assert.deepEqual([player?.name, player?.type, bot], ['Googlebot', 'bot', true]);
});

test('what nobody knows is null', () => {
  for (const userAgent of ['', '-', 'xyzzy', '\u0000\u0001'])
    assert.deepEqual(detect(userAgent), { player: null, bot: false });
});

test('whatever a user agent says, the answer has the right shape', { skip: noCases }, async () => {
  const files = ['user-agents/apps.examples.json', 'user-agents/bots.examples.json'];
  const texts = await Promise.all(files.map((file) => readFile(caseFile(file), 'utf8')));
  const agents = texts
    .flatMap((text) => text.match(/(?<=^ {8}")[^"]+(?="[,]?$)/gm) ?? [])
    .filter((_, i) => i % 7 === 0);
  assert.ok(agents.length > 150);
  for (const agent of [...agents, ...agents.map((each) => each.repeat(20).slice(0, 1024))]) {
    const { player, bot } = detect(agent);
    assert.equal(typeof bot, 'boolean');
    if (player === null) continue;
    for (const text of [player.name, player.version, player.type, player.platform])
      assert.ok(text === null || (text !== '' && text.length <= 100), agent);
    assert.ok(player.type === null || (PLAYER_TYPES as readonly string[]).includes(player.type), agent);
    assert.equal(player.type === 'bot', bot, agent);
  }
});
