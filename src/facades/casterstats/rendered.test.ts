import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { encodingFor, RenderedAnswers } from './rendered.ts';

const ACCEPTED: readonly [string | undefined, string][] = [
  [undefined, 'identity'],
  ['', 'identity'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['gzip, deflate, br, zstd', 'br'],
  ['GZIP;q=1.0, br;q=0.5', 'gzip'],
  ['gzip;q=0', 'identity'],
  ['gzip;q=0, *', 'br'],
  ['*;q=0', 'identity'],
  ['*', 'br'],
  ['identity', 'identity'],
  ['identity;q=0.5, deflate', 'deflate'],
  ['identity, gzip;q=0.5', 'identity'],
  ['compress, zstd', 'identity'],
  ['gzip;q=nonsense', 'identity'],
];

for (const [accepted, encoding] of ACCEPTED) {
  test(`Accept-Encoding ${accepted}: ${encoding}`, () => assert.equal(encodingFor(accepted), encoding));
}

test('an answer is rendered once, and compressed once for each encoding', async () => {
  const answers = new RenderedAnswers();
  const text = 'x'.repeat(5000);
  let rendered = 0;
  const get = (accept?: string) =>
    answers.get('key', accept, () => {
      rendered++;
      return text;
    });
  const [plain, first, second] = await Promise.all([get(), get('gzip'), get('gzip')]);
  assert.equal(plain.body.toString(), text);
  assert.equal(gunzipSync(first.body).toString(), text);
  assert.equal(first.body, second.body, 'the same bytes');
  assert.equal(rendered, 1);
});

test('what is small stays as it is', async () => {
  assert.equal((await new RenderedAnswers().get('key', 'gzip', () => 'small')).encoding, 'identity');
});

test('there is no end of keys, and an end of what is kept', async () => {
  const answers = new RenderedAnswers();
  let rendered = 0;
  const get = (key: number) => answers.get(String(key), undefined, () => String(++rendered));
  for (let key = 0; key < 1000; key++) await get(key);
  assert.equal((await get(0)).body.toString(), '1', 'kept');
  await get(1000);
  assert.equal((await get(0)).body.toString(), '1002', 'made anew');
});
