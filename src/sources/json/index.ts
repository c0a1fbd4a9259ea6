/**
 * Any server that answers JSON over HTTP: who is there, or how many, as paths say that it is written (parse.ts, path.ts).
 * For what has no kind of its own: SFUs that are libraries, and servers that somebody has made himself.
 *
 * Limits: 20 MB and 64 levels an answer, 200,000 items, 10,000 streams. Only GET.
 */

import { z } from 'zod';
import { HeadcountError } from '../../lib/errors.ts';
import { httpUrl, secret } from '../../lib/options.ts';
import { answeredBadly, fetchText, MAX_ANSWER_BYTES } from '../../transports/poll/fetch-text.ts';
import { pollOptions } from '../../transports/poll/poll-options.ts';
import { ByteDeltas } from '../byte-deltas.ts';
import { POLLED_TRAITS, type Poll, type PollAnswer, polledCounts, polledSource } from '../polled.ts';
import { type CommonOptions, defineSource, type Source } from '../source.ts';
import { FIELDS, type Field, JsonMistake, type Mapping, parseAnswer } from './parse.ts';
import { isFieldPath, isItemsPath, parsePath } from './path.ts';

const SENTENCES: Readonly<Record<Field, string>> = {
  stream: 'The stream that somebody is on, or that is counted.',
  id: 'The id of the connection, never given twice while the server runs.',
  address: 'The address of the client.',
  port: 'The port of the client.',
  userAgent: 'The user agent of the client.',
  user: 'The name of the user.',
  device: 'The id or name of the device.',
  connectedSeconds: 'For how many seconds the client has been there.',
  startedAt: 'Since when the client has been there: seconds or milliseconds since 1970, or ISO 8601.',
  bytes: 'How many bytes the client has had since it came; needs an `id`.',
  title: 'What plays.',
  isPublisher: 'Whether it sends the stream, and is no listener: true, 1 or yes.',
  listeners: 'How many are on the stream: then the items are streams, and there are no sessions.',
  peakListeners: 'How many were on the stream at most, beside `listeners`.',
  name: 'What the stream is called, beside `listeners`.',
};

function fieldPath(field: Field) {
  const error = 'is no path: write name, inner.name, list.0, ^.name or #';
  return z.string().refine(isFieldPath, { error }).transform(parsePath).optional().describe(SENTENCES[field]);
}

type FieldPath = ReturnType<typeof fieldPath>;
const fieldPaths = Object.fromEntries(FIELDS.map((field) => [field, fieldPath(field)])) as Record<Field, FieldPath>;

const config = z.strictObject({
  endpoint: httpUrl().describe(
    'The page that answers, http:// or https://; in the URL of the source, what stands behind `json:`.',
  ),
  items: z
    .string()
    .refine(isItemsPath, { error: 'is no path: write name, inner.name, list.0 or list.*.name' })
    .default('')
    .transform(parsePath)
    .describe(
      'Where in the answer the list is: `data.sessions`, or `rooms.*.participants`; nothing is the whole answer.',
    ),
  fields: z
    .preprocess(readFields, z.strictObject(fieldPaths))
    .describe('Where in an item everything is; in a URL `stream:room,id:sid`.'),
  stream: z
    .string()
    .min(1)
    .optional()
    .describe('The stream of all items that name none; else that is the name of the source.'),
  boot: z
    .string()
    .refine(isItemsPath, { error: 'is no path: write name or inner.name' })
    .transform(parsePath)
    .optional()
    .describe('Where the answer says when or as what the server was started, if ids begin anew then.'),
  user: z.string().min(1).optional().describe('Whom to ask as: by Basic, and by Digest if the server asks for it.'),
  password: secret().optional().describe('The password of that user.'),
  token: secret()
    .regex(/^[\x21-\x7e]+$/, { error: 'must be printable ASCII without spaces' })
    .optional()
    .describe('A token or key, sent in `header`.'),
  header: z
    .string()
    .regex(/^[\w-]+$/, { error: 'is no name of a header' })
    .default('Authorization')
    .describe('What the token is sent in; in `Authorization` as `Bearer`.'),
  ...pollOptions(),
});

type Config = z.output<typeof config>;

export const json = defineSource({
  kind: 'json',
  schemes: ['json'],
  claims: null,
  summary: 'Any server that answers JSON: who is there, or how many, where paths say that it is written.',
  usage: 'json:https://HOST/PAGE?items=sessions&fields=stream:room,id:id,address:ip',
  config,
  traits: POLLED_TRAITS,
  counts: polledCounts({ unreadableItems: null, repeatedItems: null, listsMissing: null }),
  trial: { options: ['items', 'fields', 'stream', 'boot', 'user', 'password', 'token', 'header'] },
  fromUrl: (url) => {
    const endpoint = String(url).replace(/^json:/, '');
    if (endpoint === '') return {};
    if (!/^https?:\/\/[^/]/.test(endpoint)) throw new HeadcountError('BAD_URL', 'names no page');
    return { endpoint };
  },
  defaultName: ({ endpoint }) => {
    const { host, pathname } = new URL(endpoint);
    return `json:${host}${pathname === '/' ? '' : pathname}`;
  },
  create: createJson,
});

/** `stream:room,id:sid` is an object, too; anything else is for the schema to judge. */
function readFields(written: unknown): unknown {
  if (typeof written !== 'string') return written;
  const pairs = written.split(',').map((pair) => pair.trim().split(':'));
  return pairs.every(({ length }) => length === 2) ? Object.fromEntries(pairs) : written;
}

function createJson(options: Config, { name }: CommonOptions): Source {
  const { items, fields, stream, boot } = options;
  const mapping = {
    items,
    fields: fields as Mapping['fields'],
    boot: boot ?? null,
    stream: stream ?? name,
    isStreamConstant: fields.stream === undefined,
  };
  const bytes = new ByteDeltas();
  return polledSource(options.every, (poll) => askServer(options, mapping, bytes, poll));
}

async function askServer(options: Config, mapping: Mapping, bytes: ByteDeltas, poll: Poll): Promise<PollAnswer> {
  const { endpoint, user, password = '', token, header, timeout } = options;
  const authorization =
    token === undefined ? {} : { [header]: /^authorization$/i.test(header) ? `Bearer ${token}` : token };
  const { status, body } = await fetchText(endpoint, {
    auth: user === undefined ? null : { user, password },
    timeoutMs: timeout,
    maxBytes: MAX_ANSWER_BYTES,
    signal: poll.signal,
    headers: { accept: 'application/json', ...authorization },
  });
  if (status !== 200) throw answeredBadly(endpoint, `HTTP ${status}`, undefined, { body });
  const { reports, people, counts } = read(endpoint, body, () => parseAnswer(body, mapping, poll.at));
  poll.counters.set('unreadableItems', counts.unreadableItems);
  poll.counters.set('repeatedItems', counts.repeatedItems);
  poll.counters.set('itemsIgnored', counts.itemsIgnored);
  poll.counters.set('streamsIgnored', counts.streamsIgnored);
  poll.counters.set('listsMissing', counts.listsMissing);
  if (people === null) return { reports, listeners: null };
  const sent = people.flatMap(({ presence: { client }, sent }) =>
    sent === null ? [] : [[client.connection!, sent] as const],
  );
  const present = bytes.take(
    people.map(({ presence }) => presence),
    new Map(sent),
  );
  return { reports, listeners: { unknown: new Set(), present } };
}

function read<T>(endpoint: string, body: Buffer, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof JsonMistake) throw answeredBadly(endpoint, error.message, undefined, { body });
    throw error;
  }
}
