/**
 * HTTP Digest authentication, the client's side: RFC 7616 with MD5 and SHA-256 (also `-sess`) and qop=auth, and the
 * older RFC 2069 form without qop. Pure; asking again is fetch-text.ts's.
 *
 * Not understood: qop=auth-int alone, SHA-512-256. Nonces are not kept: every question is asked twice.
 */

import { createHash } from 'node:crypto';

export interface Challenge {
  /** In lower case: `basic`, `digest`. */
  readonly scheme: string;
  /** Names in lower case, values unquoted. */
  readonly parameters: ReadonlyMap<string, string>;
}

export interface DigestQuestion {
  readonly user: string;
  readonly password: string;
  readonly method: string;
  /** The request target: path and query. */
  readonly uri: string;
  /** Never the same twice; printable ASCII. */
  readonly cnonce: string;
}

/** A scheme, or a parameter of the scheme before it. */
const PART = /[\s,]*([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/y;

/** All challenges of a `WWW-Authenticate` header, in its order; what cannot be read ends the list. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  PART.lastIndex = 0;
  for (let match = PART.exec(header); match !== null; match = PART.exec(header)) {
    const [, name, quoted, plain] = match;
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    if (value === undefined) challenges.push({ scheme: name!.toLowerCase(), parameters: new Map() });
    else challenges.at(-1)?.parameters.set(name!.toLowerCase(), value);
  }
  return challenges;
}

const ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ['md5', 'md5'],
  ['sha-256', 'sha256'],
]);

/** The `Authorization` that answers a Digest challenge; null if it cannot be answered. */
export function answerDigest({ scheme, parameters }: Challenge, question: DigestQuestion): string | null {
  const realm = parameters.get('realm');
  const nonce = parameters.get('nonce');
  const algorithm = parameters.get('algorithm') ?? 'MD5';
  const hashName = ALGORITHMS.get(algorithm.toLowerCase().replace(/-sess$/, ''));
  const qop = parameters.get('qop');
  const isWithoutAuth = qop !== undefined && !/(^|[\s,])auth($|[\s,])/i.test(qop);
  if (scheme !== 'digest' || realm === undefined || nonce === undefined) return null;
  if (hashName === undefined || isWithoutAuth) return null;

  const { user, password, method, uri, cnonce } = question;
  const hash = (...parts: string[]) => createHash(hashName).update(parts.join(':')).digest('hex');
  const secret = hash(user, realm, password);
  const key = /-sess$/i.test(algorithm) ? hash(secret, nonce, cnonce) : secret;
  const protection = qop === undefined ? [] : ['00000001', cnonce, 'auth'];
  const response = hash(key, nonce, ...protection, hash(method, uri));

  const isHashed = parameters.get('userhash')?.toLowerCase() === 'true';
  const opaque = parameters.get('opaque');
  const isSess = key !== secret;
  const fields = [
    isHashed ? `username="${hash(user, realm)}"` : userField(user),
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    `response="${response}"`,
    // Where it was not said, an old server may not know the word.
    ...(parameters.has('algorithm') ? [`algorithm=${algorithm}`] : []),
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
    ...(qop === undefined ? [] : ['qop=auth', 'nc=00000001']),
    ...(qop !== undefined || isSess ? [`cnonce=${quote(cnonce)}`] : []),
    ...(isHashed ? ['userhash=true'] : []),
  ];
  return `Digest ${fields.join(', ')}`;
}

/** RFC 7616 §3.4: a name that is no ASCII goes as RFC 5987 has it. */
function userField(user: string): string {
  return /^[\x20-\x7e]*$/.test(user) ? `username=${quote(user)}` : `username*=UTF-8''${encodeURIComponent(user)}`;
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
