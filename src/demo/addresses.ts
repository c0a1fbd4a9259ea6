/** Plausible addresses for a made-up audience: drawn at random, kept when they lie where an audience might be. */

/** How many of a hundred listeners come from there, roughly. */
const COUNTRIES: Readonly<Record<string, number>> = {
  US: 17,
  DE: 11,
  GB: 9,
  FR: 7,
  PL: 6,
  NL: 5,
  BR: 5,
  IT: 4,
  ES: 4,
  CA: 4,
  JP: 4,
  AU: 3,
  SE: 2,
  IN: 3,
  MX: 2,
  AR: 2,
  CH: 2,
  AT: 2,
  CZ: 2,
  NO: 1,
  FI: 1,
  DK: 1,
  PT: 1,
  ZA: 1,
  KE: 0.6,
  NG: 0.6,
  NZ: 0.8,
  KR: 1,
  TR: 1,
  UA: 1,
  GR: 0.8,
  IE: 1,
  ID: 0.8,
  TH: 0.6,
  CL: 0.7,
  CO: 0.7,
  EG: 0.5,
  MA: 0.4,
  IL: 0.6,
  FJ: 0.2,
};

const MOST_TRIES = 60_000;

/** Draws `count` addresses; fewer if the look-up knows too little. Without a look-up they come from anywhere. */
export function drawAddresses(
  count: number,
  countryOf: (address: string) => string | null,
  random: () => number,
): string[] {
  const total = Object.values(COUNTRIES).reduce((sum, weight) => sum + weight, 0);
  const wanted = new Map(
    Object.entries(COUNTRIES).map(([code, weight]) => [code, Math.ceil((count * weight) / total)]),
  );
  const drawn: string[] = [];
  for (let i = 0; i < MOST_TRIES && drawn.length < count; i++) {
    const address = randomAddress(random);
    const country = countryOf(address);
    const left = country === null ? 0 : (wanted.get(country) ?? 0);
    if (left <= 0) continue;
    wanted.set(country!, left - 1);
    drawn.push(address);
  }
  while (drawn.length < count) drawn.push(randomAddress(random));
  return drawn;
}

/** Unicast, not private, not a documentation range. */
function randomAddress(random: () => number): string {
  for (;;) {
    const [a, b, c, d] = Array.from({ length: 4 }, () => Math.floor(random() * 256)) as [
      number,
      number,
      number,
      number,
    ];
    const isSpecial = a === 0 || a === 10 || a === 127 || a >= 224 || (a === 172 && b >= 16 && b < 32);
    const isLocal = (a === 192 && b === 168) || (a === 169 && b === 254) || (a === 100 && b >= 64 && b < 128);
    if (!isSpecial && !isLocal && d > 0 && d < 255) return `${a}.${b}.${c}.${d}`;
  }
}
