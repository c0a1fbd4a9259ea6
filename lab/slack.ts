/**
 * A Slack-shaped server on loopback: chat.postMessage, as its page describes it
 * (https://docs.slack.dev/reference/methods/chat.postMessage/), and an incoming webhook at `/services/…`. It can fail in
 * every way that the real one, or the way to it, does: before and after it has taken a message.
 */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const SLACK_TOKEN = 'xoxb-lab-token';

export interface SlackMessage {
  readonly channel?: string;
  readonly username?: string;
  readonly text: string;
  readonly metadata?: { readonly event_type: string; readonly event_payload: { readonly id: string } };
  readonly mrkdwn?: boolean;
}

export interface Posted {
  /** What `X-Headcount-Event-Id` says. */
  readonly id: string;
  readonly message: SlackMessage;
  /** Was the sender told so? If not, it must be expected to come again. */
  readonly isAnswered: boolean;
}

/**
 * How one request is met. `lose`: the message is taken, and the connection breaks before the answer. An error is the
 * Web API's: status 200 and `ok: false`.
 */
export type Whim = 'take' | 'lose' | 'break' | 'hang' | { status: number; retryAfter?: number } | { error: string };

export interface SlackServer {
  /** The `url` of the sink. */
  readonly api: string;
  /** The `webhook` of the sink. */
  readonly webhook: string;
  /** What is in the channel, in order. */
  readonly posted: readonly Posted[];
  /** How many requests came, whatever was answered. */
  readonly requests: number;
  /** Asked for each request. */
  whim: () => Whim;
  /** Nobody listens any more; and again, on the same port. */
  die(): Promise<void>;
  revive(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSlack(): Promise<SlackServer> {
  const posted: Posted[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    counted.requests++;
    const isApi = request.url === '/api/chat.postMessage';
    const refusal = refusalOf(request, isApi);
    if (refusal !== null) return answer(response, refusal, isApi);
    const message = JSON.parse(Buffer.concat(chunks).toString('utf8')) as SlackMessage;
    const id = String(request.headers['x-headcount-event-id']);
    const whim = slack.whim();
    if (whim === 'take' || whim === 'lose') posted.push({ id, message, isAnswered: whim === 'take' });
    return answer(response, whim, isApi);
  };
  const counted = { requests: 0 };
  const listen = async (port: number) => {
    const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;
  const die = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  const slack: SlackServer = {
    api: `http://127.0.0.1:${port}/api/`,
    webhook: `http://127.0.0.1:${port}/services/T0/B0/x`,
    posted,
    get requests() {
      return counted.requests;
    },
    whim: () => 'take',
    die,
    revive: async () => {
      server = await listen(port);
    },
    stop: die,
  };
  return slack;
}

/** Null if the request is one that Slack would take. */
function refusalOf({ method, url, headers }: IncomingMessage, isApi: boolean): Whim | null {
  if (method !== 'POST') return { status: 405 };
  if (!isApi) return url === '/services/T0/B0/x' ? null : { status: 404 };
  return headers.authorization === `Bearer ${SLACK_TOKEN}` ? null : { error: 'invalid_auth' };
}

function answer(response: ServerResponse, whim: Whim, isApi: boolean): void {
  if (whim === 'hang') return;
  if (whim === 'break' || whim === 'lose') {
    response.destroy();
    return;
  }
  if (whim === 'take') {
    response.end(isApi ? '{"ok":true,"channel":"C0","ts":"1.000001"}' : 'ok');
    return;
  }
  if ('error' in whim) {
    if (isApi) response.end(JSON.stringify({ ok: false, error: whim.error }));
    else response.writeHead(404).end(whim.error);
    return;
  }
  const headers = whim.retryAfter === undefined ? {} : { 'retry-after': String(whim.retryAfter) };
  response.writeHead(whim.status, headers).end();
}
