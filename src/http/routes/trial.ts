/** `/try`: asks a server once, before it is watched. */

import { HeadcountError } from '../../lib/errors.ts';
import type { Principal } from '../auth.ts';
import { TriedWire, TryBody } from '../contract.ts';
import { type Route, route } from '../route.ts';
import type { Service } from '../service.ts';

const MOST_AT_ONCE = 2;

export function trialRoutes(service: Service): Route[] {
  return [
    route({
      method: 'POST',
      path: '/try',
      summary: 'Asks a server once whether it could be watched; for whoever may write and sees every stream.',
      right: 'read',
      body: TryBody,
      answer: TriedWire,
      errors: {
        BAD_URL: 'The address is none that can be tried; the message says why.',
        FORBIDDEN: 'You may not write, or the token is not that of this start, or used up.',
        TRY_BUSY: 'Two servers are being tried already: try again in a moment.',
      },
      handle: async ({ body: { url, token }, principal }) => {
        checkRight(service, principal, token);
        const { trying } = service.trial;
        if (trying.count >= MOST_AT_ONCE) {
          const message = 'Other servers are being tried at the moment: try again when they have answered.';
          throw new HeadcountError('TRY_BUSY', message);
        }
        trying.count++;
        try {
          return await service.trial.tryUrl(url);
        } finally {
          trying.count--;
        }
      },
    }),
  ];
}

function checkRight({ trial, isDemo, sources }: Service, principal: Principal, token: string | undefined): void {
  const { name, rights, access } = principal;
  if (rights.has('write') && access.seesAll) return;
  if (name !== null) {
    throw new HeadcountError('FORBIDDEN', 'Trying a server takes the right to write, and to see every stream.');
  }
  if (trial.pass === null || !(isDemo || sources().length === 0)) {
    const message =
      'Servers are tried here while nothing is watched yet. To try more, add a user with "write: true" to the configuration.';
    throw new HeadcountError('FORBIDDEN', message);
  }
  trial.pass.spend(token ?? '');
}
