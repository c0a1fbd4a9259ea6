import { strict as assert } from 'node:assert';
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { HeadcountError } from '../../../lib/errors.ts';
import { type AuditEntry, AuditLog } from './audit.ts';

const NOW = Date.UTC(2026, 2, 1, 12);

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'headcount-audit-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const look = (more: Partial<AuditEntry> = {}): Omit<AuditEntry, 'number'> => ({
  at: NOW,
  who: 'carla',
  what: 'report',
  source: 'plex',
  user: 'anna',
  fine: null,
  ...more,
});

test('looks are kept in their order, over restarts, and paged newest first', async (t) => {
  const path = join(folder(t), 'audit.jsonl');
  const log = new AuditLog(path);
  for (let i = 0; i < 5; i++) await log.add(look({ user: `user ${i}`, at: NOW + i }));
  const again = new AuditLog(path);
  await again.add(look({ user: 'later', at: NOW + 9 }));
  const first = await again.page(4, null);
  assert.deepEqual(
    first.entries.map(({ number, user }) => [number, user]),
    [
      [6, 'later'],
      [5, 'user 4'],
      [4, 'user 3'],
      [3, 'user 2'],
    ],
  );
  const second = await again.page(4, first.next);
  assert.deepEqual(
    second.entries.map(({ user }) => user),
    ['user 1', 'user 0'],
  );
  assert.equal(second.next, null);
});

test('who keeps looking at the same has looked once; feedback is written each time', async (t) => {
  const log = new AuditLog(join(folder(t), 'audit.jsonl'));
  await log.add(look());
  await log.add(look({ at: NOW + 60_000 }));
  await log.add(look({ at: NOW + 60_000, who: 'dora' }));
  await log.add(look({ at: NOW + 601_000 }));
  const fine = { kind: 'device', value: 'tv', isFine: true } as const;
  await log.add(look({ what: 'feedback', fine }));
  await log.add(look({ what: 'feedback', fine }));
  const { entries } = await log.page(100, null);
  assert.deepEqual(
    entries.map(({ who, what }) => `${who} ${what}`),
    ['carla feedback', 'carla feedback', 'carla report', 'dora report', 'carla report'],
  );
});

test('files are rotated, their size is bounded, and pages reach over them', async (t) => {
  const path = folder(t);
  const log = new AuditLog(join(path, 'audit.jsonl'), 1000);
  for (let i = 0; i < 100; i++) await log.add(look({ user: `user ${i}` }));
  const files = readdirSync(path);
  assert.equal(files.length, 8);
  for (const file of files) assert.ok(statSync(join(path, file)).size < 1300, file);
  const seen: number[] = [];
  for (let before: number | null = null; ; ) {
    const { entries, next }: Awaited<ReturnType<AuditLog['page']>> = await log.page(7, before);
    seen.push(...entries.map(({ number }) => number));
    if (next === null) break;
    before = next;
  }
  assert.ok(seen.length > 30 && seen.length < 100, `${seen.length}`);
  assert.deepEqual(
    seen,
    seen.map((_, i) => 100 - i),
  );
});

test('half a line of a process that was killed costs nothing else', async (t) => {
  const path = join(folder(t), 'audit.jsonl');
  await new AuditLog(path).add(look());
  appendFileSync(path, '{"number":2,"at":17');
  const log = new AuditLog(path);
  await log.add(look({ user: 'ben' }));
  assert.deepEqual(
    (await log.page(10, null)).entries.map(({ number, user }) => [number, user]),
    [
      [2, 'ben'],
      [1, 'anna'],
    ],
  );
});

test('what cannot be written down is refused', async (t) => {
  const log = new AuditLog(join(folder(t), 'missing', 'audit.jsonl'));
  await assert.rejects(log.add(look()), (error: HeadcountError) => error.code === 'AUDIT_UNWRITABLE');
  await assert.rejects(log.add(look()), (error: HeadcountError) => error.code === 'AUDIT_UNWRITABLE');
});
