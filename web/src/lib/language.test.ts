import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { localeOf, spokenOf } from './language.ts';

test('the first language of the browser that we speak, else English', () => {
  assert.equal(spokenOf(['de-CH', 'en']), 'de');
  assert.equal(spokenOf(['fr-FR', 'pt', 'de-AT', 'en-US']), 'de');
  assert.equal(spokenOf(['en-DE', 'de']), 'en');
  assert.equal(spokenOf(['fr', 'not a locale']), 'en');
  assert.equal(spokenOf([]), 'en');
});

test('numbers and times are those of the region, in the words of the language', () => {
  assert.equal(localeOf('de', ['en-US', 'de-CH']), 'de-CH');
  assert.equal(localeOf('de', ['en-US']), 'de-US');
  assert.equal(localeOf('en', ['de', 'fr-FR']), 'en-FR');
  assert.equal(localeOf('en', ['de', 'not a locale']), 'en');
});
