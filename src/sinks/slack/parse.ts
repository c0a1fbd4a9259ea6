/**
 * What Slack is sent, and what its answers mean. Web API: https://docs.slack.dev/reference/methods/chat.postMessage/,
 * https://docs.slack.dev/messaging/message-metadata/ and https://docs.slack.dev/apis/web-api/rate-limits/; incoming
 * webhooks: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/.
 */

import type { EventWire } from '../../http/contract.ts';
import type { PostAnswer } from '../../lib/post.ts';
import { Later, Refused } from '../sink.ts';

/** Slack cuts a text off after 40,000 characters and advises against more than 4000. */
const LONGEST_TEXT = 4000;
/** Nobody is waited for longer because he asks for it. */
const LONGEST_WAIT = 3_600_000;

/** The three characters that begin everything that is not text: links, mentions, entities. */
export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

export interface Sender {
  readonly channel?: string | undefined;
  readonly username?: string | undefined;
}

/**
 * A message as JSON. Nothing in it is markup: no `*bold*`, no `@names`, no previews. The event's id is in the metadata,
 * for programs that read the channel.
 */
export function messageOf(event: EventWire, text: string, sender: Sender): string {
  return JSON.stringify({
    ...sender,
    text: text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 1).toWellFormed()}…`,
    mrkdwn: false,
    parse: 'none',
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    metadata: metadataOf(event),
  });
}

function metadataOf({ id, type, at }: EventWire): object {
  return { event_type: `headcount_${type.replace('.', '_')}`, event_payload: { id, type, at } };
}

/** What says of the moment, and not of what was sent. */
const PASSING_STATUS = new Set([408, 425, 429]);
const PASSING_ERROR: ReadonlySet<string> = new Set([
  ...['fatal_error', 'internal_error', 'message_limit_exceeded', 'rate_limited', 'ratelimited'],
  ...['request_timeout', 'rollup_error', 'service_unavailable', 'team_added_to_org'],
]);

/** Resolves to nothing if it was taken; throws `Refused` for what never will be, and `Later` for the rest. */
export function judge({ status, retryAfterMs, text }: PostAnswer, isWebApi: boolean): void {
  const isFine = status >= 200 && status < 300;
  if (isFine && !isWebApi) return;
  const error = isWebApi && isFine ? errorIn(text) : wordIn(text);
  if (isWebApi && isFine && error === null) return;
  const message = `Slack answered with HTTP ${status}${error === null ? '' : `, ${error}`}`;
  if (PASSING_ERROR.has(error ?? '') || isUnclear(error)) throw later(message, retryAfterMs);
  const isFinal = isFine || (status >= 400 && status < 500 && !PASSING_STATUS.has(status));
  if (isFinal) throw new Refused(`${message}${ADVICE[error ?? ''] ?? ''}`);
  throw later(message, retryAfterMs);
}

const ADVICE: Readonly<Record<string, string>> = {
  account_inactive: ': the token is of an account that is gone. Make a new one',
  channel_is_archived: ': choose another channel',
  channel_not_found: ': check the channel, and invite the app into it',
  invalid_auth: ': check the token',
  is_archived: ': choose another channel',
  missing_scope: ': the app needs the scope chat:write, and chat:write.customize for a username',
  no_service: ': the webhook is gone. Make a new one',
  not_in_channel: ': invite the app into the channel',
  token_revoked: ': the token is no longer valid. Make a new one',
};

function later(message: string, retryAfterMs: number | null): Later {
  return new Later(message, Math.min(retryAfterMs ?? 0, LONGEST_WAIT));
}

const NO_JSON = 'what is not an answer of the Web API';
const isUnclear = (error: string | null) => error === NO_JSON;

/** Null if the message was taken. Whoever answers 200 without saying `ok` is not Slack, but something on the way to it. */
function errorIn(text: string): string | null {
  try {
    const answer = JSON.parse(text) as { ok?: unknown; error?: unknown } | null;
    if (answer?.ok === true) return null;
    if (answer?.ok === false) return wordIn(String(answer.error)) ?? 'an error without a name';
  } catch {
    // It is not JSON.
  }
  return NO_JSON;
}

/** The name of an error; anything else that stands there may be anything, and gets into no log. */
function wordIn(text: string): string | null {
  const word = text.trim();
  return /^[a-z_]{1,60}$/.test(word) ? word : null;
}
