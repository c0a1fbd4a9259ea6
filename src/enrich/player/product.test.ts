import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { decoded, readGuest, readProduct, versionAt } from './product.ts';

type Expected = readonly [name: string, version: string | null] | null;

const PRODUCTS: Readonly<Record<string, Expected>> = {
  'Some/1.2 CFNetwork/1410.0.3 Darwin/22.6.0': ['Some', '1.2'],
  'Some Radio/1.2 (iPhone; iOS 17.1)': ['Some Radio', '1.2'],
  'Some Radio 5.6.22 (iPhone; iPhone OS 16.4; fr_FR)': ['Some Radio', '5.6.22'],
  'SomeAndroid-8.13.0/Dalvik/2.1.0 (Linux; U; Android 9)': ['Some', '8.13.0'],
  'Some/iOS 1.2 (iPhone XR/13.6.1)': ['Some', '1.2'],
  'Some/android-2.2': ['Some', '2.2'],
  'Some - Dalvik/2.1.0 (Linux; U; Android 9)': ['Some', null],
  'Some; iPhone; iOS 17.4.1': ['Some', null],
  'Some (https://example.com)': ['Some', null],
  'Dalvik/2.1.0 (Linux; U; Android 13) some_thing/3.7.0': ['some thing', '3.7.0'],
  'iPhone (compatible; Phone2.0) Some Paper, com.example.paper 10.0': ['Some Paper', null],
  'Linux/5.4, UPnP/1.1, Some Reader/2.0 (compatible)': ['Some Reader', '2.0'],
  'Mozilla/5.0 (compatible; Some/1.0; +https://example.com)': ['Some', '1.0'],
  '(iPhone) [x] {y} Some/1': ['Some', '1'],
  '(never closed': null,
  'CFNetwork/1 Darwin/2': null,
  '////': null,
};

for (const [userAgent, expected] of Object.entries(PRODUCTS)) {
  test(`${userAgent} calls itself ${expected?.[0] ?? 'nothing'}`, () => {
    const product = readProduct(userAgent);
    assert.deepEqual(product === null ? null : [product.name, product.version], expected);
  });
}

const SAFARI = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 (KHTML, like Gecko) Version/17.1';
const GUESTS: readonly (readonly [userAgent: string, Expected])[] = [
  [`${SAFARI} Safari/605.1`, null],
  [`${SAFARI} Safari/605.1 Some/2.1`, ['Some', '2.1']],
  [`${SAFARI} Some/2.1 Safari/605.1`, ['Some', '2.1']],
  [`${SAFARI} Safari/605.1 some-android`, ['some', null]],
  [`${SAFARI} Safari/605.1 (some/1.0)`, null],
  ['Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko', null],
];

for (const [userAgent, expected] of GUESTS) {
  test(`in ${userAgent} is ${expected?.[0] ?? 'nobody else'}`, () => {
    const guest = readGuest(userAgent);
    assert.deepEqual(guest === null ? null : [guest.name, guest.version], expected);
  });
}

test('versions stand behind a slash, a space, a dash, or nothing', () => {
  assert.deepEqual(
    ['/1.2 x', ' v1.2', '-1.2-beta', '1.2', '/iOS 1.2', '/x1', '', ' x 1'].map((text) => versionAt(text, 0)),
    ['1.2', '1.2', '1.2-beta', '1.2', '1.2', null, null, null],
  );
});

test('what is not well encoded stays as it is', () => {
  assert.equal(decoded('a%20b%C3%A9 %FF%zz%'), 'a bé %FF%zz%');
});
