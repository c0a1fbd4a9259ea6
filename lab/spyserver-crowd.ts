/**
 * Clients of the stand-in for a SPY Server: who comes and goes, in an order that a seed decides, in the lines that the real
 * one would print of them; and the file of truth that the stand-in keeps of it, which a test compares with what Headcount says.
 */

import { existsSync, readFileSync } from 'node:fs';
import { randomFrom } from '../src/enrich/fixture.ts';

/** Asks for clients that come and go; the stand-in says when all of them have come. */
export interface SpyVisits {
  readonly seed: number;
  /** The first client's number; numbers are never used twice, so each client has an endpoint of its own. */
  readonly first: number;
  /** How many come. */
  readonly clients: number;
  /** How many are there at once, at most. */
  readonly most: number;
}

/** A line of the file of truth. It is written before the line that it is about: the last one of a life may be of one that was never printed. */
export type SpyTruth =
  | { readonly kind: 'up' | 'ended'; readonly life: number; readonly at: number }
  | {
      readonly kind: 'accepted';
      readonly life: number;
      readonly at: number;
      readonly client: string;
      readonly id: string;
    }
  | { readonly kind: 'left'; readonly life: number; readonly at: number; readonly client: string };

export interface SpyConnection {
  /** Address and port, as in a URL. */
  readonly client: string;
  readonly id: string;
  /** The process id of the stand-in that had it. */
  readonly life: number;
  readonly from: number;
  /** Null if it was there to the end of that life. */
  readonly to: number | null;
  /** It is the last that this life has written: perhaps it was never printed. */
  readonly isInDoubt: boolean;
}

/** Empty if nothing has been written yet. A line that is not whole is not there. */
export function readSpyTruth(path: string): SpyConnection[] {
  if (!existsSync(path)) return [];
  const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  const truths = whole.map((line) => JSON.parse(line) as SpyTruth);
  const last = new Map(truths.map((truth) => [truth.life, truth]));
  const left = new Map(truths.flatMap((truth) => (truth.kind === 'left' ? [[truth.client, truth] as const] : [])));
  return truths.flatMap((truth) => {
    if (truth.kind !== 'accepted') return [];
    const { client, id, life, at: from } = truth;
    const gone = left.get(client);
    const isInDoubt = last.get(life) === truth;
    return [{ client, id, life, from, to: gone === undefined || last.get(life) === gone ? null : gone.at, isInDoubt }];
  });
}

/** What the clients of the field call themselves. */
const IDS = [
  'SDR# 1700.0.0.1 on Windows',
  'SDR# 1.0.0.1921 on Microsoft Windows NT 10.0.19045.0',
  'SDR++',
  'sdr++',
  'SoapySDR',
  'gr-osmosdr',
  'a client of its own on something',
  'caf\u00e9 \ud83d\udce1',
  '',
];

export const NOISE = `Device was sleeping. Wake up!
Acquired an AirspyHF+ device
Found Rafael Micro R820T tuner
[R82XX] PLL not locked!
Exact sample rate is: 250000.000414 Hz
Releasing the AirspyHF+ device
`;

export interface SpyVisit {
  readonly kind: 'accepted' | 'left';
  readonly client: string;
  readonly id: string;
  /** What is printed of it, in the pieces in which that is written: line ends of both kinds, and noise. */
  readonly pieces: readonly Buffer[];
}

/** One after another, until all have come; whoever is still there then stays. */
export function* spyVisits({ seed, first, clients, most }: SpyVisits): Generator<SpyVisit> {
  const random = randomFrom(seed);
  const below = (count: number) => Math.floor(random() * count);
  const there: { client: string; id: string }[] = [];
  for (let come = 0; come < clients; ) {
    if (there.length > 0 && (there.length >= most || random() < 0.45)) {
      const [gone] = there.splice(below(there.length), 1);
      yield { kind: 'left', ...gone!, pieces: piecesOf(`Client disconnected: ${gone!.client}`, random) };
      continue;
    }
    const visitor = { client: endpointOf(first + come++), id: IDS[below(IDS.length)]! };
    there.push(visitor);
    yield {
      kind: 'accepted',
      ...visitor,
      pieces: piecesOf(`Accepted client ${visitor.client} running ${visitor.id}`, random),
    };
  }
}

/** Of documentation networks; every fourth is IPv6. */
function endpointOf(number: number): string {
  const port = 1024 + (number % 60_000);
  if (number % 4 === 3) return `[2001:db8::${(1 + (number % 9000)).toString(16)}]:${port}`;
  return `${number % 2 === 0 ? '192.0.2' : '198.51.100'}.${1 + (number % 254)}:${port}`;
}

/** A piece may end within a character. */
function piecesOf(line: string, random: () => number): Buffer[] {
  const text = Buffer.from(`${random() < 0.1 ? NOISE : ''}${line}${random() < 0.2 ? '\r\n' : '\n'}`);
  if (random() > 0.1) return [text];
  const at = Math.floor(random() * text.length);
  return [text.subarray(0, at), text.subarray(at)];
}
