/**
 * The HTTP server: our own API, its document, the live events, Prometheus and the dashboard. It listens on one TCP
 * address and, for the command line of the same machine, on a socket in the data directory.
 */

import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import fastifyCompress from '@fastify/compress';
import fastifyHelmet from '@fastify/helmet';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ALL_ACCESS, type PatternAccess } from '../core/access.ts';
import type { SharingFound } from '../core/event.ts';
import { HeadcountError, messageOf } from '../lib/errors.ts';
import {
  acceptsHtml,
  authorize,
  challengeFor,
  checkHost,
  checkWrite,
  hasCredentials,
  OWNER,
  type Principal,
  type Right,
  seesEverything,
  type TrustOptions,
} from './auth.ts';
import { LiveQuery, SessionsExportQuery } from './contract.ts';
import { CookieSessions } from './cookie-sessions.ts';
import { serveDashboard, signInPage } from './dashboard.ts';
import { docsPage } from './docs-page.ts';
import { Doorkeeper } from './doorkeeper.ts';
import { registerEndpoints } from './endpoints.ts';
import { closeOwnersDoor, isReadable, listenOn, openOwnersDoor, urlOf } from './listening.ts';
import { LiveFeed } from './live.ts';
import { liveAudience } from './live-audience.ts';
import { oneStream } from './live-streams.ts';
import { metricsText } from './metrics.ts';
import { openApi, type PlainRoute } from './openapi.ts';
import { type ForeignEndpoint, type ForeignRoute, parsePart, type Route, STATUS_OF } from './route.ts';
import { audienceRoutes } from './routes/audience.ts';
import { historyRoutes } from './routes/history.ts';
import { processRoutes } from './routes/process.ts';
import { programmeRoutes } from './routes/programmes.ts';
import { reportRoutes } from './routes/reports.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { sharingRoutes } from './routes/sharing.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { streamRoutes } from './routes/streams.ts';
import { trialRoutes } from './routes/trial.ts';
import type { Service } from './service.ts';
import { type OpenParquet, registerSessionExport } from './session-export.ts';
import { FailedSignIns, HELD_FOR } from './sign-ins.ts';
import { registerTransfer, type Transfer } from './transfer.ts';
import { serviceAs } from './visible-service.ts';
import { eventWire, sessionWire } from './wire.ts';

export interface HttpOptions {
  readonly host: string;
  /** 0 is any free one. */
  readonly port: number;
  /** A Unix socket for the owner of the data directory; null is none. */
  readonly socket: string | null;
  /** `/` or `/somewhere/`. */
  readonly basePath: string;
  readonly trust: TrustOptions;
  readonly facades?: readonly ForeignRoute[];
  readonly endpoints?: readonly ForeignEndpoint[];
  /** The history as a whole, for the owner alone; absent where nobody needs it. */
  readonly transfer?: Transfer;
  /** Where exports in Parquet are written; absent where nobody wants one. */
  readonly openParquet?: OpenParquet;
  /** Where it is kept who is signed in; absent: it is over with the process. */
  readonly signedIn?: string;
  /** Checks every answer against its declared shape: for tests. */
  readonly checkAnswers?: boolean;
}

export interface HttpServer {
  /** `http://127.0.0.1:8700/` */
  readonly url: string;
  readonly app: FastifyInstance;
  /** Who may ask what from now on. Who follows the live events has to come again. */
  trust(trust: TrustOptions): void;
  /** Ends every connection, also those that follow the live events. */
  close(): Promise<void>;
}

const PLAIN: readonly PlainRoute[] = [
  {
    path: '/api/v1/live',
    summary: 'Server-sent events.',
    type: 'text/event-stream',
    query: LiveQuery,
    description:
      '`audience` (LiveAudience) once a second, `stream` (Stream) when one changes, `session` (LiveSession) when somebody joins or leaves, at most 20 a second unless `events=sessions` asks for all, and `sharing` (Event, `sharing.found`) for whoever may see `/sharing`.',
  },
  {
    path: '/api/v1/sessions/export',
    summary: 'Sessions as a file: all that `/sessions` has with the same parameters, open ones as they stand.',
    type: 'text/csv',
    query: SessionsExportQuery,
  },
  { path: '/metrics', summary: 'Prometheus.', type: 'text/plain' },
  { path: '/healthz', summary: 'The process is alive.', type: 'text/plain' },
  {
    path: '/readyz',
    summary: 'Sources are watched and the store takes what they tell; 503 otherwise.',
    type: 'text/plain',
  },
  { path: '/openapi.json', summary: 'This document.', type: 'application/json' },
  { path: '/docs', summary: 'This document, for people.', type: 'text/html' },
];

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal;
  }
}

