import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { fillTemplate, parseTemplate, TemplateMistake } from './template.ts';

const fill = (text: string, values: Record<string, string>) =>
  fillTemplate(parseTemplate(text, Object.keys(values)), values, (value) => `<${value}>`);

test('fields are replaced, and only their values are escaped', () => {
  assert.equal(fill('Open {ip}#{stream}!', { ip: '192.0.2.1', stream: 'hf' }), 'Open <192.0.2.1>#<hf>!');
  assert.equal(fill('{ip}{ip}', { ip: 'a' }), '<a><a>');
  assert.equal(fill('no field', {}), 'no field');
});

test('what a value says is never looked at again', () => {
  assert.equal(fill('{a} {b}', { a: '{b}', b: '{{a}}' }), '<{b}> <{{a}}>');
});

test('braces are written twice', () => {
  assert.equal(fill('{{{a}}} {{a}}', { a: '1' }), '{<1>} {a}');
});

test('a field that there is not, and a lone brace, are mistakes', () => {
  const wrong = (text: string, pattern: RegExp) =>
    assert.throws(
      () => parseTemplate(text, ['ip', 'city']),
      (error) => error instanceof TemplateMistake && pattern.test(error.message),
    );
  wrong('{planet}', /unknown field \{planet\}.*ip, city/);
  wrong('{constructor}', /unknown field/);
  wrong('{ip', /lone brace/);
  wrong('ip}', /lone brace/);
  wrong('{ip.city}', /lone brace/);
  wrong('#{ip()}', /lone brace/);
});
