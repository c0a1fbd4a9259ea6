import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { kioskOf, shiftOf } from './kiosk.ts';

const PAGES = ['audience', 'turn', 'sources'] as const;

test('without the word there is no wall screen; with it alone it shows the audience', () => {
  assert.equal(kioskOf('?country=DE', PAGES), null);
  assert.deepEqual(kioskOf('?kiosk', PAGES), { stream: null, pages: ['audience'], every: 30_000 });
  assert.deepEqual(kioskOf('?every=9&kiosk=', PAGES), { stream: null, pages: ['audience'], every: 9000 });
});

test('a stream may be called anything', () => {
  assert.equal(kioskOf(`?kiosk=${encodeURIComponent('stream:/a,b&c:d')}`, PAGES)?.stream, '/a,b&c:d');
  assert.equal(kioskOf('?kiosk=stream:', PAGES)?.stream, null);
});

test('pages come in turn, those that there are not are left out', () => {
  assert.deepEqual(kioskOf('?kiosk=sources,nonsense,%20audience', PAGES)?.pages, ['sources', 'audience']);
  assert.deepEqual(kioskOf('?kiosk=nonsense', PAGES)?.pages, ['audience']);
});

test('a page stays for as long as one can read it', () => {
  const seconds = ['', '1', '90', '1e9', '-3', 'soon', 'Infinity'].map(
    (every) => kioskOf(`?kiosk&every=${every}`, PAGES)!.every / 1000,
  );
  assert.deepEqual(seconds, [30, 5, 90, 3600, 5, 30, 30]);
});

test('the picture moves by two pixels at most, and comes back', () => {
  const moves = Array.from({ length: 5 }, (_, i) => shiftOf(i));
  assert.deepEqual(moves[4], moves[0]);
  for (const [i, [x, y]] of moves.entries()) {
    const [lastX, lastY] = moves[i - 1] ?? [x, y];
    assert.ok(Math.abs(x - lastX) + Math.abs(y - lastY) <= 2);
  }
});
