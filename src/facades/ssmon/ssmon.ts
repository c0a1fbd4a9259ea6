/** From a request to its answer: who asks, what, and the headers that let pages of other sites read it. */

import type { PatternAccess } from '../../core/access.ts';
import { HeadcountError } from '../../lib/errors.ts';
import type { Facade, FacadeAnswer, FacadeContext, FacadeEndpoint, FacadeRequest } from '../facade.ts';
import { Callers } from './callers.ts';
import { countryOf, degreesText } from './connection.ts';
import type { SsmonOptions } from './index.ts';
import { renderPage } from './page/page.ts';
import { staticFile } from './page/static.ts';
import { Refusal } from './refusal.ts';
import { Telling } from './telling.ts';

export const API = '/ssmon/api/v1';

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, PUT, OPTIONS',
  'access-control-allow-headers': 'Origin, Accept, Content-Type, X-Requested-With, X-CSRF-Token',
};
/** Of the original's a page could send no token. */
const PREFLIGHT = {
  ...CORS,
  'access-control-allow-headers': `${CORS['access-control-allow-headers']}, Authorization`,
  'access-control-max-age': '600',
};

const JSON_TYPE = 'application/json';
const HTML = 'text/html; charset=UTF-8';
/** It fetches nothing but its own style and map, and runs nothing. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

type Ask = (telling: Telling) => Promise<unknown>;

const QUESTIONS: readonly (readonly [name: string, summary: string, ask: Ask])[] = [
  ['GetConnectionCounts', 'All counts, and the open connections', (telling) => telling.counts()],
  ['GetConnectionStats', 'The longest connection, the most frequent values, durations', (telling) => telling.stats()],
  ['country', 'Connections by country', (telling) => telling.countries()],
  ['city', 'Connections by city', (telling) => telling.cities()],
  ['active', 'The open connections', (telling) => telling.active()],
  ['location', 'Connections by place', (telling) => telling.locations()],
];

export class Ssmon {
  readonly #options: SsmonOptions;
  readonly #context: FacadeContext;
  readonly #callers: Callers;
  /** There are no more than users and tokens. */
  readonly #tellings = new WeakMap<PatternAccess, Telling>();

  constructor(options: SsmonOptions, context: FacadeContext) {
    this.#options = options;
    this.#context = context;
    this.#callers = new Callers(context.accounts, options.public, context.clock, context.counters);
  }

  served(): Required<Pick<Facade, 'endpoints' | 'ownEndpoints'>> {
    const endpoints = [
      ...QUESTIONS.map(([name, summary, ask]) => this.#question(name, summary, ask)),
      this.#post('open', 'A connection has opened', (request) => this.#opened(request)),
      this.#post('close', 'A connection has closed', (request) => this.#closed(request)),
      this.#page('/ssmon'),
      this.#file('/ssmon/static/:file'),
    ];
    return { endpoints, ownEndpoints: [this.#page('/'), this.#file('/static/:file')] };
  }

  #question(name: string, summary: string, ask: Ask): FacadeEndpoint {
    return {
      methods: ['GET', 'OPTIONS'],
      path: `${API}/${name}`,
      summary: `${summary}, as spyserver_monitor tells them.`,
      type: JSON_TYPE,
      answer: (request) =>
        this.#answer(request, async () => ({
          status: 200,
          headers: { 'content-type': JSON_TYPE },
          body: JSON.stringify(await ask(this.#tellingTo(request))),
        })),
    };
  }

  #post(name: string, summary: string, answer: (request: FacadeRequest) => Promise<FacadeAnswer>): FacadeEndpoint {
    return {
      methods: ['POST', 'OPTIONS'],
      path: `${API}/${name}`,
      summary: `${summary}: POSTed as to spyserver_monitor, with a token that may write.`,
      type: JSON_TYPE,
      takesJson: true,
      answer: (request) =>
        this.#answer(request, async () => {
          this.#callers.checkWriter(request);
          return answer(request);
        }),
    };
  }

  #page(path: string): FacadeEndpoint {
    return {
      methods: ['GET'],
      path,
      summary: 'The page of spyserver_monitor: a map, and who is connected.',
      type: 'text/html',
      answer: (request) =>
        this.#answer(request, async () => {
          // Relative to wherever it is served, with or without a slash behind it.
          const base = request.path.endsWith('/') ? '' : `${request.path.slice(request.path.lastIndexOf('/') + 1)}/`;
          const body = await renderPage(this.#tellingTo(request), `${base}static`);
          return { status: 200, headers: { 'content-type': HTML, 'content-security-policy': PAGE_POLICY }, body };
        }),
    };
  }

  #file(path: string): FacadeEndpoint {
    return {
      methods: ['GET'],
      path,
      summary: 'Files of the page of spyserver_monitor.',
      type: 'text/css',
      answer: (request) =>
        this.#answer(request, async () => {
          this.#callers.reader(request);
          const file = staticFile(request.params['file'] ?? '');
          if (file === null) throw new Refusal('NOT_FOUND', 'There is no such file.');
          const headers = { 'content-type': file.type, 'cache-control': 'private, max-age=3600' };
          return { status: 200, headers, body: file.body };
        }),
    };
  }

  /** Never rejects for what was asked, nor for what the store cannot answer now. */
  async #answer(request: FacadeRequest, answer: () => Promise<FacadeAnswer>): Promise<FacadeAnswer> {
    if (request.method === 'OPTIONS') return { status: 204, headers: PREFLIGHT, body: '' };
    try {
      const { status, headers, body } = await answer();
      this.#context.counters.add('questionsAnswered');
      return { status, headers: { 'cache-control': 'no-store', ...CORS, ...headers }, body };
    } catch (error) {
      const { status, code, message, headers } = refusalOf(error);
      this.#context.counters.add('questionsRefused');
      return {
        status,
        headers: { 'content-type': JSON_TYPE, 'cache-control': 'no-store', ...CORS, ...headers },
        body: JSON.stringify({ error: { code, message } }),
      };
    }
  }

  #tellingTo(request: FacadeRequest): Telling {
    const access = this.#callers.reader(request);
    const known = this.#tellings.get(access);
    if (known !== undefined) return known;
    const telling = new Telling(this.#options, this.#context, access);
    this.#tellings.set(access, telling);
    return telling;
  }

  /** What was posted, with the place of its address: its monitor goes on with that, and has to find the address in it. */
  async #opened(request: FacadeRequest): Promise<FacadeAnswer> {
    const connection = this.#handOver(request, false);
    if (connection === null) return EMPTY;
    const geo = (await this.#context.locate(String(connection['ip'])))?.geo ?? null;
    const answer = {
      ...Object.fromEntries(POSTED.map((name) => [name, connection[name] ?? null])),
      lat: degreesText(geo?.latitude ?? null),
      lon: degreesText(geo?.longitude ?? null),
      country: countryOf(geo?.countryCode ?? null),
      city: geo?.city ?? null,
    };
    return { status: 200, headers: { 'content-type': 'application/javascript' }, body: JSON.stringify(answer) };
  }

  async #closed(request: FacadeRequest): Promise<FacadeAnswer> {
    this.#handOver(request, true);
    return EMPTY;
  }

  /** Null: it is not wanted. Throws a `Refusal`. */
  #handOver({ json }: FacadeRequest, isOver: boolean): Record<string, unknown> | null {
    if (json === null) throw new Refusal('NOT_JSON', 'Send the connection as application/json.');
    const connection = parsed(json);
    if (connection === null || (connection['end'] != null) !== isOver) throw notAConnection(isOver);
    const receipt = this.#context.inboxes.hand(this.#options.inbox, connection);
    switch (receipt) {
      case 'taken':
        return connection;
      case 'ignored':
        return null;
      case 'malformed':
        throw notAConnection(isOver);
      case 'full':
        throw new Refusal('NO_ROOM', 'Too much waits already: post it again in a moment.', { 'retry-after': '1' });
      case null:
        throw new Refusal(
          'NOBODY_TAKES_IT',
          `No source takes connections: add one of the kind ssmon with the inbox "${this.#options.inbox}".`,
        );
    }
  }
}

const POSTED = ['ip', 'port', 'server_instance', 'sdr_version', 'os', 'start', 'end'];

const EMPTY: FacadeAnswer = { status: 200, headers: { 'content-type': HTML }, body: '' };

function notAConnection(isOver: boolean): Refusal {
  const end = isOver ? 'and end' : 'and no end';
  return new Refusal('NOT_A_CONNECTION', `This is no connection: it needs ip, port, server_instance, start ${end}.`);
}

function parsed(json: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** Throws what is no refusal. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (!(error instanceof HeadcountError) || !error.code.startsWith('STORE_')) throw error;
  return new Refusal('STORE_UNAVAILABLE', 'The history cannot be asked now: try again in a moment.', {
    'retry-after': '1',
  });
}
