/** Asks the Headcount that runs on a data directory, through the socket that it keeps there for its owner. */

import { request } from 'node:http';
import { join } from 'node:path';
import { HeadcountError } from '../lib/errors.ts';

/** The answer's JSON; null if nobody runs there. Throws `HeadcountError` with the code and sentence of a refusal. */
export async function askOwner(directory: string, path: string, body: unknown): Promise<unknown> {
  const answer = await post(join(directory, 'headcount.sock'), path, JSON.stringify(body));
  if (answer === null) return null;
  const parsed = JSON.parse(answer.text) as { error?: { code: string; message: string } };
  if (answer.status === 200) return parsed;
  throw new HeadcountError(parsed.error?.code ?? 'FAILED', parsed.error?.message ?? 'It was refused.');
}

function post(socketPath: string, path: string, body: string): Promise<{ status: number; text: string } | null> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', host: 'localhost' };
    const asking = request({ socketPath, path, method: 'POST', headers }, (response) => {
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
    asking.end(body);
  });
}
