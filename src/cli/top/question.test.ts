import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readQuestion } from './question.ts';

const folder = mkdtempSync(join(tmpdir(), 'headcount-top-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const read = (...args: string[]) => readQuestion(args, { env: {} });

test('a URL may leave out its scheme, and has a path', () => {
  const hrefOf = (written: string) => {
    const { place } = read(written);
    return 'url' in place ? place.url.href : null;
  };
  assert.equal(hrefOf('radio.example:8700'), 'http://radio.example:8700/');
  assert.equal(hrefOf('https://radio.example/live?x=1#now'), 'https://radio.example/live');
  assert.equal(hrefOf('[2001:db8::1]:8700'), 'http://[2001:db8::1]:8700/');
});

test('without a URL it is the data directory, as --data says', () => {
  const place = { directory: folder, basePath: '/' };
  assert.deepEqual(read('--data', folder), { place, isOnce: false, isJson: false });
  assert.deepEqual(read('--data', folder, '--once'), { place, isOnce: true, isJson: false });
  assert.deepEqual(read('--data', folder, '--json'), { place, isOnce: false, isJson: true });
});

test('secrets are what the file holds, without its line end', () => {
  const authorization = (...args: string[]) => {
    const { place } = read('radio.example', ...args);
    return 'url' in place ? place.authorization : null;
  };
  const basic = `Basic ${Buffer.from('anna:schlüssel').toString('base64')}`;
  assert.equal(authorization('-u', 'anna', '--password-file', file('password', 'schlüssel\n')), basic);
  assert.equal(authorization('--token-file', file('token', 'letters\r\n')), 'Bearer letters');
  assert.equal(authorization(), null);
});

test('what cannot be meant is wrong usage, and says no secret', () => {
  const token = file('good', 'letters');
  const wrong = [
    ['http://anna:secret@radio.example/'],
    ['ftp://radio.example/'],
    ['http://'],
    ['radio.example', 'other.example'],
    ['radio.example', '--user', 'anna'],
    ['radio.example', '--password-file', token],
    ['radio.example', '--token-file', token, '--user', 'anna'],
    ['radio.example', '--data', folder],
    ['--user', 'anna'],
    ['--token-file', token],
    ['radio.example', '--token-file', file('two', 'secret\nlines')],
    ['radio.example', '--token-file', file('empty', '\n')],
    ['radio.example', '--token-file', file('foreign', 'secret\u0142')],
  ];
  for (const args of wrong) {
    assert.throws(
      () => read(...args),
      (error: Error & { code?: string }) => error.code === 'BAD_USAGE' && !error.message.includes('secret@'),
      args.join(' '),
    );
  }
  assert.throws(() => read('radio.example', '--token-file', join(folder, 'none')), { code: 'FILE_UNREADABLE' });
});
