/**
 * Which language the viewer reads: the one that they chose, kept in this browser, else the first of the browser's own that
 * we speak. It is known when a file is loaded (format.ts), and stays until the page is loaded anew; the texts of another
 * language than English are fetched before the page is shown.
 */

import { setTexts, type Texts } from './texts.ts';

const KEY = 'headcount.language';

export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

/** English is always there. */
const CATALOGUES: Readonly<Record<Exclude<Language, 'en'>, () => Promise<Texts>>> = {
  de: async () => (await import('./texts.de.ts')).german,
};

export const language: Language = remembered() ?? spokenOf(navigator.languages);

/** For numbers, dates and units: the words' language, and the region that the browser says. */
export const locale: string = localeOf(language, navigator.languages);

/** Resolves when `texts` are the viewer's. Without them – the server has gone – the page is English. */
export async function loadTexts(): Promise<void> {
  try {
    if (language !== 'en') setTexts(await CATALOGUES[language]());
    document.documentElement.lang = language;
  } catch {
    document.documentElement.lang = 'en';
  }
}

/** Loads the page anew, where it is. In a browser that keeps nothing it stays as it was. */
export function choose(next: Language): void {
  try {
    localStorage.setItem(KEY, next);
  } catch {
    return;
  }
  location.reload();
}

/** The first language of a list of locales that we speak. */
export function spokenOf(locales: readonly string[]): Language {
  for (const each of locales) {
    const spoken = LANGUAGES.find((known) => known === languageOf(each));
    if (spoken !== undefined) return spoken;
  }
  return 'en';
}

/** Who reads German in a Swiss browser has Swiss numbers; who reads English in a German one has a clock of 24 hours. */
export function localeOf(wanted: Language, locales: readonly string[]): string {
  const own = locales.find((each) => languageOf(each) === wanted);
  if (own !== undefined) return own;
  const region = locales.map(regionOf).find((each) => each !== undefined);
  return region === undefined ? wanted : `${wanted}-${region}`;
}

function languageOf(tag: string): string | undefined {
  return parsed(tag)?.language;
}

function regionOf(tag: string): string | undefined {
  return parsed(tag)?.region;
}

function parsed(tag: string): Intl.Locale | null {
  try {
    return new Intl.Locale(tag);
  } catch {
    return null;
  }
}

function remembered(): Language | undefined {
  try {
    return LANGUAGES.find((each) => each === localStorage.getItem(KEY));
  } catch {
    return undefined;
  }
}
