/** The dashboard's built files, and a page that says how to build them where they are missing. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { escapeHtml } from '../lib/html.ts';

/** Where `npm run build` puts it. */
export const DASHBOARD = fileURLToPath(new URL('../../web/dist', import.meta.url));

const MISSING = `<!doctype html><meta charset="utf-8"><title>Headcount</title>
<p>The dashboard has not been built. Run <code>npm run build</code> (or start with <code>npm start</code>), then reload.</p>
<p>The API is here: <a href="docs">docs</a>.</p>`;

/** For whoever opens another page of ours, such as `docs`, without being signed in. */
export function signInPage(basePath: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Headcount</title>
<p>Please <a href="${escapeHtml(basePath)}">sign in</a> first, then reload this page.</p></html>`;
}

export async function serveDashboard(app: FastifyInstance): Promise<void> {
  if (!existsSync(`${DASHBOARD}/index.html`)) {
    app.get('/', (_, reply) => reply.type('text/html; charset=utf-8').send(MISSING));
    return;
  }
  await app.register(fastifyStatic, {
    root: DASHBOARD,
    // Names of built files carry a hash of their content; the page itself must not be kept.
    setHeaders: (reply, path) => {
      reply.header('cache-control', path.endsWith('.html') ? 'no-cache' : 'public, max-age=31536000, immutable');
    },
  });
}
