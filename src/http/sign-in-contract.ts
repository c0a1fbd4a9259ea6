/** The wire shapes of signing in. */

import { z } from 'zod';

export const SignInBody = z
  .strictObject({
    name: z.string().min(1).max(200).optional(),
    password: z.string().min(1).max(1000).optional(),
    token: z.string().min(1).max(1000).optional().describe('Instead of a name and a password.'),
    stay: z.boolean().default(false).describe('For 30 days; else until it was not used for 12 hours.'),
  })
  .refine(({ name, password, token }) => (token === undefined ? name && password : !name && !password), {
    error: 'must have a name and a password, or a token',
  })
  .meta({ id: 'SignIn' });

export const YouWire = z
  .object({
    name: z.string().nullable().describe('Null without credentials.'),
    allStreams: z.boolean(),
    addresses: z.boolean().describe('Whether addresses are whole, or masked.'),
    write: z.boolean(),
  })
  .meta({ id: 'You', description: 'Who asks, and what they may see.' });
export type YouWire = z.infer<typeof YouWire>;

export const SignedOutWire = z.object({ signedOut: z.literal(true) }).meta({ id: 'SignedOut' });
