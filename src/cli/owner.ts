/** Asks the Headcount that runs on a data directory, through the socket that it keeps there for its owner. */

import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { HeadcountError } from '../lib/errors.ts';

/** Does a Headcount run there? */
export function hasOwner(directory: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketIn(directory), () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** The answer's JSON; null if nobody runs there. Throws `HeadcountError` with the code and sentence of a refusal. */
export async function askOwner(directory: string, path: string, body: unknown): Promise<unknown> {
  return await answerOf(await ask(socketIn(directory), 'POST', path, JSON.stringify(body)));
}

/** The same for what is only read; `path` has its query. */
export async function getFromOwner(directory: string, path: string): Promise<unknown> {
  return await answerOf(await ask(socketIn(directory), 'GET', path, null));
}

async function answerOf(response: IncomingMessage | null): Promise<unknown> {
  if (response === null) return null;
  const parsed = JSON.parse(await textOf(response)) as Refusal;
  if (response.statusCode === 200) return parsed;
  throw refusalOf(parsed);
}

/**
 * The lines of an answer, each parsed as JSON, as they come; nobody reads on while one is looked at. Throws as `askOwner`
 * does, and `STOPPED` if the answer breaks off or nobody runs there.
 */
export async function* askOwnerForLines(directory: string, path: string, body: unknown): AsyncGenerator<unknown> {
  const response = await ask(socketIn(directory), 'POST', path, JSON.stringify(body));
  if (response === null) throw brokenOff();
  if (response.statusCode !== 200) throw refusalOf(JSON.parse(await textOf(response)) as Refusal);
  try {
    let pieces: string[] = [];
    response.setEncoding('utf8');
    for await (const chunk of response as AsyncIterable<string>) {
      const [first, ...more] = chunk.split('\n');
      pieces.push(first!);
      for (const begun of more) {
        yield JSON.parse(pieces.join(''));
        pieces = [begun];
      }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') throw brokenOff();
    throw error;
  } finally {
    response.destroy();
  }
}

/** What the API answers instead. */
export interface Refusal {
  readonly error?: { readonly code: string; readonly message: string };
}

/** With a hint behind the sentence. */
export function refusalOf(parsed: Refusal, hint = ''): HeadcountError {
  return new HeadcountError(parsed.error?.code ?? 'FAILED', `${parsed.error?.message ?? 'It was refused.'}${hint}`);
}

export function brokenOff(): HeadcountError {
  return new HeadcountError('STOPPED', 'The Headcount that runs there has broken off. Start the command again.');
}

function socketIn(directory: string): string {
  return join(directory, 'headcount.sock');
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function ask(
  socketPath: string,
  method: 'GET' | 'POST',
  path: string,
  body: string | null,
): Promise<IncomingMessage | null> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'localhost', ...(body === null ? {} : { 'content-type': 'application/json' }) };
    const asking = request({ socketPath, path, method, headers }, resolve);
    asking.on('error', (error: NodeJS.ErrnoException) => {
      // No socket, or one that a process left behind that is gone.
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(null);
      else reject(error);
    });
    asking.end(body ?? undefined);
  });
}
