import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { KINDS } from './index.ts';
import { READABLE } from './readable.ts';

test('what can be read is listed in the order of all kinds, and loads the kind of its name', async () => {
  const readable = KINDS.filter(({ readOnce }) => readOnce !== undefined);
  const loaded = await Promise.all(READABLE.map(({ load }) => load()));
  assert.deepEqual(loaded, readable);
  const names = ({ kind, schemes, claims }: Pick<(typeof KINDS)[number], 'kind' | 'schemes' | 'claims'>) => [
    kind,
    schemes,
    claims,
  ];
  assert.deepEqual(READABLE.map(names), readable.map(names));
});

test('what is loaded as it is has the traits of its kind, and the options that its config makes of nothing', async () => {
  const quick = READABLE.filter(({ loadAsIs }) => loadAsIs !== undefined);
  assert.ok(quick.length > 0);
  for (const { kind, load, loadAsIs } of quick) {
    const [whole, { traits, options, readOnce }] = await Promise.all([load(), loadAsIs!()]);
    const parsed = whole.config.parse({ path: 'input' }) as Record<string, unknown>;
    const named = Object.fromEntries(Object.keys(options).map((name) => [name, parsed[name]]));
    assert.deepEqual(
      { traits, options, readOnce },
      { traits: whole.traits, options: named, readOnce: whole.readOnce },
      kind,
    );
    const left = Object.keys(parsed).filter((name) => !(name in options));
    assert.deepEqual(left, ['path', 'protocol', 'senders', 'from', 'follow', 'poll'], 'of no use to who reads once');
  }
});
