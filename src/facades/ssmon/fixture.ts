/** For the contract test of all facades. */

import type { FacadeFixture } from '../fixture.ts';

export const fixture: FacadeFixture = {
  refused: [
    { listen: 'here' },
    { addresses: 'plain' },
    { public: 'perhaps' },
    { sources: [''] },
    { inbox: '' },
    { nestedJson: 2 },
    { colour: 'red' },
  ],
  environments: [{ env: {}, options: {}, implied: null }],
  running: () => ({ public: true }),
};
