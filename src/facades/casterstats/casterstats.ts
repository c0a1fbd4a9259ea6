/** From a request to its answer: who asks, what, which streams he may see, and the bytes. */

import type { z } from 'zod';
import { aborted } from '../../lib/abort.ts';
import { type AddressMatcher, parseCidrs } from '../../lib/cidr.ts';
import type { FacadeAnswer, FacadeContext, FacadeEndpoint, FacadeRequest } from '../facade.ts';
import { ANSWERS } from './answers.ts';
import { Credentials, type Reader } from './credentials.ts';
import type { config } from './index.ts';
import { type Format, formatOf, type Question, readParameters, readPath, readQuestion } from './question.ts';
import { Refusal } from './refusal.ts';
import { RenderedAnswers } from './rendered.ts';
import { type ListedStream, listStreams } from './stream-list.ts';
import { type SeenStream, tell } from './telling.ts';
import { toXml, xmlSchema } from './xml.ts';

export type CasterStatsOptions = Omit<z.output<typeof config>, 'listen'>;

export const SCHEMA_PATH = '/stats/casterstats.xsd';

const CONTENT_TYPES = { json: 'application/json; charset=utf-8', xml: 'application/xml; charset=utf-8' } as const;

/** A question that comes before any source has spoken waits for it: so long, and so many of them. */
const PATIENCE = 10_000;
const MOST_WAITING = 1000;

/** Everything that is told until `caching` is over. */
interface Moment {
  readonly at: number;
  readonly since: number;
  readonly streams: readonly ListedStream[];
  /** Numbers in `streams`. */
  readonly byName: ReadonlyMap<string, readonly number[]>;
  readonly answers: RenderedAnswers;
}

export class CasterStats {
  readonly #options: CasterStatsOptions;
  readonly #context: FacadeContext;
  readonly #credentials: Credentials;
  readonly #isAccepted: AddressMatcher;
  readonly #schema: Buffer;
  readonly #begun = Promise.withResolvers<void>();
  #isBegun = false;
  #waiting = 0;
  #moment: Moment | null = null;

  constructor(options: CasterStatsOptions, context: FacadeContext) {
    this.#options = options;
    this.#context = context;
    this.#credentials = new Credentials(options, context.accounts, context.clock, context.counters);
    const { acceptedAddresses } = options;
    this.#isAccepted = acceptedAddresses.length === 0 ? () => true : parseCidrs(acceptedAddresses);
    this.#schema = Buffer.from(xmlSchema(ANSWERS));
  }

  endpoints(): FacadeEndpoint[] {
    const methods = ['GET', 'POST'] as const;
    const type = 'application/json';
    const stats = (request: FacadeRequest) =>
      this.#answer(request, readPath(request.params['what'], request.params['stream']));
    const status = (request: FacadeRequest) =>
      this.#answer(request, { subject: 'status', stream: request.params['stream'] ?? null });
    return [
      {
        methods,
        type,
        path: '/stats/:what',
        summary: 'CasterStats: userlist, countries, cities, players or status of all streams.',
        answer: stats,
      },
      {
        methods,
        type,
        path: '/stats/:what/:stream',
        summary: 'CasterStats: the same of one stream; both words in either order.',
        answer: stats,
      },
      { methods, type, path: '/status', summary: 'CasterStats: the status of all streams.', answer: status },
      { methods, type, path: '/status/:stream', summary: 'CasterStats: the status of one stream.', answer: status },
      {
        methods: ['GET'],
        path: SCHEMA_PATH,
        summary: 'CasterStats: the XML schema of all answers.',
        type: 'application/xml',
        answer: (request) => this.#answerSchema(request),
      },
    ];
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#isBegun = true;
    this.#begun.resolve();
    await aborted(signal);
  }

  async #answerSchema(request: FacadeRequest): Promise<FacadeAnswer> {
    if (!this.#isAccepted(request.address)) return this.#refusal(notAccepted(), 'xml');
    return { status: 200, headers: { 'content-type': CONTENT_TYPES.xml }, body: this.#schema };
  }

  async #answer(request: FacadeRequest, asked: ReturnType<typeof readPath>): Promise<FacadeAnswer> {
    try {
      return await this.#answerOrThrow(request, asked);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return this.#refusal(error, formatOf(request.parameters));
    }
  }

