/**
 * Answers as bytes, kept until the moment that they are of is over, and compressed once for each way in which somebody
 * asks for them: who asks again is answered from memory.
 */

import { promisify } from 'node:util';
import { brotliCompress, constants, deflate, gzip } from 'node:zlib';

export type Encoding = 'identity' | 'gzip' | 'deflate' | 'br';

/** Smaller than this, compressing makes it no smaller that matters. */
const WORTH_COMPRESSING = 1024;
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_ANSWERS = 1000;

const COMPRESS: Readonly<Record<Exclude<Encoding, 'identity'>, (body: Buffer) => Promise<Buffer>>> = {
  gzip: (body) => promisify(gzip)(body, { level: 6 }),
  // RFC 9110 §8.4.1.2: in zlib's format.
  deflate: (body) => promisify(deflate)(body, { level: 6 }),
  br: (body) => promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
};

export interface Rendered {
  readonly encoding: Encoding;
  readonly body: Buffer;
}

interface Kept {
  readonly plain: Buffer;
  readonly variants: Map<Encoding, Promise<Buffer>>;
}

export class RenderedAnswers {
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  /** `render` is asked if the answer is not kept yet. Rejects with what it throws. */
  async get(key: string, acceptEncoding: string | undefined, render: () => string): Promise<Rendered> {
    const kept = this.#kept.get(key) ?? this.#keep(key, render());
    const { plain, variants } = kept;
    const encoding = plain.length < WORTH_COMPRESSING ? 'identity' : encodingFor(acceptEncoding);
    if (encoding === 'identity') return { encoding, body: plain };
    let variant = variants.get(encoding);
    if (variant === undefined) {
      variant = COMPRESS[encoding](plain).then((body) => {
        if (this.#kept.get(key) === kept) this.#bytes += body.length;
        return body;
      });
      variants.set(encoding, variant);
    }
    return { encoding, body: await variant };
  }

  #keep(key: string, text: string): Kept {
    // There are few of them, as a rule: beginning anew is simpler than choosing who has to go.
    if (this.#bytes >= MOST_BYTES || this.#kept.size >= MOST_ANSWERS) {
      this.#kept.clear();
      this.#bytes = 0;
    }
    const kept = { plain: Buffer.from(text), variants: new Map<Encoding, Promise<Buffer>>() };
    this.#kept.set(key, kept);
    this.#bytes += kept.plain.length;
    return kept;
  }
}

/** The best of what is accepted, by weight and then in this order (RFC 9110 §12.5.3). */
const ORDER = ['br', 'gzip', 'deflate'] as const;

export function encodingFor(accepted: string | undefined): Encoding {
  if (accepted === undefined || accepted === '') return 'identity';
  const weights = new Map<string, number>();
  for (const part of accepted.toLowerCase().split(',', 20)) {
    const [name = '', ...parameters] = part.split(';').map((each) => each.trim());
    const weight = parameters.find((each) => each.startsWith('q='))?.slice(2);
    const value = weight === undefined ? 1 : Number(weight);
    weights.set(name === 'x-gzip' ? 'gzip' : name, Number.isFinite(value) ? value : 0);
  }
  let best: Encoding = 'identity';
  // Nobody who says nothing of identity minds it, but whoever names another one prefers that.
  let greatest = weights.get('identity') ?? 0;
  for (const encoding of ORDER) {
    const weight = weights.get(encoding) ?? weights.get('*') ?? 0;
    const isBetter = best === 'identity' ? weight > 0 && weight >= greatest : weight > greatest;
    if (!isBetter) continue;
    best = encoding;
    greatest = weight;
  }
  return best;
}
