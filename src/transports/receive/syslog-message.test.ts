/** Messages as servers send them, and as anybody may. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { bodyOf } from './syslog-message.ts';

const LINE = '192.0.2.1 - - [21/Nov/2026:01:19:26 +0000] "GET /hls/rock.m3u8 HTTP/1.1" 200 5 "-" "Player: 1"';
const body = (message: string | Buffer) => bodyOf(Buffer.from(message))?.toString() ?? null;

const HEADERS: Readonly<Record<string, string>> = {
  nginx: '<190>Nov 21 01:19:26 web1 nginx: ',
  'nginx without a host': '<190>Nov 21 01:19:26 nginx: ',
  'nginx on the first of a month': '<190>Nov  1 01:19:26 web1.example.org edge: ',
  'a host that is an IPv6 address': '<190>Nov 21 01:19:26 2001:db8::1 nginx: ',
  'HAProxy with its process id': '<134>Nov 21 01:19:26 haproxy[1234]: ',
  'rsyslog with times of RFC 3339': '<13>2026-11-21T01:19:26.123456+01:00 web1 nginx: ',
  'no time': '<13>nginx: ',
  'nothing but a priority': '<13>',
  'a host without a tag': '<13>Nov 21 01:19:26 web1 ',
  'RFC 5424': '<165>1 2026-11-21T01:19:26.003Z web1.example.org nginx 17 ID47 - ',
  'RFC 5424 with little to say': '<165>1 - - - - - - ',
  'RFC 5424 with a byte order mark': '<165>1 2026-11-21T01:19:26Z web1 nginx - - - \ufeff',
  'RFC 5424 with structured data': String.raw`<165>1 - web1 nginx - - [a@1 x="1" y="] \"z\" \]"][b@1] `,
};

for (const [what, header] of Object.entries(HEADERS)) {
  test(`${what}: the line alone is the message`, () => {
    assert.equal(body(header + LINE), LINE);
    assert.equal(body(`${header}${LINE}\r\n`), LINE);
    assert.equal(body(`${header}{"time":"x","a": 1}`), '{"time":"x","a": 1}');
  });
}

test('a line of bytes that are no text stays as it is', () => {
  const line = Buffer.from([0x61, 0xff, 0xc3, 0x28, 0x62]);
  assert.ok(bodyOf(Buffer.concat([Buffer.from('<190>Nov 21 01:19:26 web1 nginx: '), line]))!.equals(line));
});

test('what is no syslog message, or says nothing, is refused', () => {
  const none = [
    '',
    '\n',
    LINE,
    '<>x',
    '<1234>x',
    '<a>x',
    '<190>',
    '<190>\n',
    '<190>Nov 21 01:19:26 web1 nginx: ',
    '190 x',
  ];
  const broken = ['<165>1 - - - - - [a', '<165>1 - - - - - [a]x y', '<165>1 - - - - - x y', '<165>1 - - - - - -'];
  for (const message of [...none, ...broken]) assert.equal(body(message), null, message);
});

test('nothing that is sent makes it throw, and no body is longer than its message', () => {
  const parts = fc.constantFrom(...Object.values(HEADERS), '<165>1 ', '[a="', '"]', '\\', ' ', ':', '\n', 'x');
  fc.assert(
    fc.property(fc.array(fc.oneof(parts, fc.string()), { maxLength: 12 }), (all) => {
      const message = Buffer.from(all.join(''));
      assert.ok((bodyOf(message)?.length ?? 0) <= message.length);
    }),
  );
});
