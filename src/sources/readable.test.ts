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
