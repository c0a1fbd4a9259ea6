/** Where the databases are that come with Headcount, as npm packages. */

import { fileURLToPath } from 'node:url';
import { HeadcountError } from '../lib/errors.ts';

/** The path of a file of a package. Throws code `BUNDLED_MISSING`. */
export function bundledFile(specifier: string): string {
  try {
    return fileURLToPath(import.meta.resolve(specifier));
  } catch (cause) {
    throw new HeadcountError('BUNDLED_MISSING', `${specifier} is not installed: run npm ci.`, { cause });
  }
}
