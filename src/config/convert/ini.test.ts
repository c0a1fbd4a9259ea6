/** What configparser makes of an ini file; checked against Python's own where it is installed. */

import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { HeadcountError } from '../../lib/errors.ts';
import { readIni } from './ini.ts';

const TEXT = `\ufeff# a comment
[DB]
File = ./a = b.db
 ; a comment within
  goes on
port: 8080
empty =
; not the end of anything
list = a,
    b,

    c
[OTHER]
home = /srv
path = %(home)s/%(Rest)s
rest = x%%y
[ DEFAULT ]
none = 1
[DEFAULT]
common = here
`;

const all = (text: string) => {
  const ini = readIni(text, 'f');
  const names = [...new Set(ini.keys.map(([section]) => section))];
  return Object.fromEntries(
    names.map((section) => [
      section,
      Object.fromEntries(
        ini.keys.filter(([of]) => of === section).map(([, key]) => [key, ini.value(section, key)!.text]),
      ),
    ]),
  );
};

test('keys, values in several lines, comments and interpolation', () => {
  assert.deepEqual(all(TEXT), {
    DB: { file: './a = b.db\ngoes on', port: '8080', empty: '', list: 'a,\nb,\n\nc' },
    OTHER: { home: '/srv', path: '/srv/x%y', rest: 'x%y' },
    ' DEFAULT ': { none: '1' },
  });
  const ini = readIni(TEXT, 'f');
  assert.deepEqual(ini.value('DB', 'common'), { text: 'here', line: 20 });
  assert.deepEqual([ini.value('DB', 'nothing'), ini.value('NONE', 'common')], [null, null]);
  assert.deepEqual([ini.section('OTHER'), ini.section('NONE')], [13, null]);
});

const python = spawnSync('python3', ['--version']);
test('as Python reads it', { skip: python.status === 0 ? false : 'there is no python3' }, () => {
  const script = `import configparser, json, sys
c = configparser.ConfigParser()
c.read_string(sys.stdin.read().lstrip("\\ufeff"))
print(json.dumps({s: {k: c.get(s, k) for k in c._sections[s]} for s in c.sections()}))`;
  const { stdout, stderr } = spawnSync('python3', ['-c', script], { input: TEXT, encoding: 'utf8' });
  assert.equal(stderr, '');
  assert.deepEqual(JSON.parse(stdout), all(TEXT));
});

const WRONG: readonly [text: string, message: string][] = [
  ['a = 1', 'f:1 has a key before the first [SECTION]'],
  ['[A]\nword', 'f:2 is neither a [SECTION] nor KEY = VALUE'],
  ['[A]\n= 1', 'f:2 is neither'],
  ['[A]\na=1\n[A]', 'f:3 has the section [A] twice'],
  ['[A]\na=1\nA=2', 'f:3 has the key a twice'],
  ['[A]\na=%', "f:2 has a '%'"],
  ['[A]\na=%(b)s', 'f:2 refers to %(b)s, and there is no such key'],
  ['[A]\na=%(b)s\nb=%(a)s', 'f:2 refers to other keys too deeply'],
  [`[A]\na=${'%(b)s'.repeat(50)}\nb=${'x'.repeat(5000)}`, 'f:2 is too long'],
  ['\n'.repeat(10_001), 'is too long for an ini file'],
];
for (const [text, message] of WRONG) {
  test(`refused: ${message}`, () => {
    assert.throws(
      () => all(text),
      (error: unknown) =>
        error instanceof HeadcountError && error.code === 'BAD_CONFIG' && error.message.includes(message),
    );
  });
}