export function allRoutes(service: Service): Route[] {
  return [
    ...audienceRoutes(service),
    ...streamRoutes(service),
    ...programmeRoutes(service),
    ...sessionRoutes(service),
    ...historyRoutes(service),
    ...reportRoutes(service),
    ...sharingRoutes(service),
    ...processRoutes(service),
    ...signInRoutes(),
    ...trialRoutes(service),
  ];
}

/** What is served to those who see the same. */
interface View {
  readonly service: Service;
  /** In the same order for everybody. */
  readonly routes: readonly Route[];
}

/** One for each distinct access: there are no more than users and tokens. */
function viewsOf(service: Service): (access: PatternAccess) => View {
  const views = new WeakMap<PatternAccess, View>();
  return (access) => {
    const known = views.get(access);
    if (known !== undefined) return known;
    const seen = serviceAs(service, access);
    const view = { service: seen, routes: allRoutes(seen) };
    views.set(access, view);
    return view;
  };
}

/** What all parts of the server have. */
interface Site {
  readonly service: Service;
  readonly options: HttpOptions;
  /** A reload changes it. */
  trust: TrustOptions;
  readonly sessions: CookieSessions;
  readonly doorkeeper: Doorkeeper;
  readonly viewOf: (access: PatternAccess) => View;
  readonly live: LiveFeed;
}

function siteOf(service: Service, options: HttpOptions): Site {
  const viewOf = viewsOf(service);
  const live = new LiveFeed((access) => {
    const { service: seen } = viewOf(access);
    return {
      onNews: (listener) => seen.onNews(listener),
      audience: (since) => liveAudience(seen, since),
      stream: (source, stream) => oneStream(seen, source, stream),
      session: (change, session) => ({ change, session: sessionWire(seen.describe(session)) }),
      onFound: (listener) => onFound(seen, access, (event) => listener(eventWire(event))),
    };
  });
  const { clock, log } = service;
  const sessions = new CookieSessions({ file: options.signedIn ?? null, clock, log });
  const doorkeeper = new Doorkeeper({
    basePath: options.basePath,
    trust: () => site.trust,
    failures: new FailedSignIns(() => clock.elapsed()),
    sessions,
  });
  const site: Site = { service, options, trust: options.trust, sessions, doorkeeper, viewOf, live };
  return site;
}

/** Only whoever may see everything is told. */
function onFound(service: Service, access: PatternAccess, listener: (event: SharingFound) => void): () => void {
  if (!(access.seesAll && access.seesAddresses && service.judgesSharing)) return () => {};
  return service.sharing().onFound(listener);
}

/** Throws `LISTEN_FAILED`; then nothing is left running. */
export async function serveHttp(service: Service, options: HttpOptions): Promise<HttpServer> {
  const app = Fastify({
    forceCloseConnections: true,
    bodyLimit: 64 * 1024,
    routerOptions: { maxParamLength: 400 },
    // A path that says nothing takes the way of everything that is not there: through all that every request passes.
    rewriteUrl: ({ url = '/' }) => (isReadable(url) ? url : `${options.basePath}(unreadable)`),
  });
  const owners = new WeakSet<Socket>();
  const site = siteOf(service, options);
  let ownersDoor: Server | null = null;
  const close = async () => {
    site.live.endAll();
    if (ownersDoor !== null) await closeOwnersDoor(ownersDoor, options.socket!);
    await app.close();
    await site.sessions.stop();
  };
  try {
    await guard(app, site, owners);
    await app.register(fastifyCompress, { threshold: 1024 });
    await app.register(async (scope) => registerRoutes(scope, site), { prefix: options.basePath });
    await listenOn(app, options);
    if (options.socket !== null) ownersDoor = await openOwnersDoor(app, options.socket, owners);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    app,
    url: urlOf(app, options.basePath),
    trust: (trust) => {
      site.trust = trust;
      site.live.endAll();
    },
    close,
  };
}

