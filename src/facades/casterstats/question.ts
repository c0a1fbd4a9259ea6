/**
 * What is asked: the words of the path and the parameters, which may stand in the query or in a form, in any case and
 * with or without the spaces, hyphens and underscores that people put into them.
 */

import type { FacadeRequest } from '../facade.ts';
import { Refusal } from './refusal.ts';

export const SUBJECTS = ['userlist', 'countries', 'cities', 'players', 'status'] as const;
export type Subject = (typeof SUBJECTS)[number];
export type Format = 'json' | 'xml';

export const STANDARD_PAGE_SIZE = 1000;
export const MAX_PAGE_SIZE = 10_000;
/** A page further on has nothing, however many there are. */
const MAX_PAGE = 1_000_000;
const MAX_TEXT = 200;

/** Other spellings, beside case and separators. */
const ALIASES: Readonly<Record<string, string>> = {
  user: 'username',
  currentpage: 'page',
  country: 'countrycode',
  cityname: 'city',
};

/** By name, in lower case and without separators; each once. What is not known here is there, too. */
export type Parameters = ReadonlyMap<string, string>;

/** Throws `BadParameter` for one that is given twice: of two, nobody knows which one counts. */
export function readParameters(given: FacadeRequest['parameters']): Parameters {
  const parameters = new Map<string, string>();
  for (const [written, value] of given) {
    const plain = written.toLowerCase().replaceAll(/[\s_-]/g, '');
    const name = ALIASES[plain] ?? plain;
    if (parameters.has(name)) throw new Refusal('BadParameter', `The parameter ${known(name)} is given twice.`);
    parameters.set(name, value);
  }
  return parameters;
}

const NAMES = ['format', 'page', 'pagesize', 'player', 'countrycode', 'city', 'geolocate', 'showproperties'];

/** Only what is ours is said again. */
function known(name: string): string {
  return NAMES.includes(name) ? name : '(another one)';
}

/** JSON, unless XML is asked for: also for the error that says that it is neither. */
export function formatOf(given: FacadeRequest['parameters']): Format {
  return given.some(([name, value]) => /^format$/i.test(name) && /^xml$/i.test(value)) ? 'xml' : 'json';
}

/** `first` and `second` are what stands behind `/stats/`: subject and stream, in either order. */
export function readPath(
  first: string | undefined,
  second: string | undefined,
): { subject: Subject; stream: string | null } | null {
  const ofFirst = subjectOf(first);
  if (ofFirst !== null) return { subject: ofFirst, stream: second ?? null };
  const ofSecond = subjectOf(second);
  return ofSecond === null ? null : { subject: ofSecond, stream: first ?? null };
}

function subjectOf(word: string | undefined): Subject | null {
  return SUBJECTS.find((subject) => subject === word?.toLowerCase()) ?? null;
}

export interface Filters {
  /** A name or a code, in lower case. */
  readonly player: string | null;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country: string | null;
  /** In lower case. */
  readonly city: string | null;
}

export interface Question {
  readonly subject: Subject;
  readonly format: Format;
  readonly geolocate: boolean;
  readonly properties: boolean;
  /** From 1. */
  readonly page: number;
  readonly pageSize: number;
  readonly filters: Filters;
}

/** Throws a `Refusal`. */
export function readQuestion(subject: Subject, parameters: Parameters): Question {
  const format = (parameters.get('format') || 'json').toLowerCase();
  if (format !== 'json' && format !== 'xml') throw new Refusal('BadParameter', 'format is JSON or XML.');
  const geolocate = switchOf(parameters, 'geolocate', true);
  const filters = {
    player: textOf(parameters, 'player')?.toLowerCase() ?? null,
    country: countryOf(parameters),
    city: textOf(parameters, 'city')?.toLowerCase() ?? null,
  };
  checkSense(subject, geolocate, filters);
  return {
    subject,
    format,
    geolocate,
    properties: switchOf(parameters, 'showproperties', false),
    page: countOf(parameters, 'page', 1, MAX_PAGE),
    pageSize: countOf(parameters, 'pagesize', STANDARD_PAGE_SIZE, MAX_PAGE_SIZE),
    filters,
  };
}

function checkSense(subject: Subject, geolocate: boolean, { player, country, city }: Filters): void {
  if (subject !== 'userlist' && (player ?? country ?? city) !== null) {
    throw new Refusal(
      'BadParameter',
      'player, countrycode and city choose from the user list: nothing else takes them.',
    );
  }
  if (geolocate) return;
  if ((country ?? city) !== null) {
    throw new Refusal(
      'GeolocationOff',
      'Without geolocation nobody is in a country or a city: leave out geolocate=no.',
    );
  }
  if (subject === 'countries' || subject === 'cities') {
    throw new Refusal('GeolocationOff', `Without geolocation there are no ${subject}: leave out geolocate=no.`);
  }
}

/** Empty is as if it were not there. */
function textOf(parameters: Parameters, name: string): string | null {
  const text = parameters.get(name)?.trim() ?? '';
  if (text.length > MAX_TEXT) throw new Refusal('BadParameter', `${name} is longer than ${MAX_TEXT} characters.`);
  return text === '' ? null : text;
}

function countryOf(parameters: Parameters): string | null {
  const code = textOf(parameters, 'countrycode')?.toUpperCase() ?? null;
  if (code === null || /^[A-Z]{2}$/.test(code)) return code;
  throw new Refusal('BadParameter', 'countrycode is two letters, such as DE.');
}

function countOf(parameters: Parameters, name: string, standard: number, most: number): number {
  const text = textOf(parameters, name);
  if (text === null) return standard;
  if (/^\d{1,9}$/.test(text) && Number(text) >= 1 && Number(text) <= most) return Number(text);
  throw new Refusal('BadParameter', `${name} is a whole number from 1 to ${most}.`);
}

/** The name alone is "yes". */
function switchOf(parameters: Parameters, name: string, standard: boolean): boolean {
  const text = parameters.get(name)?.trim().toLowerCase();
  if (text === undefined) return standard;
  if (['', 'yes', 'true', '1', 'on'].includes(text)) return true;
  if (['no', 'false', '0', 'off'].includes(text)) return false;
  throw new Refusal('BadParameter', `${name} is yes or no.`);
}
