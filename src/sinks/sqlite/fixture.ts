/** For the contract test of all sinks: a database, whose place can be taken by a folder. */

import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SinkFixture } from '../fixture.ts';

export const fixture: SinkFixture = {
  named: [
    { options: {}, name: 'sqlite:./connections.db' },
    { options: { path: '/srv/connections.db' }, name: 'sqlite:/srv/connections.db' },
  ],
  refused: [{ path: '' }, { path: 7 }, { path: null }, { colour: 'red' }],
  start: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'headcount-sqlite-'));
    const path = join(folder, 'connections.db');
    const aside = join(folder, 'aside');
    return {
      options: { path },
      ids: () => (existsSync(path) ? eventsIn(path) : []),
      fail: () => {
        if (existsSync(path)) renameSync(path, aside);
        mkdirSync(path);
      },
      recover: () => {
        rmSync(path, { recursive: true });
        if (existsSync(aside)) renameSync(aside, path);
      },
      stop: async () => rmSync(folder, { recursive: true }),
    };
  },
};

/** Each event of the contract test is of a session of its own, which is called `session of ID`. */
function eventsIn(path: string): string[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const [table] = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'headcount_sessions'").all();
    if (table === undefined) return [];
    // They begin at the same moment, and get the microseconds of their coming.
    const rows = database.prepare('SELECT session FROM headcount_sessions ORDER BY start').all();
    return rows.map(({ session }) => String(session).replace('session of ', ''));
  } finally {
    database.close();
  }
}
