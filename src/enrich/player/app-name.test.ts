import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { appName } from './app-name.ts';

const KNOWN: Readonly<Record<string, string | null>> = {
  SomeRadio: 'SomeRadio',
  'Some Radio': 'Some Radio',
  Some_Radio: 'Some Radio',
  '"Some Radio': 'Some Radio',
  '101.9 THE MIX': '101.9 THE MIX',
  'radio.de': 'radio.de',
  'Some Radio for Android': 'Some Radio',
  'SomeRadio-iOS': 'SomeRadio',
  SomeRadioAndroid: 'SomeRadio',
  'Some Radio Beta': 'Some Radio',
  'iOS Some Radio': 'Some Radio',
  'Some Radio App': 'Some Radio',
  'Podcast App': 'Podcast App',
  'Some Radio LibVLC': 'Some Radio',
  'com.some.radio.android': 'some',
  'com.example.someradio': 'someradio',
  'fm.some.audiobook.radio.podcast': 'some',
  Dalvik: null,
  'Mobile Safari': null,
  iPhone: null,
  '': null,
  '-': null,
  '1.2.3': null,
  a: null,
  '0f8fad5b-d9cb-469f': null,
  Facade: 'Facade',
  'one two three four five six seven eight nine': null,
};

for (const [written, name] of Object.entries(KNOWN)) {
  test(`"${written}" is ${name === null ? 'no name' : `"${name}"`}`, () => {
    assert.equal(appName(written), name);
  });
}

test('no name is longer than 60 characters', () => {
  assert.equal(appName('a'.repeat(60))?.length, 60);
  assert.equal(appName('a'.repeat(61)), null);
});
