/**
 * Tautulli's API v2 (2.17): one question at a time, `<root>/api/v2?apikey=…&cmd=…`, or a table page by page. Takes the
 * envelope `{"response":{"result":"success","message":null,"data":…}}` off; what the content means is parse.ts's.
 *
 * Every error is HTTP 400 with an envelope whose message says why; a crash is 500. The key is part of every URL, so no
 * URL is ever printed, and it is cut out of whatever Tautulli says.
 */

import { HeadcountError } from '../../lib/errors.ts';
import { answeredBadly, fetchText, MAX_ANSWER_BYTES, type Page } from '../../transports/poll/fetch-text.ts';
import { countIn, fieldsOf, listIn, parseJson, textIn } from '../../transports/poll/json-fields.ts';
import { hostAndPort, type PeerAddress, pageUrl } from '../../transports/poll/peer-address.ts';

export interface TautulliAccess extends PeerAddress {
  readonly apiKey: string;
  readonly timeout: number;
}

const MAX_QUOTE = 200;

/** Tautulli understood the question and said no. */
export class TautulliRefusal extends HeadcountError {
  readonly command: string;
  /** Its own words, without the key. */
  readonly said: string;

  constructor(code: string, message: string, { command, said }: { command: string; said: string }) {
    super(code, message);
    this.command = command;
    this.said = said;
  }
}

/**
 * The `data` of the answer, whatever it is. Rejects as `fetchText` does; with a `TautulliRefusal` of the code
 * `PEER_REFUSED_LOGIN` for a wrong key, and of `PEER_ANSWERED_BADLY` for any other error.
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
  if (envelope === null)
    throw answeredBadly(url, `HTTP ${page.status} and no answer of Tautulli's API`, undefined, page);
  if (envelope.result === 'success' && page.status === 200) return envelope.content;
  throw refusal(access, command, envelope.message ?? `HTTP ${page.status}`);
}

/** So many rows one table may have: more is no history of people. */
const MOST_ROWS = 2_000_000;

/**
 * The rows of a table, page by page, until there are as many as match. A page may have fewer rows than were asked for;
 * `recordsTotal` counts other rows, and is not looked at. Rejects as `ask` does.
 */
export async function* askTable(
  access: TautulliAccess,
  command: string,
  parameters: Readonly<Record<string, string>>,
  length: number,
  signal: AbortSignal,
): AsyncGenerator<readonly unknown[]> {
  for (let start = 0; start < MOST_ROWS; ) {
    const asked = { ...parameters, start: String(start), length: String(length) };
    const answer = fieldsOf(await ask(access, command, asked, signal)) ?? {};
    const rows = listIn(answer, 'data');
    const filtered = countIn(answer, 'recordsFiltered');
    if (rows === null || filtered === null) {
      throw answeredBadly(pageUrl(access, '/'), `what is no table, when asked for ${command}`);
    }
    yield rows;
    start += rows.length;
    if (rows.length === 0 || start >= filtered) return;
  }
  throw answeredBadly(pageUrl(access, '/'), `more than ${MOST_ROWS} rows, when asked for ${command}`);
}

interface Envelope {
  readonly result: unknown;
  readonly message: string | null;
  readonly content: unknown;
}

function envelopeOf(page: Page): Envelope | null {
  const response = fieldsOf(fieldsOf(parseJson(page.body))?.['response']);
  if (response === null) return null;
  const content = response['data'];
  // Errors of the geo look-up are in the data.
  const message = textIn(response, 'message') ?? textIn(fieldsOf(content) ?? {}, 'error');
  return { result: response['result'], message, content };
}

function refusal(access: TautulliAccess, command: string, message: string): TautulliRefusal {
  const said = message.replaceAll(access.apiKey, '…').slice(0, MAX_QUOTE);
  const told = { command, said };
  if (!/\bapikey\b/i.test(message)) {
    const { code, message: sentence } = answeredBadly(pageUrl(access, '/'), `the error "${said}"`);
    return new TautulliRefusal(code, sentence, told);
  }
  const where = 'Copy it from Settings, Web Interface, API key.';
  return new TautulliRefusal(
    'PEER_REFUSED_LOGIN',
    `${hostAndPort(access)} refused the API key ("${said}"). ${where}`,
    told,
  );
}
