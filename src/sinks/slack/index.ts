/**
 * Events, told to a channel of Slack: one message each, by an incoming webhook or by chat.postMessage. The page of this
 * sink is docs/sinks/slack.md.
 */

import { z } from 'zod';
import { duration, httpUrl, secret } from '../../lib/options.ts';
import { peerOf } from '../../lib/outgoing.ts';
import { postJson } from '../../lib/post.ts';
import { type EventName, FIELDS, TEXTS, valuesOf } from '../event-text.ts';
import { defineSink, type Told } from '../sink.ts';
import { fillTemplate, parseTemplate, type Template, TemplateMistake } from '../template.ts';
import { escapeSlack, judge, messageOf } from './parse.ts';

const NAMES = Object.keys(TEXTS) as EventName[];

function template(name: EventName) {
  return z
    .string()
    .min(1)
    .max(2000)
    .superRefine((text, context) => {
      try {
        parseTemplate(text, FIELDS[name]);
      } catch (error) {
        if (!(error instanceof TemplateMistake)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
      }
    })
    .default(TEXTS[name])
    .describe(`What is said of \`${name}\`. Fields: ${FIELDS[name].map((field) => `{${field}}`).join(' ')}.`);
}

const templates = Object.fromEntries(NAMES.map((name) => [name, template(name)])) as Record<
  EventName,
  ReturnType<typeof template>
>;

const config = z
  .strictObject({
    webhook: httpUrl()
      .meta({ secret: true })
      .optional()
      .describe('The URL of an incoming webhook: whoever has it may post. Either this or a token.'),
    token: secret()
      .regex(/^[\x21-\x7e]+$/, { error: 'must be one word, such as xoxb-…' })
      .optional()
      .describe('A bot token with the scope chat:write. Either this or a webhook.'),
    channel: z
      .string()
      .regex(/^[^\s"'<>&]{1,100}$/u, { error: 'must be an id such as C0123456789, or a name such as #radio' })
      .optional()
      .describe('For a token: the id of a channel, or its name. A webhook has its own.'),
    username: z
      .string()
      .min(1)
      .max(80)
      .optional()
      .describe('Who seems to speak. For a token, which then needs the scope chat:write.customize.'),
    url: httpUrl().default('https://slack.com/api/').describe('Where the Web API is, for a token.'),
    timeout: duration('10s', { least: '100ms', most: '5m' }).describe('How long one request may take.'),
    templates: z.strictObject(templates).prefault({}).describe('What is said, by the type of the event.'),
  })
  .superRefine(({ webhook, token, channel, username }, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if ((webhook === undefined) === (token === undefined)) wrong('token', 'or a webhook is needed, and not both');
    else if (token !== undefined && channel === undefined) wrong('channel', 'is needed beside a token');
    else if (webhook !== undefined && channel !== undefined) wrong('channel', 'is of the webhook: leave it out');
    else if (webhook !== undefined && username !== undefined) wrong('username', 'is of the webhook: leave it out');
  });

type Options = z.output<typeof config>;

export const slack = defineSink({
  kind: 'slack',
  summary: 'Events as messages in a channel of Slack.',
  config,
  events: ['session.opened', 'session.closed', 'stream.status', 'audience.above', 'audience.below'],
  defaultName: ({ webhook, channel }) => `slack:${webhook === undefined ? channel : peerOf(new URL(webhook))}`,
  create: (options) => {
    const sentences = templatesOf(options);
    return {
      // Slack takes one message a second (rate limits of chat.postMessage): what comes faster is for a digest.
      batch: { events: 1, bytes: 1_048_576 },
      deliver: async (told, signal) => {
        for (const each of told) await post(options, sentences, each, signal);
      },
    };
  },
});

function templatesOf({ templates: written }: Options): Readonly<Record<EventName, Template>> {
  const parsed = NAMES.map((name) => [name, parseTemplate(written[name], FIELDS[name])]);
  return Object.fromEntries(parsed) as Record<EventName, Template>;
}

async function post(
  options: Options,
  sentences: Readonly<Record<EventName, Template>>,
  { event }: Told,
  signal: AbortSignal,
): Promise<void> {
  const { token, webhook, channel, username, timeout } = options;
  const isWebApi = token !== undefined;
  const url = isWebApi ? new URL('chat.postMessage', withSlash(options.url)) : new URL(webhook!);
  const text = fillTemplate(sentences[event.type], valuesOf(event), escapeSlack);
  const body = messageOf(event, text, { channel, username });
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'X-Headcount-Event-Id': event.id,
    ...(isWebApi && { authorization: `Bearer ${token}` }),
  };
  judge(await postJson(url, { body, headers, timeoutMs: timeout, signal }), isWebApi);
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
