import type { FacadeFixture } from '../fixture.ts';

const stream = { name: 'radio1', source: 'icecast:radio.example:8000', stream: '/live' };

export const fixture: FacadeFixture = {
  refused: [
    { streams: [{ ...stream, name: 'radio-1' }] },
    { streams: [{ ...stream, name: '' }] },
    { streams: [stream, stream] },
    { streams: [{ name: 'radio1' }] },
    { streams: [{ ...stream, secret: 'x' }] },
    { secrets: [{ user: 'marco' }] },
    { secrets: [{ user: 'marco', secret: '' }] },
    {
      secrets: [
        { user: 'marco', secret: 'a' },
        { user: 'marco', secret: 'b' },
      ],
    },
    { listen: '8888' },
    { caching: '11m' },
    { caching: 15 },
    { acceptedAddresses: ['192.0.2.0/33'] },
    { clearPassword: 'perhaps' },
    { colour: 'red' },
  ],
  environments: [{ env: {}, options: {}, implied: null }],
  running: () => ({ streams: [{ ...stream, public: true }], secrets: [{ user: 'marco', secret: 'hU5lD5f' }] }),
};
