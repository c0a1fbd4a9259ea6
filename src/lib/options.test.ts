import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { z } from 'zod';
import { cidr, duration, flag, isSecret, list, number, port, secret } from './options.ts';

const refuses = (schema: z.ZodType, value: unknown) =>
  assert.equal(schema.safeParse(value).success, false, String(value));

test('durations have defaults and limits', () => {
  const every = duration('10s', { least: '1s', most: '1h' });
  assert.equal(every.parse(undefined), 10_000);
  assert.equal(every.parse('2m'), 120_000);
  for (const wrong of ['0.5s', '2h', 'soon', 5]) refuses(every, wrong);
});

test('numbers, flags and lists are understood as text, as URLs give them', () => {
  assert.equal(port(80).parse(undefined), 80);
  assert.equal(port().parse('8000'), 8000);
  assert.equal(number({ least: 0, most: 1, integer: false }).parse('0.5'), 0.5);
  assert.equal(flag(false).parse('yes'), true);
  assert.equal(flag(true).parse(undefined), true);
  assert.deepEqual(list(z.string()).parse('a, b,,c'), ['a', 'b', 'c']);
  assert.deepEqual(list(cidr()).parse(['10.0.0.0/8']).length, 1);
  for (const wrong of ['0', '65536', '8x', '']) refuses(port(), wrong);
  refuses(flag(false), 'maybe');
  refuses(cidr(), 'example.org');
});

test('a secret is recognised under defaults and options', () => {
  assert.ok(isSecret(secret()));
  assert.ok(isSecret(secret().optional()));
  assert.ok(isSecret(secret().nullable().default(null)));
  assert.ok(!isSecret(z.string()));
});

test('the JSON Schema says what a person writes', () => {
  const schema = z.toJSONSchema(z.object({ every: duration('10s').describe('How often.') }), { io: 'input' });
  assert.deepEqual(schema.properties, { every: { type: 'string', default: '10s', description: 'How often.' } });
});
