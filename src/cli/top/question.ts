/** What `headcount top` is asked: whom it asks, and how it tells. */

import { readFileSync } from 'node:fs';
import { HeadcountError } from '../../lib/errors.ts';
import { readArgs } from '../args.ts';
import type { Terminal } from '../command.ts';
import { placeOfHistory } from '../history.ts';
import type { Place } from './api.ts';

export interface Question {
  readonly place: Place;
  /** Everything once, and no more. */
  readonly isOnce: boolean;
  /** That as what the API answers. */
  readonly isJson: boolean;
}

/** Throws `BAD_USAGE`; with `--data` or `--config` also what loading a configuration throws; `FILE_UNREADABLE`. */
export function readQuestion(args: readonly string[], terminal: Pick<Terminal, 'env'>): Question {
  const { values, positionals } = readArgs(args, {
    user: { type: 'string', short: 'u' },
    'password-file': { type: 'string' },
    'token-file': { type: 'string' },
    data: { type: 'string' },
    config: { type: 'string', short: 'c' },
    once: { type: 'boolean' },
    json: { type: 'boolean' },
  });
  if (positionals.length > 1) throw new HeadcountError('BAD_USAGE', 'top looks at one Headcount: give one URL.');
  const text = (name: string) => (values[name] as string | undefined) ?? null;
  const [url] = positionals;
  return {
    place: url === undefined ? placeHere(text, terminal) : { url: urlOf(url), authorization: authorizationOf(text) },
    isOnce: values['once'] === true,
    isJson: values['json'] === true,
  };
}

type Text = (name: string) => string | null;

function placeHere(text: Text, { env }: Pick<Terminal, 'env'>): Place {
  const given = ['user', 'password-file', 'token-file'].find((name) => text(name) !== null);
  if (given !== undefined) {
    throw new HeadcountError('BAD_USAGE', `--${given} is for a URL: the socket in the data directory asks nobody.`);
  }
  const asked = { config: text('config') ?? undefined, data: text('data') ?? undefined };
  const { directory, config } = placeOfHistory(asked, { env });
  return { directory, basePath: config.basePath };
}

function urlOf(written: string): URL {
  const url = URL.parse(/^\w+:\/\//.test(written) ? written : `http://${written}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    throw new HeadcountError(
      'BAD_USAGE',
      'The URL of a Headcount is such as http://127.0.0.1:8700 or radio.example:8700.',
    );
  }
  // Whatever stands on a command line can be read by every user of the machine.
  if (url.username !== '' || url.password !== '') {
    throw new HeadcountError('BAD_USAGE', 'Leave user and password out of the URL: --user NAME --password-file FILE.');
  }
  url.search = '';
  url.hash = '';
  return url;
}

function authorizationOf(text: Text): string | null {
  const [user, passwordFile, tokenFile] = [text('user'), text('password-file'), text('token-file')];
  if (text('data') !== null || text('config') !== null) {
    throw new HeadcountError('BAD_USAGE', 'Give a URL, or --data and --config, not both.');
  }
  if (tokenFile !== null) {
    if (user !== null || passwordFile !== null) {
      throw new HeadcountError('BAD_USAGE', 'Give --token-file, or --user with --password-file, not both.');
    }
    return `Bearer ${secretIn(tokenFile, { isPassword: false })}`;
  }
  if (user === null && passwordFile === null) return null;
  if (user === null || passwordFile === null) {
    throw new HeadcountError('BAD_USAGE', '--user and --password-file belong together.');
  }
  return `Basic ${Buffer.from(`${user}:${secretIn(passwordFile, { isPassword: true })}`).toString('base64')}`;
}

/** Without the line end behind it. A token goes into a header as it is. */
function secretIn(file: string, { isPassword }: { isPassword: boolean }): string {
  let secret: string;
  try {
    secret = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new HeadcountError('FILE_UNREADABLE', `The file ${file} cannot be read.`, { cause });
  }
  if (/^[ -~]+$/.test(secret) || (secret !== '' && isPassword && !/[\r\n]/.test(secret))) return secret;
  throw new HeadcountError('BAD_USAGE', `The file ${file} must hold the secret alone, on one line.`);
}
