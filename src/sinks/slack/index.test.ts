import { strict as assert } from 'node:assert';
import { afterEach, beforeEach, test } from 'node:test';
import { SLACK_TOKEN, type SlackServer, startSlack } from '../../../lab/slack.ts';
import type { EventWire } from '../../http/contract.ts';
import { type EventName, FIELDS } from '../event-text.ts';
import { eventsOfAllTypes, HOSTILE, sinkContext } from '../fixture.ts';
import { Refused, type Told } from '../sink.ts';
import { slack } from './index.ts';

const never = new AbortController().signal;

let server: SlackServer;
beforeEach(async () => {
  server = await startSlack();
});
afterEach(() => server.stop());

function sink(options: Record<string, unknown> = {}) {
  const standard = { token: SLACK_TOKEN, channel: '#radio', username: 'wintermute', url: server.api };
  return slack.create(slack.config.parse({ ...standard, ...options }), sinkContext().context);
}

const toldOf = (events: readonly EventWire[]): Told[] => events.map((event) => ({ event, json: '' }));
const texts = () => server.posted.map(({ message }) => message.text);

test('each event is one message, in the words of spyserver_monitor, with its id in the header and the metadata', async () => {
  const events = eventsOfAllTypes({ durationSeconds: 90_061 }).filter(({ type }) =>
    /^session\.(open|close)/.test(type),
  );
  await sink().deliver(toldOf(events), never);
  assert.deepEqual(texts(), [
    'Open 100.200.30.40#hf.config Chicago/United States',
    'Close 100.200.30.40#hf.config Chicago/United States @25:01:01',
  ]);
  for (const { id, message } of server.posted) {
    assert.equal(id, 'e');
    assert.equal(message.metadata?.event_payload.id, 'e');
    assert.deepEqual([message.channel, message.username, message.mrkdwn], ['#radio', 'wintermute', false]);
  }
});

test('a webhook is told the same, without a channel', async () => {
  const webhook = { token: undefined, channel: undefined, username: undefined, webhook: server.webhook };
  await sink(webhook).deliver(toldOf(eventsOfAllTypes()), never);
  assert.equal(server.posted.length, eventsOfAllTypes().length);
  assert.equal(server.posted[0]!.message.channel, undefined);
  assert.equal(server.posted[0]!.id, 'e');
});

test('whatever a field says stays text, in every field of every event', async () => {
  const everything = Object.fromEntries(
    Object.entries(FIELDS).map(([name, fields]) => [name, fields.map((field) => `{${field}}`).join(' | ')]),
  ) as Record<EventName, string>;
  const speaking = sink({ templates: everything });
  const clean = (text: string) => text.replace(/[\r\n\u202E]+/g, ' ');
  for (const hostile of HOSTILE) {
    const before = server.posted.length;
    const events = eventsOfAllTypes({ everywhere: hostile });
    await speaking.deliver(toldOf(events), never);
    const said = texts().slice(before);
    assert.equal(said.length, events.length);
    for (const [i, text] of said.entries()) {
      assert.doesNotMatch(text, /[<>\n\r\u202E]|&(?!(amp|lt|gt);)/, events[i]!.type);
      const shown = text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
      assert.ok(events[i]!.type === 'digest' || shown.includes(clean(hostile)), `${events[i]!.type}: ${text}`);
    }
  }
});

test('a token that is refused is never part of what is said of it', async () => {
  const wrong = sink({ token: 'xoxb-wrong' }).deliver(toldOf(eventsOfAllTypes()), never);
  await assert.rejects(wrong, (error) => {
    assert.ok(error instanceof Refused);
    assert.equal(error.message, 'Slack answered with HTTP 200, invalid_auth: check the token');
    return true;
  });
});

test('a Slack that does not answer is not waited for, and no error has the path of a webhook', async () => {
  server.whim = () => 'hang';
  const options = { token: undefined, channel: undefined, username: undefined, webhook: server.webhook };
  const told = sink({ ...options, timeout: '100ms' }).deliver(toldOf(eventsOfAllTypes()), never);
  await assert.rejects(told, (error) => {
    assert.match(String(error), /did not answer within 100 ms/);
    assert.doesNotMatch(String(error), /services/);
    return true;
  });
});
