/**
 * The endpoints of facades (facades/facade.ts): under the main server, and at addresses of their own. There nothing else
 * is served, and nobody is asked who he is before the facade itself does: it has rights of its own.
 */

import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { AddressMatcher } from '../lib/cidr.ts';
import { HeadcountError, messageOf } from '../lib/errors.ts';
import type { Log } from '../telemetry/log.ts';
import { clientAddress } from './client-address.ts';
import { type Address, isReadable, listenOn, urlOf } from './listening.ts';
import type { ForeignEndpoint, ForeignRequest } from './route.ts';

const MAX_BODY = 64 * 1024;
const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';
/** Of a path; the names of streams are some of it. */
const MAX_PARAM = 400;

export interface EndpointServerOptions {
  readonly endpoints: readonly ForeignEndpoint[];
  readonly listen: Address;
  /** Whose X-Forwarded-For is believed. */
  readonly isTrusted: AddressMatcher;
  readonly log: Log;
}

export interface EndpointServer {
  /** `http://127.0.0.1:8888/` */
  readonly url: string;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** Throws `LISTEN_FAILED`; then nothing is left running. */
export async function serveEndpoints(options: EndpointServerOptions): Promise<EndpointServer> {
  const { endpoints, listen, isTrusted, log } = options;
  const app = Fastify({
    forceCloseConnections: true,
    bodyLimit: MAX_BODY,
    routerOptions: { maxParamLength: MAX_PARAM },
    rewriteUrl: ({ url = '/' }) => (isReadable(url) ? url : '/(unreadable)'),
  });
  app.addHook('onSend', async (_, reply) => {
    reply.header('x-content-type-options', 'nosniff');
  });
  app.setNotFoundHandler((_, reply) =>
    reply.status(404).send({ error: { code: 'NOT_FOUND', message: 'There is nothing here.' } }),
  );
  app.setErrorHandler((error, _, reply) => {
    const { statusCode = 500 } = error as { statusCode?: number };
    if (statusCode >= 400 && statusCode < 500) {
      return reply.status(statusCode).send({ error: { code: 'BAD_REQUEST', message: messageOf(error) } });
    }
    log.error(error instanceof Error && error.stack !== undefined ? error.stack : messageOf(error));
    const message = 'Something went wrong here; the log says what.';
    return reply.status(500).send({ error: { code: 'INTERNAL', message } });
  });
  try {
    await registerEndpoints(app, endpoints, isTrusted);
    await listenOn(app, listen, 'the option listen of the facade');
  } catch (error) {
    await app.close();
    throw error;
  }
  return { url: urlOf(app), close: () => app.close() };
}

/** Throws `BAD_CONFIG` if there is such a path already. */
export async function registerEndpoints(
  app: FastifyInstance,
  endpoints: readonly ForeignEndpoint[],
  isTrusted: AddressMatcher,
): Promise<void> {
  if (endpoints.length === 0) return;
  await app.register(async (scope) => {
    // A body is a form, JSON where that is taken, or there is none.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser([FORM, JSON_TYPE], { parseAs: 'string' }, (_, body, done) => done(null, body));
    const base = scope.prefix.replace(/\/$/, '');
    for (const { methods, path, takesJson = false, answer } of endpoints) {
      for (const url of new Set([path, `${path.replace(/\/$/, '')}/`])) {
        const isTaken = methods.some((method) => scope.hasRoute({ method, url: `${base}${url}` }));
        if (isTaken || path.startsWith('/api/')) {
          throw new HeadcountError('BAD_CONFIG', `A facade cannot be served at ${url}: something else is there.`);
        }
        scope.route({
          method: [...methods],
          url,
          exposeHeadRoute: false,
          handler: async (request, reply) => {
            if (isJson(request) && !takesJson)
              throw Object.assign(new Error(`Unsupported Media Type: ${JSON_TYPE}`), { statusCode: 415 });
            const { status, headers, body } = await answer(foreignRequest(request, base, isTrusted));
            return reply.status(status).headers(headers).send(body);
          },
        });
      }
    }
  });
}

function isJson({ headers }: FastifyRequest): boolean {
  return headers['content-type']?.toLowerCase().startsWith(JSON_TYPE) ?? false;
}

function foreignRequest(request: FastifyRequest, base: string, isTrusted: AddressMatcher): ForeignRequest {
  const { headers, method, url } = request;
  const at = url.indexOf('?');
  const query = at === -1 ? [] : [...new URLSearchParams(url.slice(at + 1))];
  const body = typeof request.body === 'string' ? request.body : null;
  const form = body === null || isJson(request) ? [] : [...new URLSearchParams(body)];
  return {
    method,
    path: (at === -1 ? url : url.slice(0, at)).slice(base.length),
    params: request.params as Record<string, string | undefined>,
    json: isJson(request) ? body : null,
    parameters: [...query, ...form],
    headers,
    address: clientAddress(request.raw.socket.remoteAddress ?? '', headers, isTrusted),
  };
}
