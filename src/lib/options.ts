/**
 * The types that options are made of, as zod schemas: what a person writes goes in, what the code uses comes out. From
 * their descriptions and defaults come the reference page, the example config and the JSON Schema.
 */

import { z } from 'zod';
import { parseDuration } from './duration.ts';
import { parseExclusion } from './exclusion.ts';
import { parseCidr } from './ip.ts';

/** Written `40s`, comes out as milliseconds. */
export function duration(standard: string, limits: { least?: string; most?: string } = {}) {
  const least = parseDuration(limits.least ?? '0')!;
  const most = parseDuration(limits.most ?? '36500d')!;
  const error = 'is not a duration: write 250ms, 40s, 5m, 12h or 30d';
  return z
    .string({ error })
    .refine((text) => parseDuration(text) !== null, { error })
    .refine((text) => isBetween(parseDuration(text), least, most), {
      error: `must be between ${limits.least ?? '0'} and ${limits.most ?? '36500d'}`,
    })
    .prefault(standard)
    .transform((text) => parseDuration(text)!);
}

function isBetween(value: number | null, least: number, most: number): boolean {
  return value === null || (value >= least && value <= most);
}

/** A secret: never printed; may also be given as the path of a file, under the option's name with `File` behind it. */
export function secret() {
  return z.string().min(1).meta({ secret: true });
}

/** URLs give everything as text: numbers and booleans are understood there too. */
export function number(limits: { least: number; most: number; integer?: boolean }) {
  const plain = limits.integer === false ? z.coerce.number() : z.coerce.number().int();
  return plain.min(limits.least).max(limits.most);
}

export function port(standard?: number) {
  const schema = number({ least: 1, most: 65535 });
  return standard === undefined ? schema : schema.default(standard);
}

export function flag(standard: boolean) {
  return z
    .union([z.boolean(), z.enum(['true', 'false', 'yes', 'no', '1', '0', 'on', 'off'])])
    .prefault(standard)
    .transform((value) => (typeof value === 'boolean' ? value : ['true', 'yes', '1', 'on'].includes(value)));
}

/** A list; in a URL, and wherever one likes, separated by commas. */
export function list<Item extends z.ZodType>(item: Item) {
  const schema = z.preprocess(
    (value) =>
      typeof value === 'string'
        ? value
            .split(',')
            .map((each) => each.trim())
            .filter(Boolean)
        : value,
    z.array(item),
  );
  return schema.meta({ list: true });
}

/** Where something is sent to. Whoever reads a URL would read credentials in it, too: they have options of their own. */
export function httpUrl() {
  return z
    .url({ protocol: /^https?$/, error: 'is no http:// or https:// address' })
    .refine((text) => /^https?:\/\/[^/?#@]*([/?#]|$)/.test(text), { error: 'must not hold a user or a password' });
}

/** An address or a block of addresses, `192.0.2.0/24`. */
export function cidr() {
  return z
    .string()
    .refine((text) => parseCidr(text) !== null, { error: 'is neither an IP address nor a block such as 192.0.2.0/24' })
    .transform((text) => parseCidr(text)!);
}

/** Where to listen. */
export interface ListenAddress {
  readonly host: string;
  /** 0 is any free one. */
  readonly port: number;
}

/** Written `HOST:PORT`. */
export function listenAddress() {
  const error = 'must be HOST:PORT, such as 127.0.0.1:8700 or [::1]:8700';
  return z
    .string({ error })
    .refine((text) => parseListen(text) !== null, { error })
    .transform((text) => parseListen(text)!);
}

/** `HOST:PORT`, `[IPV6]:PORT` or `:PORT` (every interface). */
function parseListen(text: string): ListenAddress | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]/]*)):(\d{1,5})$/.exec(text);
  if (match === null || Number(match[3]) > 65_535) return null;
  return { host: match[1] ?? (match[2] === '' ? '::' : match[2]!), port: Number(match[3]) };
}

/** An address, a block of addresses, or `agent:TEXT`. */
export function exclusion() {
  return z
    .string()
    .refine((text) => parseExclusion(text) !== null, {
      error: 'is neither an IP address, a block such as 192.0.2.0/24, nor agent:TEXT',
    })
    .transform((text) => parseExclusion(text)!);
}

/** Is this option marked as a secret, under whatever defaults and transformations? */
export function isSecret(schema: z.ZodType): boolean {
  return isMarked(schema, 'secret');
}

/** If it is not written for a source, what is written at the top of the configuration counts. */
export function inherited<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.meta({ ...schema.meta(), inherited: true }) as Schema;
}

export function isInherited(schema: z.ZodType): boolean {
  return isMarked(schema, 'inherited');
}

/** Is this a list that may also be written as one text? */
export function isList(schema: z.core.$ZodType): boolean {
  return (z.globalRegistry.get(schema) as { [key: string]: unknown } | undefined)?.['list'] === true;
}

function isMarked(schema: z.ZodType, mark: 'secret' | 'inherited'): boolean {
  for (let each: unknown = schema; each instanceof z.ZodType; each = innerOf(each)) {
    if ((z.globalRegistry.get(each) as { [key: string]: unknown } | undefined)?.[mark]) return true;
  }
  return false;
}

function innerOf(schema: z.ZodType): unknown {
  const { def } = schema as unknown as { def: { innerType?: unknown; in?: unknown } };
  return def.innerType ?? def.in;
}
