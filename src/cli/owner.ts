/** Asks the Headcount that runs on a data directory, through the socket that it keeps there for its owner. */

import { request } from 'node:http';
import { join } from 'node:path';
import { HeadcountError } from '../lib/errors.ts';

/** The answer's JSON; null if nobody runs there. Throws `HeadcountError` with the code and sentence of a refusal. */
export async function askOwner(directory: string, path: string, body: unknown): Promise<unknown> {
  return answerOf(await exchange(join(directory, 'headcount.sock'), 'POST', path, JSON.stringify(body)));
}

/** The same for what is only read; `path` has its query. */
export async function getFromOwner(directory: string, path: string): Promise<unknown> {
  return answerOf(await exchange(join(directory, 'headcount.sock'), 'GET', path, null));
}

function answerOf(answer: { status: number; text: string } | null): unknown {
  if (answer === null) return null;
  const parsed = JSON.parse(answer.text) as { error?: { code: string; message: string } };
  if (answer.status === 200) return parsed;
  throw new HeadcountError(parsed.error?.code ?? 'FAILED', parsed.error?.message ?? 'It was refused.');
}

function exchange(
  socketPath: string,
  method: 'GET' | 'POST',
  path: string,
  body: string | null,
): Promise<{ status: number; text: string } | null> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'localhost', ...(body === null ? {} : { 'content-type': 'application/json' }) };
    const asking = request({ socketPath, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    asking.on('error', (error: NodeJS.ErrnoException) => {
      // No socket, or one that a process left behind that is gone.
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(null);
      else reject(error);
    });
    asking.end(body ?? undefined);
  });
}
