import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { PostAnswer } from '../../lib/post.ts';
import { eventsOfAllTypes, HOSTILE } from '../fixture.ts';
import { Later, Refused } from '../sink.ts';
import { escapeSlack, judge, messageOf, type Sender } from './parse.ts';

/** As Slack reads it: nothing but these three entities means anything in a text without markup. */
const shown = (text: string) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

test('what is escaped is shown as it was, and is no link, mention or entity', () => {
  for (const text of HOSTILE) {
    const escaped = escapeSlack(text);
    assert.doesNotMatch(escaped, /[<>]|&(?!(amp|lt|gt);)/);
    assert.equal(shown(escaped), text);
  }
});

interface Message extends Sender {
  readonly [field: string]: unknown;
}

test('a message says who speaks, is no markup, and has the id of its event in its metadata', () => {
  const [event] = eventsOfAllTypes();
  const message = JSON.parse(messageOf(event!, 'hello', { channel: '#radio', username: 'w' })) as Message;
  assert.deepEqual(message, {
    ...{ channel: '#radio', username: 'w', text: 'hello' },
    ...{ mrkdwn: false, parse: 'none', link_names: false, unfurl_links: false, unfurl_media: false },
    metadata: { event_type: 'headcount_listener_new', event_payload: { id: 'e', type: 'listener.new', at: event!.at } },
  });
  const long = JSON.parse(messageOf(event!, 'x'.repeat(9000), {})) as Message;
  assert.equal(String(long['text']).length, 4000);
});

/** What an answer means: null is taken; else whether it is final, and what is said of it. */
function meaning(answer: Partial<PostAnswer>, isWebApi = true): [boolean, string, number?] | null {
  try {
    judge({ status: 200, retryAfterMs: null, text: '', ...answer }, isWebApi);
    return null;
  } catch (error) {
    assert.ok(error instanceof Refused || error instanceof Later, String(error));
    return error instanceof Later ? [false, error.message, error.afterMs] : [true, error.message];
  }
}

const failing = (error: string) => ({ text: JSON.stringify({ ok: false, error }) });

test('the Web API: taken, never, or later', () => {
  assert.equal(meaning({ text: '{"ok":true}' }), null);
  for (const error of ['invalid_auth', 'channel_not_found', 'not_in_channel', 'is_archived', 'one_that_is_new']) {
    const [isFinal, message] = meaning(failing(error))!;
    assert.ok(isFinal, error);
    assert.match(message, new RegExp(error));
  }
  for (const error of ['ratelimited', 'internal_error', 'fatal_error', 'service_unavailable', 'request_timeout']) {
    assert.equal(meaning(failing(error))![0], false, error);
  }
  assert.match(meaning(failing('channel_not_found'))![1], /check the channel, and invite the app/);
});

test('who asks for patience gets it, but no more than an hour', () => {
  assert.deepEqual(meaning({ status: 429, retryAfterMs: 30_000, text: 'ratelimited' })?.slice(0, 3), [
    ...[false, 'Slack answered with HTTP 429, ratelimited', 30_000],
  ]);
  assert.equal(meaning({ status: 429, retryAfterMs: 1e9 })![2], 3_600_000);
  assert.equal(meaning({ status: 429 }, false)![0], false);
});

test('an incoming webhook: any 2xx is taken, 4xx never, 5xx later', () => {
  assert.equal(meaning({ text: 'ok' }, false), null);
  assert.deepEqual(meaning({ status: 404, text: 'no_service' }, false), [
    ...[true, 'Slack answered with HTTP 404, no_service: the webhook is gone. Make a new one'],
  ]);
  assert.equal(meaning({ status: 410, text: 'channel_is_archived' }, false)![0], true);
  assert.equal(meaning({ status: 500, text: 'rollup_error' }, false)![0], false);
  assert.equal(meaning({ status: 302 }, false)![0], false);
});

test('who is not Slack is not believed, and what he says gets into no message', () => {
  for (const text of ['', 'ok', '<html>sign in</html>', 'null', '[]', '{"ok":"true"}']) {
    assert.deepEqual(meaning({ text })?.slice(0, 2), [
      ...[false, 'Slack answered with HTTP 200, what is not an answer of the Web API'],
    ]);
  }
  const [, message] = meaning({ status: 403, text: 'xoxb-secret <script>' })!;
  assert.equal(message, 'Slack answered with HTTP 403');
  assert.equal(meaning(failing('Sign in, 192.0.2.1'))![1], 'Slack answered with HTTP 200, an error without a name');
});
