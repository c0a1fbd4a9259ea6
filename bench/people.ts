/** An audience as there might be one: where its addresses are, and what it plays with. The same in every run. */

import { type ClientFacts, clientFacts } from '../src/core/observation.ts';
import { randomAddress, randomFrom } from '../src/enrich/fixture.ts';
import { formatIp } from '../src/lib/ip.ts';

const NEIGHBOURHOODS = 3000;
const HOSTS = 4096;
/** One in so many has an IPv6 address. */
const IPV6_EVERY = 8;

/** IPv4 addresses from some thousand neighbourhoods, drawn at random: some are there twice. */
export function neighbours(count: number): string[] {
  const random = randomFrom(1);
  const networks = neighbourhoods(random);
  const draw = (many: number) => Math.floor(random() * many);
  return Array.from({ length: count }, () => addressIn(networks[draw(networks.length)]!, draw(HOSTS)));
}

/** What so many clients reveal in an access log, each as it comes: no two have the same address. */
export function* people(count: number, agents: readonly string[]): Generator<ClientFacts> {
  const random = randomFrom(5);
  const networks = neighbourhoods(random);
  for (let i = 0; i < count; i++) {
    // An odd factor sends every host number to another one.
    const host = (Math.floor(i / networks.length) * 2501) % HOSTS;
    const address =
      i % IPV6_EVERY === 0 ? formatIp(randomAddress(random, 16)) : addressIn(networks[i % networks.length]!, host);
    yield clientFacts({ address, userAgent: agents[Math.floor(random() ** 2 * agents.length)]! });
  }
}

/** Numbers of 20 bits, no two alike. */
function neighbourhoods(random: () => number): number[] {
  const numbers = new Set<number>();
  while (numbers.size < NEIGHBOURHOODS) numbers.add(Math.floor(random() * 2 ** 20));
  return [...numbers];
}

function addressIn(neighbourhood: number, host: number): string {
  const number = neighbourhood * HOSTS + host;
  return [24, 16, 8, 0].map((bits) => (number >>> bits) & 255).join('.');
}

/** User agents of browsers, phones and players, no two alike. */
export function userAgents(count: number): string[] {
  const random = randomFrom(4);
  return Array.from({ length: count }, (_, i) => userAgent(i, random));
}

export function userAgent(i: number, random: () => number): string {
  const version = `${60 + Math.floor(random() * 80)}.0.${1000 + i}.${Math.floor(random() * 200)}`;
  switch (i % 4) {
    case 0:
      return `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version} Safari/537.36`;
    case 1:
      return `AppleCoreMedia/1.0.0.${i}G75 (iPhone; U; CPU OS 16_${i % 8} like Mac OS X; en_us)`;
    case 2:
      return `Mozilla/5.0 (Linux; Android 1${i % 5}; SM-G${i}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version} Mobile Safari/537.36`;
    default:
      return `ExampleTV/${version} (Linux;Android 1${i % 5}) ExoPlayerLib/2.1${i % 9}.1`;
  }
}