  async #answerOrThrow(request: FacadeRequest, asked: ReturnType<typeof readPath>): Promise<FacadeAnswer> {
    if (!this.#isAccepted(request.address)) throw notAccepted();
    const parameters = readParameters(request.parameters);
    const reader = this.#credentials.check(request, parameters);
    if (asked === null) {
      throw new Refusal('UnknownPage', 'After /stats/ comes userlist, countries, cities, players or status.');
    }
    const question = readQuestion(asked.subject, parameters);
    await this.#beginning();
    const moment = this.#now();
    const seen = this.#choose(moment, reader, asked.stream);
    // Who sees the same is told the same.
    const key = JSON.stringify([
      question,
      seen.map(([number, { seesAddresses }]) => (seesAddresses ? number : -1 - number)),
    ]);
    const accepted = request.headers['accept-encoding'];
    const { body, encoding } = await moment.answers.get(key, accepted?.toString(), () =>
      this.#render(
        question,
        seen.map(([, stream]) => stream),
        moment,
      ),
    );
    this.#context.counters.add('questionsAnswered');
    return {
      status: 200,
      headers: {
        'content-type': CONTENT_TYPES[question.format],
        'cache-control': 'no-store',
        vary: 'accept-encoding',
        ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
      },
      body,
    };
  }

  /** Resolves when something is known. Throws `NotYet` if that takes too long, or too many wait for it already. */
  async #beginning(): Promise<void> {
    if (this.#isBegun) return;
    const notYet = new Refusal('NotYet', 'Nothing is known yet: ask again in a moment.', { 'retry-after': '1' });
    if (this.#waiting >= MOST_WAITING) throw notYet;
    this.#waiting++;
    const over = new AbortController();
    try {
      await Promise.race([this.#begun.promise, this.#context.clock.sleep(PATIENCE, over.signal)]);
    } finally {
      over.abort();
      this.#waiting--;
    }
    if (!this.#isBegun) throw notYet;
  }

  #now(): Moment {
    const { clock } = this.#context;
    const since = clock.elapsed();
    if (this.#moment !== null && since - this.#moment.since < this.#options.caching) return this.#moment;
    const { streams = null, public: isPublic, bots } = this.#options;
    const listed = listStreams({ streams, public: isPublic, bots }, this.#context);
    const byName = new Map<string, number[]>();
    for (const [number, { name }] of listed.entries()) byName.set(name, [...(byName.get(name) ?? []), number]);
    this.#moment = { at: clock.now(), since, streams: listed, byName, answers: new RenderedAnswers() };
    return this.#moment;
  }

  /** The streams that are answered, with their numbers: one by its name, or all that this reader may see. */
  #choose({ streams, byName }: Moment, reader: Reader | null, name: string | null): [number, SeenStream][] {
    // Mounts begin with a slash, which would have to be encoded.
    const numbers = name === null ? streams.keys() : (byName.get(name) ?? byName.get(`/${name}`) ?? []);
    const seen: [number, SeenStream][] = [];
    let found = 0;
    for (const number of numbers) {
      found++;
      const stream = this.#seen(streams[number]!, reader);
      if (stream !== null) seen.push([number, stream]);
    }
    if (seen.length > 0 || (name === null && (reader !== null || this.#options.public))) return seen;
    const { discreet } = this.#options;
    if (reader === null && !this.#options.public) {
      throw new Refusal('CredentialsMissing', 'This needs credentials: a username with a password or a signature.');
    }
    if (found === 0 || discreet) throw new Refusal('UnknownStream', 'There is no stream of this name.');
    throw new Refusal('NoAccess', 'This user may not see this stream.');
  }

  /** Null: not at all. Addresses go by the right to the stream; that it is public gives none to them. */
  #seen(stream: ListedStream, reader: Reader | null): SeenStream | null {
    if (reader !== null && mayRead(stream, reader)) {
      return { stream, seesAddresses: reader.access?.seesAddresses ?? true };
    }
    return stream.public ? { stream, seesAddresses: this.#options.publicAddresses } : null;
  }

  #render(question: Question, seen: readonly SeenStream[], { at }: Moment): string {
    this.#context.counters.add('answersRendered');
    const { name, value } = tell(question, seen, { now: at, titles: this.#context.titles });
    return written(question.format, name, value);
  }

  #refusal(refusal: Refusal, format: Format): FacadeAnswer {
    this.#context.counters.add('questionsRefused');
    const { code, status, message, headers } = refusal;
    const value = { Error: { Code: code, Status: status, Message: message } };
    return {
      status,
      headers: { 'content-type': CONTENT_TYPES[format], 'cache-control': 'no-store', ...headers },
      body: written(format, 'Refusal', value),
    };
  }
}

function written(format: Format, name: keyof typeof ANSWERS, value: unknown): string {
  return format === 'xml' ? toXml(name, ANSWERS[name], value) : `${JSON.stringify(value)}\n`;
}

function notAccepted(): Refusal {
  return new Refusal('AddressNotAccepted', 'Your address is not accepted here.');
}

/** Both count: what the account may see, if there is one, and whom the stream itself names. */
function mayRead({ access, parts }: ListedStream, { name, groups, access: account }: Reader): boolean {
  if (account !== null && !account.seesAll) {
    if (parts.length === 0 || !parts.every(({ source, stream }) => account.sees(source, stream))) return false;
  }
  if (access === null) return account !== null;
  return access.has(name) || groups.some((group) => access.has(group));
}
