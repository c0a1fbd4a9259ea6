/**
 * A source as somebody types it into a page, to be tried. Only kinds that declare so, and nothing that would read a file of
 * this machine or run a program: such options come from the configuration and the command line alone.
 */

import { HeadcountError } from '../lib/errors.ts';
import { isSecret } from '../lib/options.ts';
import type { SourceKind } from '../sources/source.ts';
import { type ConfiguredSource, readSource, SourceMistake, splitQuery } from './sources.ts';

export interface TrialSource {
  readonly source: ConfiguredSource;
  /** As it is to be written in the configuration: secrets are in files. */
  readonly line: string;
  /** Those files. */
  readonly secretFiles: readonly string[];
}

/** Throws `BAD_URL`, with a sentence that has no more of the URL than its scheme and the names of options. */
export function readTrial(url: string, kinds: readonly SourceKind[]): TrialSource {
  const tried = kinds.filter(({ trial }) => trial !== undefined);
  const scheme = /^([a-z][a-z0-9+.-]{0,30}):/i.exec(url)?.[1]?.toLowerCase();
  const kind = tried.find(({ schemes }) => schemes.includes(scheme ?? ''));
  if (kind === undefined) {
    const known = tried.map(({ schemes }) => `${schemes[0]}:`).join(', ');
    throw new HeadcountError('BAD_URL', `Servers that can be tried here begin with ${known}.`);
  }
  const [target, query] = splitQuery(url);
  const strange = Object.keys(query).find((name) => !kind.trial!.options.includes(name));
  if (strange !== undefined) {
    const message = `The option ${JSON.stringify(strange.slice(0, 40))} cannot be tried here: leave it out, and write it in the configuration.`;
    throw new HeadcountError('BAD_URL', message);
  }
  const source = read(url, kind);
  const told = kind.fromUrl(target);
  const secrets = Object.keys({ ...told, ...query }).filter((name) => {
    const option = kind.config.shape[name];
    return option !== undefined && isSecret(option as never);
  });
  const files = secrets.map((name) => [hyphened(name), `/etc/headcount/${kind.kind}-${hyphened(name)}`] as const);
  const others = Object.entries(query).filter(([name]) => !secrets.includes(name));
  const options = [...others, ...files.map(([name, path]) => [`${name}-file`, path] as const)];
  const written = options.map(
    ([name, value]) => `${name}=${encodeURIComponent(value).replaceAll(/%(2F|3A|2C)/g, decodeURIComponent)}`,
  );
  const line = `${withoutSecrets(target, told)}${written.length === 0 ? '' : `?${written.join('&')}`}`;
  return { source, line, secretFiles: files.map(([, path]) => path) };
}

function read(url: string, kind: SourceKind): ConfiguredSource {
  try {
    return readSource(url, [kind]);
  } catch (error) {
    if (!(error instanceof SourceMistake)) throw error;
    const what = error.path.length === 0 ? 'The address' : `The ${error.path.join('.')}`;
    throw new HeadcountError('BAD_URL', `${what} ${error.message}.`);
  }
}

/** Of what stands before the @ only the user, where that is no key. */
function withoutSecrets(target: string, { user }: Record<string, unknown>): string {
  const { username } = URL.parse(target) ?? {};
  const isUser = username !== undefined && username !== '' && decodeURIComponent(username) === user;
  return target.replace(/^([a-z0-9+.-]+:\/\/)[^/?#]*@/i, isUser ? `$1${username}@` : '$1');
}

function hyphened(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