/** What every request must pass before anything looks at it, and how what is thrown becomes an answer. */
async function guard(app: FastifyInstance, site: Site, owners: WeakSet<Socket>): Promise<void> {
  const { options } = site;
  app.decorateRequest('principal', null as unknown as Principal);
  app.addHook('onRequest', async (request) => {
    if (owners.has(request.raw.socket)) {
      request.principal = OWNER;
      return;
    }
    checkHost(request.headers, site.trust);
    request.principal = site.doorkeeper.admit(request);
  });
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        // The map draws in a worker, and sets sizes by style attributes.
        workerSrc: ["'self'", 'blob:'],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        // Tiles of the map, which are fetched.
        connectSrc: [() => ["'self'", ...tileOrigins(site.service)].join(' ')],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'self'"],
      },
    },
    // We do not speak TLS ourselves; whoever does in front of us says so.
    strictTransportSecurity: false,
  });
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, site));
  app.setNotFoundHandler((_, reply) =>
    reply
      .status(404)
      .send({ error: { code: 'NOT_FOUND', message: `There is nothing here. See ${options.basePath}docs.` } }),
  );
}

function tileOrigins(service: Service): string[] {
  const map = service.mapTiles();
  return map === null ? [] : [new URL(map.tiles).origin];
}

const HTML = 'text/html; charset=utf-8';

/** What is refused before it comes to us, in our words. */
const CODE_OF: Readonly<Record<number, string>> = { 403: 'FORBIDDEN', 404: 'NOT_FOUND', 413: 'TOO_LARGE' };

function answerError(error: unknown, { headers, url }: FastifyRequest, reply: FastifyReply, site: Site): FastifyReply {
  const { service, options, trust } = site;
  if (error instanceof HeadcountError && STATUS_OF[error.code] !== undefined) {
    const status = STATUS_OF[error.code]!;
    const challenge = status === 401 && hasCredentials(trust) ? challengeFor(headers) : null;
    if (challenge !== null) reply.header('www-authenticate', challenge);
    if (status === 429) reply.header('retry-after', String(HELD_FOR / 1000));
    if (status === 401 && acceptsHtml(headers) && !url.startsWith(`${options.basePath}api/`)) {
      return reply.status(status).type(HTML).send(signInPage(options.basePath));
    }
    return reply.status(status).send({ error: { code: error.code, message: error.message } });
  }
  const { statusCode } = error as { statusCode?: number };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    const code = CODE_OF[statusCode] ?? 'BAD_REQUEST';
    return reply.status(statusCode).send({ error: { code, message: messageOf(error) } });
  }
  // What went wrong inside is for the log, not for whoever asked.
  service.log.error(error instanceof Error && error.stack !== undefined ? error.stack : messageOf(error));
  return reply
    .status(500)
    .send({ error: { code: 'INTERNAL', message: 'Something went wrong here; the log says what.' } });
}

async function registerRoutes(app: FastifyInstance, site: Site): Promise<void> {
  const { service, options } = site;
  registerApi(app, site);
  registerSessionExport(app, {
    serviceOf: ({ access }) => site.viewOf(access).service,
    check: needs(site, 'read').onRequest,
    openParquet: options.openParquet,
  });
  if (options.transfer !== undefined) {
    registerTransfer(app, options.transfer, { trust: () => site.trust, log: service.log });
  }
  registerPages(app, site);
  app.get('/healthz', () => 'ok\n');
  app.get('/readyz', (_, reply) => {
    const stall = service.stall();
    return stall === null ? 'ready\n' : reply.status(503).send('the store has no room\n');
  });
  for (const facade of options.facades ?? []) registerFacade(app, facade, site);
  await registerEndpoints(app, options.endpoints ?? [], (address) => site.trust.isTrustedProxy(address));
  // For everybody, since it asks who they are: it holds nothing that anybody may not see.
  await app.register(serveDashboard);
}

