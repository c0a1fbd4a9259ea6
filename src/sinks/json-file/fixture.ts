/** For the contract test of all sinks: a folder, whose files can be in the way. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventWire } from '../../http/contract.ts';
import type { SinkFixture } from '../fixture.ts';

export const fixture: SinkFixture = {
  named: [
    { options: {}, name: 'json-file:./audience.json' },
    { options: { snapshot: null, lines: '/srv/events.jsonl' }, name: 'json-file:/srv/events.jsonl' },
  ],
  refused: [
    { snapshot: '' },
    { snapshot: 7 },
    { every: '10ms' },
    { every: '2h' },
    { sessions: -1 },
    { lines: '' },
    { rotateBytes: 1 },
    { colour: 'red' },
  ],
  start: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'headcount-json-file-'));
    const lines = join(folder, 'events.jsonl');
    const aside = join(folder, 'aside');
    return {
      options: { snapshot: join(folder, 'audience.json'), lines },
      ids: () =>
        existsSync(lines)
          ? readFileSync(lines, 'utf8')
              .trim()
              .split('\n')
              .filter((line) => line !== '')
              .map((line) => (JSON.parse(line) as EventWire).id)
          : [],
      fail: () => {
        if (existsSync(lines)) renameSync(lines, aside);
        mkdirSync(lines);
      },
      recover: () => {
        rmSync(lines, { recursive: true });
        if (existsSync(aside)) renameSync(aside, lines);
      },
      stop: async () => rmSync(folder, { recursive: true }),
    };
  },
};
