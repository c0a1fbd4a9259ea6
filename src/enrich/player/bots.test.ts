import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { isbot, list } from 'isbot';
import { caseFile, noCases } from '../fixture.ts';
import { isNamedBot, leftOut } from './bots.ts';

async function examples(name: 'apps' | 'bots'): Promise<string[]> {
  const file = JSON.parse(await readFile(caseFile(`user-agents/${name}.examples.json`), 'utf8')) as {
    readonly entries: readonly { readonly examples: readonly string[] }[];
  };
  return file.entries.flatMap((entry) => entry.examples);
}

test('every pattern that we leave out is still written so in the list', () => {
  assert.deepEqual(
    leftOut.filter((pattern) => !list.includes(pattern)),
    [],
  );
});

test('players of streams are no bots, though the whole list says so', () => {
  for (const userAgent of [
    'Lavf/60.16.100',
    'Winamp/5.666',
    'mpv 0.35.1',
    'foobar2000/1.6.11',
    'Music Player Daemon 0.23.5',
    'GStreamer souphttpsrc 1.20.3 libsoup/2.74.2',
    'iHeartRadio/10.1',
  ]) {
    assert.equal(isbot(userAgent), true, userAgent);
    assert.equal(isNamedBot(userAgent), false, userAgent);
  }
});

test('bots by name are bots', () => {
  for (const userAgent of [
    'Mozilla/5.0 (compatible; AhrefsBot/7.0; http://ahrefs.com/robot/)',
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'python-requests/2.28.1',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36',
  ]) {
    assert.equal(isNamedBot(userAgent), true, userAgent);
  }
});

test('of 964 apps that others have collected hardly any is called a bot', { skip: noCases }, async () => {
  const apps = await examples('apps');
  assert.equal(apps.length, 964);
  assert.ok(apps.filter(isNamedBot).length <= 3);
  assert.ok(apps.filter((userAgent) => isbot(userAgent)).length > 250);
});
