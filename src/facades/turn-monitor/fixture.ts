import type { FacadeFixture } from '../fixture.ts';

export const fixture: FacadeFixture = {
  refused: [
    { listen: '3001' },
    { removeOutdataInterval: '10' },
    { removeOutdataInterval: '0' },
    { removeOutdataInterval: 'abc' },
    { sources: [''] },
    { verbose: 'perhaps' },
    { colour: 'red' },
  ],
  environments: [
    { env: {}, options: {}, implied: null },
    {
      env: { port: '3100', verbose: 'true', networkInterfaceId: 'eth1', removeOutdataInterval: '2500' },
      options: { listen: '127.0.0.1:3100', verbose: true, removeOutdataInterval: '2500ms' },
      implied: { listen: '127.0.0.1:3100', verbose: true, removeOutdataInterval: '2500ms' },
    },
    // Names that others use, too, turn nothing on; and only the very word is verbose.
    { env: { port: '3100', verbose: 'TRUE' }, options: { listen: '127.0.0.1:3100' }, implied: null },
    { env: { networkInterfaceId: 'any' }, options: {}, implied: {} },
  ],
  running: () => ({ verbose: true }),
};
