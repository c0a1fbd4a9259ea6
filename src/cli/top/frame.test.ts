import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SourceWire, StreamWire } from '../../http/contract.ts';
import { widthOf } from '../text-width.ts';
import { frameOf } from './frame.ts';
import { KEYS, type Key } from './keys.ts';
import { paint, plainLine } from './paint.ts';
import { emptyPicture, type Picture, type SessionLine } from './picture.ts';
import { FIRST_VIEW, listsOf, pressed, type View } from './view.ts';

const ESCAPE = '\u001b';
const NOW = Date.parse('2026-01-31T12:00:00.000Z');
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\u001b[2J', '東京👨‍👩‍👧‍👦', 'a\u202eb', 'jazz'));

const pictures = fc
  .record({ text, count: fc.nat({ max: 60 }), isLost: fc.boolean() })
  .map(({ text, count, isLost }): Picture => {
    const sessions = Array.from({ length: count }, (_, i) => ({
      ...{ id: `s${i}`, source: 'web', stream: text, startedAt: '2026-01-31T11:00:00.000Z', bytes: 1e9, rate: 1e5 },
      ...{
        client: { ip: '2001:db8::7', port: null, userAgent: null, user: text, device: null },
        quality: text,
        title: text,
      },
      ...{ player: { name: text, version: '1', type: null, platform: null }, geo: null },
    }));
    const stream = { id: 'x', source: 'web', stream: text, status: 'up', title: text, name: null, sessions: count };
    const source = { name: 'web', kind: 'icecast', status: 'waiting', lagSeconds: 7, sessions: count };
    const lastError = { code: 'PEER_UNREACHABLE', message: text, at: '2026-01-31T11:00:00.000Z' };
    return {
      ...emptyPicture(text),
      phase: isLost ? { name: 'lost', since: NOW - 5000, retryAt: NOW + 3000, why: text } : { name: 'live' },
      audience: { at: '2026-01-31T12:00:00.000Z', sessions: count, listeners: count, bots: 3, stalled: false },
      ...{ heardAt: NOW, samples: [{ at: NOW - 1000, sessions: 9, joined: 1, left: 1 }], peak: { count: 70, at: NOW } },
      streams: [stream as unknown as StreamWire],
      sources: [{ ...source, lastError } as unknown as SourceWire],
      sessions: { items: sessions as unknown as SessionLine[], total: count, lookedAt: count, hasMore: false },
    };
  });

const keys = fc.array(fc.constantFrom<Key>(...KEYS, ...'srfp/?jk12ab東'), { maxLength: 12 });

test('whatever is known, typed and however large: as many lines as rows, none wider, and no sequence but ours', () => {
  const sizes = fc.record({ columns: fc.integer({ min: 1, max: 300 }), rows: fc.integer({ min: 1, max: 90 }) });
  fc.assert(
    fc.property(pictures, sizes, keys, (picture, size, typed) => {
      const seen = (view: View, key: Key) => pressed(view, key, { picture, lists: listsOf(picture, view), page: 10 });
      const view = typed.reduce(seen, FIRST_VIEW);
      const { lines } = frameOf(picture, view, listsOf(picture, view), size, NOW);
      assert.equal(lines.length, size.rows);
      for (const { line, tone } of lines) {
        assert.ok(widthOf(plainLine(line, size.columns)) <= size.columns);
        const painted = paint(line, { columns: size.columns, isColoured: true }, tone);
        const [first, ...pieces] = painted.split(ESCAPE);
        for (const piece of pieces) assert.match(piece, /^\[(?:[0-9;]+m|\d+G)/);
        assert.doesNotMatch([first, ...pieces].join(''), /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }
    }),
  );
});

const EXAMPLE: Picture = {
  ...emptyPicture('radio.example:8700'),
  phase: { name: 'live' },
  audience: { at: '2026-01-31T12:00:00.000Z', sessions: 1234, listeners: 1200, bots: 1, stalled: false },
  heardAt: NOW,
  samples: [
    { at: NOW - 2000, sessions: 1230, joined: 3, left: 1 },
    { at: NOW, sessions: 1234, joined: 5, left: 1 },
  ],
};

function linesOf(picture: Picture, columns: number, rows: number, view: View = FIRST_VIEW): string[] {
  const { lines } = frameOf(picture, view, listsOf(picture, view), { columns, rows }, NOW);
  return lines.map(({ line }) => plainLine(line, columns));
}

test('the second line says how many, in full where there is room', () => {
  assert.equal(linesOf(EXAMPLE, 100, 30)[1], '1,234 listening now · 1,200 listeners · +8 −2 in 3 s · 1 bot');
  assert.equal(linesOf(EXAMPLE, 40, 10)[1], '1,234 now · +8 −2 · 1 bot');
});

test('what is not there is said in words', () => {
  const nobody: Picture = { ...EXAMPLE, sessions: { items: [], total: 0, lookedAt: 0, hasMore: false } };
  assert.ok(linesOf(nobody, 80, 24).includes('Nobody listens now.'));
  assert.ok(linesOf(nobody, 80, 24).includes('No stream is known yet.'));
  assert.ok(linesOf(nobody, 80, 12, { ...FIRST_VIEW, text: 'x' }).includes('Nobody fits.'));
  assert.ok(linesOf(nobody, 80, 12, { ...FIRST_VIEW, pane: 'sources' }).includes('Nothing is watched: add sources.'));
});

test('of a crowd it is said in how many somebody was looked for', () => {
  const crowd: Picture = { ...EXAMPLE, sessions: { items: [], total: 98_123, lookedAt: 10_000, hasMore: true } };
  const lines = linesOf(crowd, 80, 12, { ...FIRST_VIEW, text: 'anna' });
  assert.ok(
    lines.some((line) => line.includes(' Sessions 0 in 10,000 of 98,123 ')),
    lines.join('\n'),
  );
});
