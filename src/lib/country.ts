/** English names of countries, from what the runtime knows (CLDR). */

const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** Of an ISO 3166-1 alpha-2 code in upper case; null if there is none. */
export function countryName(code: string | null): string | null {
  return code !== null && /^[A-Z]{2}$/.test(code) ? (names.of(code) ?? null) : null;
}

let codes: Map<string, string> | null = null;

/** The code of an English name, also of a short one (`US`, `Hong Kong`); null if there is none. */
export function countryCode(name: string): string | null {
  codes ??= codesByName();
  return codes.get(name) ?? null;
}

function codesByName(): Map<string, string> {
  const short = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none', style: 'short' });
  const found = new Map<string, string>();
  const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(65 + i));
  for (const code of letters.flatMap((first) => letters.map((second) => first + second))) {
    // Codes of the past, such as that of East Germany, have the names of their successors.
    if (code === 'ZZ' || new Intl.Locale(`und-${code}`).region !== code) continue;
    for (const name of [names.of(code), short.of(code)])
      if (name !== undefined && !found.has(name)) found.set(name, code);
  }
  return found;
}
