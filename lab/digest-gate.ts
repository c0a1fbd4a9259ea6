/**
 * A server's side of HTTP Digest (RFC 7616, qop=auth or none), for servers on loopback that tests make: who knows the
 * password gets in, once for each nonce. It computes everything for itself.
 */

import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface DigestGateOptions {
  readonly user: string;
  readonly password: string;
  readonly realm?: string;
  /** `MD5`, `SHA-256`, or either with `-sess`. */
  readonly algorithm?: string;
  /** Null is the form without qop. */
  readonly qop?: 'auth' | null;
}

export interface DigestGate {
  /** Every `Authorization` that has come, in order; empty where there was none. */
  readonly seen: string[];
  /** False: it has been answered with a challenge. */
  lets(request: IncomingMessage, response: ServerResponse): boolean;
}

export function digestGate(options: DigestGateOptions): DigestGate {
  const { user, password, realm = 'Wowza', algorithm = 'MD5', qop = 'auth' } = options;
  const hashName = algorithm.startsWith('SHA-256') ? 'sha256' : 'md5';
  const hash = (text: string) => createHash(hashName).update(text).digest('hex');
  const nonces = new Set<string>();
  const seen: string[] = [];

  const isRight = (request: IncomingMessage, told: Readonly<Record<string, string>>): boolean => {
    const { nonce = '', cnonce, nc, uri } = told;
    if (!nonces.delete(nonce) || uri !== request.url || told['username'] !== user || told['realm'] !== realm)
      return false;
    const secret = hash(`${user}:${realm}:${password}`);
    const first = algorithm.endsWith('-sess') ? hash(`${secret}:${nonce}:${cnonce}`) : secret;
    const middle = qop === null ? nonce : `${nonce}:${nc}:${cnonce}:auth`;
    return told['response'] === hash(`${first}:${middle}:${hash(`${request.method}:${uri}`)}`);
  };

  const lets = (request: IncomingMessage, response: ServerResponse): boolean => {
    const authorization = request.headers.authorization ?? '';
    seen.push(authorization);
    if (authorization.startsWith('Digest ') && isRight(request, fieldsOf(authorization.slice(7)))) return true;
    const nonce = randomBytes(12).toString('base64');
    nonces.add(nonce);
    const protection = qop === null ? '' : ', qop="auth"';
    const challenge = `Digest realm="${realm}", domain="/", nonce="${nonce}", algorithm=${algorithm}${protection}`;
    response.writeHead(401, { 'www-authenticate': challenge }).end('{"code":"401","success":false}');
    return false;
  };
  return { seen, lets };
}

function fieldsOf(text: string): Record<string, string> {
  const fields = [...text.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)];
  return Object.fromEntries(
    fields.map(([, name, quoted, plain]) => [name!, quoted?.replace(/\\(.)/g, '$1') ?? plain!]),
  );
}
