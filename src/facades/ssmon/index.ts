/**
 * The HTTP interface of spyserver_monitor (michalfratczak/spyserver_monitor at ed59078; below `/ssmon/api/v1`), and its page:
 * counts over the whole history, and who is connected. What it leaves out and where it differs is on
 * docs/facades/ssmon.md.
 *
 * What is asked of history is history.ts, the shapes of the answers telling.ts, who may ask callers.ts, the page page.ts.
 */

import { z } from 'zod';
import { aborted } from '../../lib/abort.ts';
import { flag, list, listenAddress } from '../../lib/options.ts';
import { defineFacade } from '../facade.ts';
import { Ssmon } from './ssmon.ts';

const config = z.strictObject({
  listen: listenAddress()
    .optional()
    .describe(
      'Serve it at this HOST:PORT too, with the page at /, and nothing else there. Default: below the base path only.',
    ),
  sources: list(z.string().min(1))
    .default([])
    .describe('Only these sources, or audiences that sources share, are counted. Default: all.'),
  public: flag(false).describe('All of it may be read without credentials, as that of the original. Posting may not.'),
  addresses: z
    .enum(['text', 'number'])
    .default('text')
    .describe('Addresses are hashed: to a number, which is written as a text, or as the number that it is.'),
  nestedJson: flag(false).describe(
    'Write each connection that is open as a JSON text within the JSON, as the original does, and not as an object.',
  ),
  inbox: z
    .string()
    .min(1)
    .default('ssmon')
    .describe('Connections that are posted go to the source of the kind ssmon that has the same inbox.'),
});

export type SsmonOptions = Omit<z.output<typeof config>, 'listen'>;

export const ssmon = defineFacade({
  kind: 'ssmon',
  summary: 'The HTTP interface and the page of spyserver_monitor: connections, counts and places.',
  config,
  fromEnvironment: () => ({}),
  impliedBy: () => null,
  create: ({ listen = null, ...options }, context) => {
    const facade = new Ssmon(options, context);
    return { routes: [], ...facade.served(), listen, run: aborted };
  },
});
