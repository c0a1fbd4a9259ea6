import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { anonymised } from './anonymised.ts';

/** What an address has become, and nothing else, has digits. */
const DOCUMENTED =
  /\[2001:db8::1\]:50000|2001:db8::1|192\.0\.2\.1(?::50000)?|192\.0\.2|host\.example:50000|\\u[\da-f]{4}/g;

const around = fc.constantFrom(
  ...[
    '',
    ' ',
    '"',
    '[',
    ']',
    '(',
    '<',
    '>',
    '/',
    '//',
    ':',
    '=',
    ',',
    ';',
    '-',
    '_',
    '.',
    '|',
    '@',
    '#',
    '%',
    '\t',
    '\u001b[m',
  ],
  ...[
    'client',
    'from ',
    'ip=',
    '"ip":"',
    '<IP>',
    '</IP>',
    'http://',
    'user ',
    '::',
    'a',
    'Z',
    'é',
    '日',
    '?q=',
    ' - - [',
  ],
);

test('no digit of an IPv4 address survives, wherever it stands', () => {
  const port = fc.option(fc.integer({ min: 0, max: 65_535 }));
  fc.assert(
    fc.property(fc.ipV4(), port, around, around, around, (address, own, first, before, behind) => {
      const text = `${first}${before}${address}${own === null ? '' : `:${own}`}${behind}`;
      assert.doesNotMatch(anonymised(text).replaceAll(DOCUMENTED, ''), /\d/, text);
    }),
    { numRuns: 3000 },
  );
});

test('no digit of an IPv6 address survives, wherever it stands', () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.boolean(), around, around, around, (address, hasPort, first, before, behind) => {
      const text = `${first}${before}${hasPort ? `[${address}]:443` : address}${behind}`;
      assert.doesNotMatch(anonymised(text).replaceAll(DOCUMENTED, ''), /\d/, text);
    }),
    { numRuns: 3000 },
  );
});

test('several addresses, written in other ways, or cut off', () => {
  for (const text of [
    '198.51.100.7, 203.0.113.9,2001:db8:7::9',
    '198-51-100-7.dsl.isp.example 198_51_100_7',
    '198.51.100',
    '１９８.５１.１００.７',
    '1\u00009\u00008\u0000.\u00005\u00001\u0000.\u00001\u00000\u00000\u0000.\u00007\u0000',
    '198.51\u200b.100.7',
    '198.51.100.999999',
    '3325256711',
    '198%2E51%2E100%2E7 2001%3Adb8%3A%3A7',
    '::ffff:198.51.100.7 fe80::7%eth0',
    `${'x '.repeat(1020)}198.51.100.7`,
  ]) {
    const shown = anonymised(text);
    assert.doesNotMatch(shown.replaceAll(DOCUMENTED, '').replaceAll('0', ''), /\d/, `${text} → ${shown}`);
  }
});

test('how it is written is left: times, methods, paths, versions, sizes', () => {
  for (const [text, shown] of [
    [
      '198.51.100.7 - anna [21/Nov/2026:01:19:26 +0000] "GET /rock/17.ts?token=s3cr3t&x=1 HTTP/1.1" 200 902400 "-" "VLC/3.0.20"',
      '192.0.2.1 - user [21/Nov/2026:01:19:26 +0000] "GET /rock/17.ts?token=…&x=… HTTP/1.1" 200 902400 "-" "VLC/3.0.20"',
    ],
    ['198.51.100.7 - - [21/Nov/2026:01:19:26 +0000] "GET', '192.0.2.1 - - [21/Nov/2026:01:19:26 +0000] "GET'],
    ['2026-11-21T01:19:26.408 [error] no such thing', '2026-11-21T01:19:26.408 [error] no such thing'],
    [
      '{"time":"2026-11-21T01:19:26","ip":"198.51.100.7","user":"Anna","status":200}',
      '{"time":"2026-11-21T01:19:26","ip":"192.0.2.1","user":"…","status":200}',
    ],
    ['<html><title>404 Not Found</title>', '<html><title>404 Not Found</title>'],
    ['<listener><IP>198.51.100.7</IP><username>anna</username>', '<listener><IP>192.0.2.1</IP><username>…</username>'],
    ['Accepted client 198.51.100.7:50123 running SDR#', 'Accepted client 192.0.2.1:50000 running SDR#'],
  ] as const) {
    assert.equal(anonymised(text), shown);
  }
});

test('names, secrets and host names go', () => {
  const secret = 'Hunter2Hunter2';
  for (const text of [
    `GET /?key=${secret}&a=b`,
    `Cookie: ${secret}`,
    `Authorization: Basic ${secret}==`,
    `bearer ${secret}`,
    `http://anna:${secret}@radio.example/`,
    `${secret}@radio.example`,
    `user ${secret} has come`,
    `user <${secret}>: joined`,
    `username=<${secret}>, realm=<x>`,
    `login '${secret}'`,
    `password: "${secret}"`,
    `"name": "a \\" ${secret}"`,
    `"name":"${secret}`,
    `<user>${secret}</user>`,
    `/home/${secret}/logs`,
    `C:\\Users\\${secret}\\logs`,
    `${secret}.isp.example - - [21/`,
    `https://${secret}.example/path`,
    `id ${secret}${secret}`,
  ]) {
    const shown = anonymised(text);
    assert.ok(!shown.includes('Hunter2'), `${text} → ${shown}`);
  }
  assert.equal(anonymised('the user agent is unknown'), 'the user agent is unknown');
});

test('it is one short line that does nothing to whoever shows it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 5000 }), (text) => {
      const shown = anonymised(text);
      assert.ok([...shown].length <= 201);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none.
      assert.doesNotMatch(shown, /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
    }),
  );
  assert.equal(anonymised('a\u001b[31mb\nc\td'), 'a\\u001b[31mb\\nc\\td');
});