function needs(site: Site, right: Right) {
  return { onRequest: async (request: FastifyRequest) => authorize(request.principal, right, site.trust) };
}

function registerApi(app: FastifyInstance, site: Site): void {
  const { options, viewOf, live } = site;
  for (const [place, route] of viewOf(ALL_ACCESS).routes.entries()) {
    app.route({
      method: route.method,
      url: `/api/v1${route.path}`,
      onRequest: async (request) => {
        authorize(request.principal, route.right, site.trust);
        if (route.method === 'POST' && request.principal !== OWNER) {
          checkWrite(request.headers, request.principal, site.trust);
        }
      },
      handler: async (request, reply) => {
        reply.header('cache-control', 'no-store');
        const answer = await viewOf(request.principal.access).routes[place]!.handle({
          params: parsePart(route.params, request.params, 'path'),
          query: parsePart(route.query, request.query, 'parameter'),
          body: parsePart(route.body, request.body, 'body'),
          principal: request.principal,
          door: site.doorkeeper.doorFor(request, reply),
        });
        return options.checkAnswers ? route.answer.parse(answer) : answer;
      },
    });
  }
  app.get('/api/v1/live', { ...needs(site, 'read'), exposeHeadRoute: false }, (request, reply) => {
    const { events } = parsePart(LiveQuery, request.query, 'parameter');
    if (live.isFull) {
      throw new HeadcountError('TOO_MANY_READERS', 'Too many follow the live events already: try again later.');
    }
    const headers = Object.fromEntries(
      Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]),
    );
    reply.hijack();
    const { principal } = request;
    live.add(reply.raw, headers, {
      wantsAll: events === 'sessions',
      access: principal.access,
      isAllowed: () => site.doorkeeper.holds(principal),
    });
  });
}

/** The document, and Prometheus. */
function registerPages(app: FastifyInstance, site: Site): void {
  const { service, options, viewOf, live } = site;
  const { routes } = viewOf(ALL_ACCESS);
  const { facades = [], endpoints = [] } = options;
  const foreign = endpoints.map((each) => ({ ...each, path: each.path.replaceAll(/:(\w+)/g, '{$1}') }));
  const documentOf = (shown: readonly ForeignRoute[]) =>
    openApi(routes, [...PLAIN, ...shown, ...foreign], service.version);
  const whole = documentOf(facades);
  // What a facade shows may name streams.
  const limited = documentOf(facades.filter(({ isForAll }) => isForAll));
  const documentFor = ({ principal }: FastifyRequest) => (seesEverything(principal) ? whole : limited);
  app.get('/openapi.json', needs(site, 'read'), (request) => documentFor(request));
  app.get('/docs', needs(site, 'read'), (request, reply) => reply.type(HTML).send(docsPage(documentFor(request))));
  app.get('/metrics', needs(site, 'read'), ({ principal: { access } }, reply) =>
    reply
      .type('text/plain; version=0.0.4; charset=utf-8')
      .send(metricsText(viewOf(access).service, access.seesAll ? live : null)),
  );
}

/** Throws `BAD_CONFIG` if there is such a path already. */
function registerFacade(app: FastifyInstance, { path, type, isForAll, answer }: ForeignRoute, site: Site): void {
  if (app.hasRoute({ method: 'GET', url: `${app.prefix.replace(/\/$/, '')}${path}` }) || path.startsWith('/api/')) {
    throw new HeadcountError('BAD_CONFIG', `A facade cannot be served at ${path}: something else is there.`);
  }
  const onRequest = async ({ principal }: FastifyRequest) => {
    authorize(principal, 'read', site.trust);
    if (!isForAll && !seesEverything(principal)) {
      throw new HeadcountError('FORBIDDEN', 'This page shows everything: it takes the right to see everything.');
    }
  };
  app.get(path, { onRequest }, (_, reply) => {
    reply.header('cache-control', 'no-store');
    const text = answer();
    if (text !== null) return reply.type(type).send(text);
    const error = { code: 'NOT_YET', message: 'Headcount has only just started: ask again in a moment.' };
    return reply.status(503).header('retry-after', '1').send({ error });
  });
}
