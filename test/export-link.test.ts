/** What the page of sessions asks of an export is what the API takes. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { SessionsExportQuery } from '../src/http/contract.ts';
import { SESSION_COLUMNS } from '../src/http/session-columns.ts';
import { exportLink } from '../web/src/lib/explorer/export-link.ts';

/** Those of the table of sessions. */
const TABLE =
  'stream source country city network player platform user address startedAt endedAt duration bytes rate quality title requests identity endReason userAgent'.split(
    ' ',
  );

const queryOf = (link: string) => new URLSearchParams(link.split('?')[1]);

test('it asks what the page asks, without what only pages have', () => {
  const link = exportLink(
    'csv',
    { stream: ['/a b', '/c&d'], state: 'all', sort: '-bytes', limit: '100', offset: '7' },
    null,
  );
  const query = queryOf(link);
  assert.deepEqual(query.getAll('stream'), ['/a b', '/c&d']);
  assert.deepEqual(Object.fromEntries(query), { format: 'csv', stream: '/c&d', state: 'all', sort: '-bytes' });
  SessionsExportQuery.parse({ ...Object.fromEntries(query), stream: query.getAll('stream') });
});

test('every column of the table has its columns in the file, each once', () => {
  const names = queryOf(exportLink('jsonl', {}, TABLE))
    .get('columns')!
    .split(',');
  assert.equal(new Set(names).size, names.length);
  const known = new Set(SESSION_COLUMNS.map(({ name }) => name));
  assert.deepEqual(
    names.filter((name) => !known.has(name)),
    [],
  );
  assert.deepEqual(names.slice(0, 3), ['id', 'stream', 'source']);
});
