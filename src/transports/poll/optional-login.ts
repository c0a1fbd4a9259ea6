/** HTTP Basic for servers that need none unless somebody has set one: to be spread into the schema of a kind. */

import { z } from 'zod';
import { secret } from '../../lib/options.ts';

export function optionalLogin() {
  return {
    user: z.string().min(1).optional().describe('The name to log in with (HTTP Basic), if the server asks for one.'),
    password: secret().optional().describe('The password that belongs to it.'),
  };
}

export interface OptionalLogin {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** As `fetchText` takes it: null if there is neither. */
export function loginOf({ user = '', password = '' }: OptionalLogin): { user: string; password: string } | null {
  return user === '' && password === '' ? null : { user, password };
}
