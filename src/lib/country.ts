/** English names of countries, from what the runtime knows (CLDR). */

const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** Of an ISO 3166-1 alpha-2 code in upper case; null if there is none. */
export function countryName(code: string | null): string | null {
  return code !== null && /^[A-Z]{2}$/.test(code) ? (names.of(code) ?? null) : null;
}
