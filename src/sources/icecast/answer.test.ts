import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { XmlError } from '../../transports/poll/xml.ts';
import { readAnswer, repairJson } from './answer.ts';

const title = (text: string) => (JSON.parse(repairJson(`{"title":${text},"listeners":3}`)) as { title: unknown }).title;

test('2.4: what looks like a number or is none at all stays the text that it was', () => {
  // As Icecast 2.4.4 wrote each of these titles.
  for (const [came, meant] of [
    [' - ', '-'],
    ['-', '-'],
    ['5.', '5.'],
    ['.5', '.5'],
    ['-.5', '-.5'],
    ['1e5', '1e5'],
    ['2024', '2024'],
    ['12345678901234567890', '12345678901234567890'],
    ['true', 'true'],
    ['"007"', '007'],
    ['null', null],
    ['', null],
    [String.raw`"A \\ \"B\""`, String.raw`A \ "B"`],
  ] as const) {
    assert.equal(title(came), meant, came);
  }
});

test('numbers stay numbers where they are meant, and what is none is text in any field', () => {
  const mended = repairJson('{"listeners":3,"listener_peak":12,"public":true,"bitrate": - ,"dummy":null}');
  assert.deepEqual(JSON.parse(mended), { listeners: 3, listener_peak: 12, public: true, bitrate: '-', dummy: null });
});

test('valid JSON means the same when it is mended, whatever stands in its strings', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.constant(null))), (value) => {
      assert.deepEqual(JSON.parse(repairJson(JSON.stringify({ ...value, title: '", "x": - ,' }))), {
        ...value,
        ...Object.fromEntries(Object.entries(value).map(([key, each]) => [key, asText(key, each)])),
        title: '", "x": - ,',
      });
    }),
  );
});

function asText(key: string, value: string | number | null): string | number | null {
  return typeof value === 'number' && /^(title|artist|album|genre)$/.test(key) ? String(value) : value;
}

test('what is neither XML nor JSON of Icecast is refused', () => {
  const deep = `{"icestats":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}`;
  const early = '{"icestats":"server_start":"Sat, 21 Nov 2026 01:16:40 +0000","dummy":null}}';
  for (const text of [early, '{}', '[]', '[7]', '{"icestats":7}', '{"icestats":', deep, '<html/>', 'hello', '']) {
    assert.throws(() => readAnswer(text), XmlError, text.slice(0, 30));
  }
});
