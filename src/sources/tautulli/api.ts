/**
 * Tautulli's API v2 (2.17): one question at a time, `<root>/api/v2?apikey=…&cmd=…`. Takes the envelope
 * `{"response":{"result":"success","message":null,"data":…}}` off; what the content means is parse.ts's.
 *
 * Every error is HTTP 400 with an envelope whose message says why; a crash is 500. The key is part of every URL, so no
 * URL is ever printed, and it is cut out of whatever Tautulli says.
 */

import { HeadcountError } from '../../lib/errors.ts';
import { answeredBadly, fetchText, MAX_ANSWER_BYTES, type Page } from '../../transports/poll/fetch-text.ts';
import { fieldsOf, parseJson, textIn } from '../../transports/poll/json-fields.ts';
import { hostAndPort, type PeerAddress, pageUrl } from '../../transports/poll/peer-address.ts';

export interface TautulliAccess extends PeerAddress {
  readonly apiKey: string;
  readonly timeout: number;
}

const MAX_QUOTE = 200;

/**
 * The `data` of the answer, whatever it is. Rejects as `fetchText` does; also with `PEER_REFUSED_LOGIN` for a wrong key
 * and `PEER_ANSWERED_BADLY` with Tautulli's own words for any other error.
 */
export async function ask(
  access: TautulliAccess,
  command: string,
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<unknown> {
  const query = new URLSearchParams({ apikey: access.apiKey, cmd: command, ...parameters });
  const url = pageUrl(access, '/api/v2');
  const page = await fetchText(`${url}?${query}`, {
    auth: null,
    timeoutMs: access.timeout,
    maxBytes: MAX_ANSWER_BYTES,
    signal,
    headers: { accept: 'application/json' },
  });
  const envelope = envelopeOf(page);
  if (envelope === null) throw answeredBadly(url, `HTTP ${page.status} and no answer of Tautulli's API`);
  if (envelope.result === 'success' && page.status === 200) return envelope.content;
  throw refusal(access, url, envelope.message ?? `HTTP ${page.status}`);
}

interface Envelope {
  readonly result: unknown;
  readonly message: string | null;
  readonly content: unknown;
}

function envelopeOf(page: Page): Envelope | null {
  const response = fieldsOf(fieldsOf(parseJson(page.body))?.['response']);
  if (response === null) return null;
  return { result: response['result'], message: textIn(response, 'message'), content: response['data'] };
}

function refusal(access: TautulliAccess, url: string, message: string): HeadcountError {
  const quote = message.replaceAll(access.apiKey, '…').slice(0, MAX_QUOTE);
  if (!/\bapikey\b/i.test(message)) return answeredBadly(url, `the error "${quote}"`);
  const where = 'Copy it from Settings, Web Interface, API key.';
  return new HeadcountError('PEER_REFUSED_LOGIN', `${hostAndPort(access)} refused the API key ("${quote}"). ${where}`);
}
