/**
 * Which findings have been told already, over restarts: in one file of the data directory. Without it the same findings
 * would be told again, under the same ids.
 */

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Instant } from '../../../core/observation.ts';
import { replaceFile } from '../../../lib/replace-file.ts';

/** A finding that is still found stays remembered; one that is no longer found is forgotten after so long. */
const KEPT_FOR = 30 * 86_400_000;
const MOST = 50_000;

const Kept = z.record(z.string(), z.number());

export class ToldFindings {
  readonly #path: string;
  /** When each was found last, by its key; the first one is the one that was not found for longest. */
  readonly #found: Map<string, Instant>;

  /** What cannot be read is nothing: then what is new is told once more. */
  constructor(path: string) {
    this.#path = path;
    this.#found = new Map(Object.entries(kept(path)).sort(([, a], [, b]) => a - b));
  }

  /** Those of them that were not there before; the others are remembered for longer. */
  unknown<Found>(findings: readonly Found[], keyOf: (finding: Found) => string, now: Instant): Found[] {
    return findings.filter((finding) => {
      const key = keyOf(finding);
      const isKnown = this.#found.delete(key);
      if (isKnown) this.#found.set(key, now);
      return !isKnown;
    });
  }

  /** Resolves once it is on disk. Rejects with what the system says. */
  async remember(keys: readonly string[], now: Instant): Promise<void> {
    for (const key of keys) this.#found.set(key, now);
    for (const [key, at] of this.#found) {
      if (this.#found.size <= MOST && at >= now - KEPT_FOR) break;
      this.#found.delete(key);
    }
    await replaceFile(this.#path, JSON.stringify(Object.fromEntries(this.#found)));
  }
}

function kept(path: string): Readonly<Record<string, number>> {
  try {
    return Kept.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return {};
  }
}
