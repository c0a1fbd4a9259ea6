import { strict as assert } from 'node:assert';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openOutput } from './output-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'headcount-output-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const place = () => {
  const own = join(folder, String(count++));
  mkdirSync(own);
  return { own, path: join(own, 'out.csv') };
};

test('the old file is there until the new one is whole', async () => {
  const { own, path } = place();
  writeFileSync(path, 'old');
  const file = await openOutput(path);
  await file.write('new'.repeat(200_000));
  assert.equal(readFileSync(path, 'utf8'), 'old');
  await file.finish();
  assert.equal(readFileSync(path, 'utf8'), 'new'.repeat(200_000));
  await file.abandon();
  assert.deepEqual(readdirSync(own), ['out.csv']);
});

test('what is abandoned leaves everything as it was', async () => {
  const { own, path } = place();
  writeFileSync(path, 'old');
  const file = await openOutput(path);
  await file.write('new');
  await file.abandon();
  assert.equal(readFileSync(path, 'utf8'), 'old');
  assert.deepEqual(readdirSync(own), ['out.csv']);
});

test('a file keeps its mode, and a link its place', async () => {
  const { own, path } = place();
  writeFileSync(path, 'old');
  chmodSync(path, 0o600);
  const link = join(own, 'link.csv');
  symlinkSync('out.csv', link);
  const file = await openOutput(link);
  await file.write('new');
  await file.finish();
  assert.equal(readFileSync(path, 'utf8'), 'new');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(own).sort(), ['link.csv', 'out.csv']);
});

test('what is no file is written straight to, and stays what it is', async () => {
  const file = await openOutput('/dev/null');
  await file.write('gone');
  await file.finish();
  assert.ok(statSync('/dev/null').isCharacterDevice());
});

test('what cannot be written is told with its path', async () => {
  const { own } = place();
  await assert.rejects(openOutput(own), { code: 'OUTPUT_UNWRITABLE', message: /is a folder/ });
  const missing = join(own, 'no', 'out.csv');
  await assert.rejects(openOutput(missing), { code: 'OUTPUT_UNWRITABLE', message: /no\/out\.csv cannot be written/ });
  const full = await openOutput('/dev/full');
  await full.write('x');
  await assert.rejects(full.finish(), { code: 'OUTPUT_UNWRITABLE' });
  await full.abandon();
});
