/** The installation's key: 32 random bytes in the data directory, from which all tokens of listeners are made. */

import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HeadcountError, messageOf } from '../lib/errors.ts';

const LENGTH = 32;

/** Made at the first start. Without it old tokens mean nothing any more, so a damaged one is not replaced. */
export function installationKey(directory: string): Uint8Array {
  const path = join(directory, 'key');
  try {
    writeFileSync(path, `${randomBytes(LENGTH).toString('hex')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new HeadcountError('KEY_UNWRITABLE', `The key file ${path} cannot be written: ${messageOf(error)}`);
    }
  }
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'hex');
  if (key.length === LENGTH) return key;
  throw new HeadcountError(
    'KEY_DAMAGED',
    `The key file ${path} is damaged. Restore it from a backup, or remove it: then returning listeners count as new ones.`,
  );
}
