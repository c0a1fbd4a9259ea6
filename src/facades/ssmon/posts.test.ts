/** POST /open and /close: what is answered, and what comes to the inbox. */

import { strict as assert } from 'node:assert';
import { afterEach, test } from 'node:test';
import type { Receipt } from '../../lib/inboxes.ts';
import { bearer, type Stage, stage } from './stage.fixture.ts';

const stages: Stage[] = [];
afterEach(async () => {
  for (const each of stages.splice(0)) await each.close();
});

async function taking(receipt: Receipt = 'taken', options: Record<string, unknown> = {}, inbox = 'ssmon') {
  const made = await stage(options);
  stages.push(made);
  const messages: unknown[] = [];
  made.inboxes.open(inbox, (message) => {
    messages.push(message);
    return receipt;
  });
  return { ...made, messages };
}

const OPEN = '/ssmon/api/v1/open';
const CLOSE = '/ssmon/api/v1/close';
const CONNECTION = {
  ...{ ip: '192.0.2.40', port: '5678', server_instance: 'hf.config', sdr_version: '1700.0.0.1', os: 'Windows' },
  ...{ start: '2026-03-01 11:59:00.123456', end: null },
};
const CLOSED = { ...CONNECTION, end: '2026-03-01 11:59:05.128518', duration: 5.005062 };

test('59: /open answers the connection with lat, lon, country and city', async () => {
  const { post, messages } = await taking();
  const { status, headers, text } = await post(OPEN, { ...CONNECTION, more: 'x' });
  assert.equal(status, 200);
  assert.match(String(headers['content-type']), /^application\/javascript/);
  assert.equal(headers['access-control-allow-origin'], '*');
  assert.deepEqual(JSON.parse(text), {
    ...CONNECTION,
    ...{ lat: '41.8781', lon: '-87.6298', country: 'United States', city: 'Chicago' },
  });
  assert.deepEqual(messages, [{ ...CONNECTION, more: 'x' }]);
});

test('73: of an address that is nowhere the place is null', async () => {
  const { post } = await taking();
  const { text } = await post(OPEN, { ...CONNECTION, ip: '203.0.113.9' });
  const nowhere = { lat: null, lon: null, country: null, city: null };
  assert.deepEqual(JSON.parse(text), { ...CONNECTION, ip: '203.0.113.9', ...nowhere });
});

test('61: /close answers nothing, and the end comes to the inbox', async () => {
  const { post, messages } = await taking();
  const { status, headers, text } = await post(CLOSE, CLOSED);
  assert.deepEqual([status, text], [200, '']);
  assert.match(String(headers['content-type']), /^text\/html; charset=utf-8/i);
  assert.deepEqual(messages, [CLOSED]);
});

test('60: what is ignored is answered with 200 and nothing', async () => {
  const { post } = await taking('ignored');
  for (const [path, body] of [
    [OPEN, CONNECTION],
    [CLOSE, CLOSED],
  ] as const) {
    const { status, headers, text } = await post(path, body);
    assert.deepEqual([status, text], [200, '']);
    assert.match(String(headers['content-type']), /^text\/html/);
  }
});

const codeOf = ({ text }: { text: string }) => (JSON.parse(text) as { error: { code: string } }).error.code;

test('what is no connection is refused', async () => {
  const { post, messages } = await taking();
  const wrong: [path: string, body: unknown][] = [
    ...['{', '7', 'null', '[]', '"x"'].map((text): [string, string] => [OPEN, text]),
    [OPEN, CLOSED],
    [CLOSE, CONNECTION],
  ];
  for (const [path, body] of wrong) {
    const answer = await post(path, body);
    assert.equal(answer.status, 400, String(body));
  }
  assert.deepEqual(messages, []);
  const { post: again } = await taking('malformed');
  assert.equal(codeOf(await again(OPEN, CONNECTION)), 'NOT_A_CONNECTION');
  assert.equal((await again(OPEN, { ...CONNECTION, os: 'x'.repeat(70_000) })).status, 413);
});

test('a body that does not say it is JSON is refused, and so is another method', async () => {
  const { ask } = await taking();
  const headers = { ...bearer('monitor'), 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await ask(OPEN, { method: 'POST', headers, body: JSON.stringify(CONNECTION) });
  assert.deepEqual([answer.status, codeOf(answer)], [415, 'NOT_JSON']);
  assert.equal((await ask(OPEN)).status, 404);
  assert.equal((await ask(OPEN, { method: 'PUT' })).status, 404);
});

test('without room, and without a source, it is said to come again', async () => {
  const { post } = await taking('full');
  const full = await post(OPEN, CONNECTION);
  assert.deepEqual([full.status, codeOf(full), full.headers['retry-after']], [503, 'NO_ROOM', '1']);
  const other = await taking('taken', {}, 'another');
  assert.equal(codeOf(await other.post(OPEN, CONNECTION)), 'NOBODY_TAKES_IT');
  const named = await taking('taken', { inbox: 'another' }, 'another');
  assert.equal((await named.post(OPEN, CONNECTION)).status, 200);
});

test('75: what is posted stays text', async () => {
  const { post } = await taking();
  const hostile = { ...CONNECTION, server_instance: '; touch x', os: '<script>alert(1)</script>', sdr_version: '`id`' };
  const { text } = await post(OPEN, hostile);
  const { server_instance, os, sdr_version } = JSON.parse(text) as typeof CONNECTION;
  assert.deepEqual([server_instance, os, sdr_version], ['; touch x', '<script>alert(1)</script>', '`id`']);
});
