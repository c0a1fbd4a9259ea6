/**
 * One question to coturn's command line, which it serves by telnet (RFC 854) on TCP 5766: waits for the prompt for the
 * password, sends it, waits for the next prompt, asks, and reads up to the prompt behind the answer. One connection for each
 * question: coturn serves one at a time, and nothing may be left behind.
 */

import { connect, type Socket } from 'node:net';
import { HeadcountError } from '../../lib/errors.ts';
import { inTime, lookupRoutable, refuseLinkLocalLiteral } from '../../lib/outgoing.ts';
import { answeredBadly } from '../../transports/poll/fetch-text.ts';
import { hostAndPort } from '../../transports/poll/peer-address.ts';

export interface CommandLineOptions {
  readonly host: string;
  readonly port: number;
  readonly password: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

const PASSWORD_PROMPT = /Enter password:\s*$/;
const PROMPT = /(?:^|\n)> ?$/;
const isAnyPrompt = (end: string) => PASSWORD_PROMPT.test(end) || PROMPT.test(end);
/** Room for the last line of an answer, a warning behind it, and the prompt. */
const END_LENGTH = 1024;

/**
 * What is answered to `command`, without the prompt: a prompt is the end only if what `lastLine` finds is shortly before
 * it. Rejects with `PEER_UNREACHABLE`, `PEER_REFUSED_LOGIN` and `PEER_ANSWERED_BADLY`, and with the reason of `signal` if
 * that aborts.
 */
export async function askCommandLine(command: string, lastLine: RegExp, options: CommandLineOptions): Promise<string> {
  const url = new URL(`tcp://${hostAndPort(options)}`);
  return inTime(
    options,
    () => url,
    async (signal) => {
      refuseLinkLocalLiteral(url);
      const socket = connect({ host: options.host, port: options.port, lookup: lookupRoutable, signal });
      try {
        return await converse(socket, command, lastLine, options, url);
      } finally {
        socket.destroy();
      }
    },
  );
}

async function converse(
  socket: Socket,
  command: string,
  lastLine: RegExp,
  options: CommandLineOptions,
  url: URL,
): Promise<string> {
  const words = new Heard(socket, options.maxBytes, url);
  // No password has been set if it does not ask for one.
  const greeting = await words.until(isAnyPrompt);
  if (PASSWORD_PROMPT.test(greeting)) {
    socket.write(`${options.password}\r\n`);
    // A wrong one is asked for again, and again.
    const answer = await words.until(isAnyPrompt);
    if (PASSWORD_PROMPT.test(answer)) throw refused(url);
  }
  socket.write(`${command}\r\n`);
  const answer = await words.until((end) => PROMPT.test(end) && lastLine.test(end));
  socket.end('quit\r\n');
  return Buffer.from(answer.replace(PROMPT, ''), 'latin1').toString('utf8');
}

function refused(url: URL): HeadcountError {
  const message = `${url.hostname}:${url.port} refused the password. Check it: it is cli-password in turnserver.conf.`;
  return new HeadcountError('PEER_REFUSED_LOGIN', message);
}

/** What has come, up to a prompt. */
class Heard {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #mostBytes: number;
  readonly #url: URL;

  constructor(socket: Socket, mostBytes: number, url: URL) {
    this.#chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    this.#mostBytes = mostBytes;
    this.#url = url;
  }

  /** `isEnd` is asked of the last characters so far. */
  async until(isEnd: (end: string) => boolean): Promise<string> {
    const chunks: string[] = [];
    let bytes = 0;
    let end = '';
    for (;;) {
      const { value, done } = await this.#chunks.next();
      if (done) throw answeredBadly(this.#url, 'nothing more before its prompt');
      bytes += value.length;
      if (bytes > this.#mostBytes) throw answeredBadly(this.#url, `more than ${this.#mostBytes} bytes`);
      const chunk = withoutTelnet(value);
      chunks.push(chunk);
      // A prompt may come in pieces.
      end = (end + chunk.slice(-END_LENGTH)).slice(-END_LENGTH);
      if (isEnd(end)) return chunks.join('');
    }
  }
}

/** RFC 854: 255, a command, and for most of them an option. None of them is in UTF-8. */
function withoutTelnet(bytes: Buffer): string {
  return bytes.toString('latin1').replaceAll(/\xff(?:[\xfb-\xfe][\s\S]|[\s\S])/g, '');
}
