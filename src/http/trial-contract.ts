/** The wire shapes of trying a server. */

import { z } from 'zod';

const count = z.int().min(0);

export const TryBody = z
  .strictObject({
    url: z.string().min(1).max(2000).describe('As it would be configured: `icecast://admin:PASSWORD@HOST:8000`.'),
    token: z
      .string()
      .max(200)
      .optional()
      .describe('The one that was printed at the start; not needed by whoever has signed in.'),
  })
  .meta({ id: 'Try' });

export const TriedWire = z
  .object({
    kind: z.string(),
    status: z.int().nullable().describe('The HTTP status of the last answer; null if there was none.'),
    server: z.string().nullable().describe('Name and version, as the server says.'),
    found: z
      .object({
        streams: count,
        listeners: count,
        isCountOnly: z.boolean().describe('The server tells how many listen, but not who.'),
      })
      .nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable().describe('Why nothing was found.'),
    line: z.string().describe('How to write it in the configuration; secrets are left to files.'),
    secretFiles: z.array(z.string()).describe('The files that this names: each with one secret.'),
  })
  .meta({ id: 'Tried' });
export type TriedWire = z.infer<typeof TriedWire>;
