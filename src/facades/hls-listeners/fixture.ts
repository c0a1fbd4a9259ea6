/** For the contract test of all facades. */

import { join } from 'node:path';
import type { FacadeFixture } from '../fixture.ts';

const file = './listeners.json';

export const fixture: FacadeFixture = {
  refused: [
    { streams: ['total_listeners'] },
    { streams: [''] },
    { format: 'v3' },
    { every: '500ms' },
    { every: '2h' },
    { window: 'long' },
    { path: 'listeners.json' },
    { path: '/a b' },
    { path: '/:id' },
    { path: '/*' },
    { push: {} },
    { push: { url: 'http://user:password@example.org/' } },
    { push: { url: 'http://example.org/', password: 'x' } },
    { colour: 'red' },
  ],
  environments: [
    { env: {}, options: { streams: ['stream1', 'stream2'] }, implied: null },
    { env: { STREAM_NAMES: '' }, options: { streams: ['stream1', 'stream2'] }, implied: null },
    { env: { STREAM_NAMES: ' , ' }, options: {}, implied: null },
    { env: { STREAM_NAMES: 'a' }, options: { streams: ['a'] }, implied: { streams: ['a'], file } },
    { env: { STREAM_NAMES: ' a.b, c ,,d' }, options: { streams: 'a.b,c,d' }, implied: { streams: 'a.b,c,d', file } },
  ],
  running: (folder) => ({ file: join(folder, 'listeners.json'), every: '1s' }),
};
