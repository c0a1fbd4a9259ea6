/**
 * CasterStats Proxy: its routes, parameters and credentials, answered from the audience that Headcount knows. The original
 * is closed and its answers were never published: what is known of it, and what is ours, is on
 * docs/facades/casterstats.md.
 */

import { z } from 'zod';
import { cidr, duration, flag, list, listenAddress, secret } from '../../lib/options.ts';
import { defineFacade } from '../facade.ts';
import { CasterStats } from './casterstats.ts';

const NamedStreams = z
  .array(
    z.strictObject({
      name: z
        .string()
        .regex(/^[a-z\d]{1,100}$/i, { error: 'must be letters and digits' })
        .describe('What it is called in the path: letters and digits.'),
      source: z.string().min(1).describe('The name of its source, or of the audience that the source shares.'),
      stream: z
        .string()
        .min(1)
        .optional()
        .describe('What the source calls it. Default: all streams of that source, as one.'),
      public: flag(false).describe('May be read without credentials.'),
      access: list(z.string().min(1))
        .optional()
        .describe('Only these users and groups may read it. Default: whoever may see it in Headcount.'),
    }),
  )
  .refine((streams) => isDifferent(streams.map(({ name }) => name)), { error: 'has two of one name' });

const Secrets = z
  .array(
    z.strictObject({
      user: z.string().min(1).describe('The username of the question.'),
      secret: secret().describe('What is signed with, and what is the password where clearPassword allows one.'),
      groups: list(z.string().min(1)).default([]).describe('Groups that the access of streams may name.'),
    }),
  )
  .refine((secrets) => isDifferent(secrets.map(({ user }) => user)), { error: 'has two of one user' });

function isDifferent(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}

export const config = z.strictObject({
  listen: listenAddress()
    .optional()
    .describe('Serve it at this HOST:PORT too, and nothing else there. Default: below the base path only.'),
  streams: NamedStreams.optional().describe('The streams it has. Default: every one that is known, by its own name.'),
  public: flag(false).describe('All of them may be read without credentials.'),
  publicAddresses: flag(false).describe('Show whole addresses to whoever has no credentials.'),
  bots: flag(false).describe('Count bots and relays, too.'),
  caching: duration('5s', { most: '10m' }).describe('So long an answer is given again as it is.'),
  clearPassword: flag(false).describe('Take username and password as they are, in the query or a form.'),
  legacySignature: flag(false).describe('Take the MD5 signature of the original (sign and ticks).'),
  refuseReplays: flag(false).describe('Take an MD5 signature once only. Those of ours are never taken twice.'),
  discreet: flag(false).describe('Never tell an unknown user or stream from a wrong password or a lack of access.'),
  secrets: Secrets.default([]).describe(
    'Users of this facade with secrets of their own: never the password of a login.',
  ),
  acceptedAddresses: list(cidr())
    .default([])
    .describe('Only these addresses, and blocks such as 192.0.2.0/24, are answered. Default: all.'),
});

export const casterstats = defineFacade({
  kind: 'casterstats',
  summary:
    'The HTTP interface of CasterStats Proxy: user lists, countries, cities, players and status as JSON and XML.',
  config,
  fromEnvironment: () => ({}),
  impliedBy: () => null,
  create: ({ listen = null, ...options }, context) => {
    const facade = new CasterStats(options, context);
    return { routes: [], endpoints: facade.endpoints(), listen, run: (signal) => facade.run(signal) };
  },
});
