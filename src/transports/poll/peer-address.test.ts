import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { z } from 'zod';
import { HeadcountError } from '../../lib/errors.ts';
import { hostAndPort, pageUrl, peerAddress, readPeerUrl } from './peer-address.ts';

const schema = z.strictObject(peerAddress(8000));
const fromUrl = readPeerUrl('xs://[2001:db8::1]:81/radio/', 'xs');

test('a URL says host, port, TLS, path and credentials', () => {
  assert.deepEqual(readPeerUrl('x://me:p%40s%3As@radio.example', 'xs'), {
    host: 'radio.example',
    user: 'me',
    password: 'p@s:s',
  });
  assert.deepEqual(schema.parse(fromUrl), { host: '2001:db8::1', port: 81, tls: true, path: '/radio' });
});

test('pages are found under the path, with IPv6 addresses in brackets', () => {
  const address = schema.parse(fromUrl);
  assert.equal(pageUrl(address, '/admin/stats?a=b'), 'https://[2001:db8::1]:81/radio/admin/stats?a=b');
  assert.equal(hostAndPort(schema.parse({ host: '192.0.2.1' })), '192.0.2.1:8000');
});

test('a URL without a host, or with a password that is not encoded, is refused without being printed', () => {
  for (const url of ['x:', 'hunter2', 'x://me:50%@host', 'x://hunter2%zz:a@host']) {
    assert.throws(
      () => readPeerUrl(url, 'xs'),
      (error: unknown) => error instanceof HeadcountError && error.code === 'BAD_URL' && !/hunter2/.test(error.message),
      url,
    );
  }
});

test('what would change the request is no host and no path', () => {
  for (const wrong of [
    { host: 'a/b' },
    { host: 'u@h' },
    { host: '' },
    { host: 'h', path: 'radio' },
    { host: 'h', path: '/a?b' },
  ]) {
    assert.equal(schema.safeParse(wrong).success, false, JSON.stringify(wrong));
  }
});
