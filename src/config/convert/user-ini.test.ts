/** The user.ini of spyserver_monitor: what becomes of every key, and how its mistakes are told. */

import { strict as assert } from 'node:assert';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { ask } from '../../cli/ask.ts';
import { keptTerminal } from '../../cli/terminal.fixture.ts';
import { ssmon } from '../../facades/ssmon/index.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { fromUserIni } from './from-user-ini.ts';
import { asYaml } from './index.ts';
import { readUserIni, type Surroundings } from './user-ini.ts';

const FOLDER = new URL('./testdata/', import.meta.url);
const sample = readFileSync(new URL('user.ini', FOLDER), 'utf8');
const temporary = mkdtempSync(join(tmpdir(), 'headcount-ini-'));
after(() => rmSync(temporary, { recursive: true }));

const AROUND: Surroundings = {
  home: '/home/radio',
  folder: '/etc/spy',
  exists: (path) => !path.includes('missing'),
  localAddress: () => '192.0.2.9',
};

const convert = (text: string, around: Partial<Surroundings> = {}) =>
  fromUserIni(readUserIni(text, 'user.ini', { ...AROUND, ...around }));

/** The sample with one key written otherwise; null takes it away. */
function changed(section: string, key: string, value: string | null): string {
  const [head, body] = sample.split(`[${section}]`) as [string, string];
  const written = value === null ? '' : `${key} = ${value}\n`;
  return `${head}[${section}]${body.replace(new RegExp(`^${key} =.*\n(?: +.*\n)*`, 'm'), written)}`;
}

interface Written {
  readonly sources: Record<string, unknown>[];
  readonly facades: Record<string, unknown>[];
  readonly sinks?: Record<string, unknown>[];
}
const written = (text: string, around: Partial<Surroundings> = {}) =>
  convert(text, around).document as unknown as Written;

test('54: every key of the sample becomes an option', () => {
  assert.equal(asYaml(convert(sample)), readFileSync(new URL('user.yaml', FOLDER), 'utf8'));
});

test('what it writes of the facade, the facade takes', () => {
  const { kind, ...options } = written(sample).facades[0]!;
  assert.equal(kind, ssmon.kind);
  const read = ssmon.config.parse(options);
  assert.deepEqual([read.listen, read.public], [{ host: '0.0.0.0', port: 8080 }, true]);
});

test('54: yes and 1 are yes, and everything else is no', () => {
  for (const value of ['yes', '1']) {
    assert.equal(
      written(changed('MONITOR', 'ignore_local_connections', value)).sources[0]!['ignoreLocalConnections'],
      true,
    );
    assert.equal(written(changed('SLACK', 'use', value)).sinks?.length, 1);
  }
  for (const value of ['no', '0', 'true', 'Yes', '']) {
    const text = changed('MONITOR', 'ignore_local_connections', value);
    assert.equal(written(text).sources[0]!['ignoreLocalConnections'], undefined);
    assert.equal(written(changed('SLACK', 'use', value)).sinks, undefined);
  }
});

test('54: ~ is home; other paths are relative to the file', () => {
  const text = changed('SPYSERVER', 'cfg_list', '/a/hf.config, b/vhf.config, ~/c ~/d.config');
  assert.deepEqual(
    written(text).sources.map(({ url }) => url),
    ['spyserver:/a/hf.config', 'spyserver:/etc/spy/b/vhf.config', 'spyserver:/home/radio/c ~/d.config'],
  );
  const spaced = written(changed('SPYSERVER', 'cfg_list', '/a/my hf.config')).sources[0]!;
  assert.deepEqual([spaced['url'], spaced['name']], ['spyserver:/a/my hf.config', undefined]);
});

test('43: the name of a source is that of its configuration, unless there are two', () => {
  const { document, notes } = convert(changed('SPYSERVER', 'cfg_list', '/a/hf.config, /b/hf.config, /b/vhf.config'));
  const { sources } = document as unknown as Written;
  assert.deepEqual(
    sources.map(({ name }) => name),
    [undefined, undefined, 'vhf.config'],
  );
  assert.ok(notes.some((note) => /Several configurations are called hf\.config/.test(note)));
  const odd = written(changed('SPYSERVER', 'cfg_list', '/a/what?.config'));
  assert.deepEqual([odd.sources[0]!['url'], odd.sources[0]!['config']], ['spyserver:', '/a/what?.config']);
});

test('55: a list without commas has the messages of the original', () => {
  const wrong = [
    ['DB', 'ip_filters', '1.1.1.1\n  2.2.2.2'],
    ['SPYSERVER', 'cfg_list', '~/a\n  ~/b'],
  ] as const;
  for (const [section, key, value] of wrong) {
    refuses(changed(section, key, value), `INI File Error: ${section}/${key} should be comma separated list`);
  }
});

test('57, 58: keywords and filters go on as they are; ip_global is ip_world', () => {
  const ignore = (value: string) => written(changed('DB', 'ip_filters', value)).sources[0]!;
  assert.deepEqual(ignore('ip_global,1.1.1.1')['ignore'], ['ip_global', '1.1.1.1']);
  assert.equal(ignore('ip_global')['worldService'], 'https://api.ipify.org/');
  assert.deepEqual([ignore('ip_local')['worldService'], ignore('')['ignore']], [undefined, undefined]);
});

test('57: ip_local to listen on is the address of this machine, or a mistake', () => {
  const text = changed('DB', 'ip', 'ip_local');
  assert.equal(written(text).facades[0]!['listen'], '192.0.2.9:8080');
  assert.throws(
    () => convert(text, { localAddress: () => null }),
    /DB\/ip: is ip_local, and this machine has no address/,
  );
});

test('a channel is written as Slack writes it; an id stays', () => {
  const channel = (value: string) => written(changed('SLACK', 'channel', value)).sinks![0]!['channel'];
  assert.deepEqual(['spy', '#spy', 'C0123456789'].map(channel), ['#spy', '#spy', 'C0123456789']);
});

function refuses(text: string, message: string): void {
  assert.throws(
    () => convert(text),
    (error: unknown) => {
      assert.ok(error instanceof HeadcountError && error.code === 'BAD_CONFIG');
      assert.equal(error.message.split('\n').length, 1, error.message);
      assert.ok(error.message.includes(message), error.message);
      return true;
    },
  );
}

const WRONG: readonly [what: string, text: string, message: string][] = [
  [
    '56',
    changed('SPYSERVER', 'cfg_list', '~/hf.config, /missing.config'),
    'user.ini:22 SPYSERVER/cfg_list: Spyserver config file does not exist: /missing.config',
  ],
  ['56', changed('SPYSERVER', 'exe', '/missing'), 'SPYSERVER/exe: the program does not exist: /missing'],
  ['54', changed('GEOIP', 'key', ''), 'user.ini:13 GEOIP/key: No IP Geolocation key provided. Update INI file.'],
  ['76', changed('SLACK', 'key', ''), 'SLACK/key: No SLACK key provided. Update INI file.'],
  ['76', changed('SLACK', 'channel', ''), 'SLACK/channel: is empty'],
  ['54', changed('DB', 'file', null), 'user.ini:2 DB/file: is missing'],
  ['54', changed('DB', 'port', '80a'), 'DB/port: must be a whole number'],
  ['54', changed('DB', 'port', '65536'), 'DB/port: must be a whole number'],
  ['54', changed('DB', 'port', null), 'DB/port: is missing'],
  ['54', changed('DB', 'ip', ''), 'DB/ip: is empty'],
  ['54', changed('DB', 'ip', 'a b'), 'DB/ip: is no address'],
  ['58', changed('DB', 'ip_filters', '192.168'), 'DB/ip_filters: "192.168" is none of'],
  ['58', changed('DB', 'ip_filters', '1.1.1.256'), '"1.1.1.256" is none of'],
  ['54', sample.replace('[MONITOR]\nignore_local_connections = yes', ''), 'user.ini has no section [MONITOR].'],
];
for (const [line, text, message] of WRONG) test(`${line}: ${message}`, () => refuses(text, message));

test('all mistakes are told at once, and none tells a key', () => {
  const text = changed('SPYSERVER', 'exe', '/missing').replace('port = 8080', 'port = x');
  assert.throws(
    () => convert(text),
    ({ message }: Error) => message.split('\n').length === 2 && !/0123456789|xoxb/.test(message),
  );
});

test('what is not known is passed over, and said', () => {
  const { notes } = convert(`${sample}[MORE]\na = 1\n`.replace('port = 8080', 'port = 8080\ncolour = red'));
  assert.ok(notes.includes('Line 6: DB/colour is not known, and was passed over.'));
  assert.ok(notes.some((note) => /MORE\/a is not known/.test(note)));
});

test('headcount convert reads the file where it is, and writes the result for its owner only', async () => {
  mkdirSync(join(temporary, 'soft'));
  for (const name of ['spyserver', 'hf.config', 'vhf.config']) writeFileSync(join(temporary, 'soft', name), '');
  const file = join(temporary, 'user.ini');
  const lists = changed('SPYSERVER', 'cfg_list', 'soft/hf.config,\n  soft/vhf.config');
  writeFileSync(file, lists.replace(/^exe = .*$/m, 'exe = ./soft/spyserver'));
  const output = join(temporary, 'headcount.yaml');
  const terminal = keptTerminal();
  assert.equal(await ask(['convert', file, '-o', output], terminal), 0);
  assert.equal(statSync(output).mode & 0o777, 0o600);
  const { sources } = parse(readFileSync(output, 'utf8')) as Written;
  assert.deepEqual(
    sources.map(({ url, exe }) => [url, exe]),
    ['hf.config', 'vhf.config'].map((name) => [`spyserver:${temporary}/soft/${name}`, `${temporary}/soft/spyserver`]),
  );
  const checked = keptTerminal();
  assert.equal(await ask(['check', output], checked), 0, checked.written().err);
  assert.match(terminal.written().err, /headcount import .*SpyserverConnections\.db\n/);
  const home = join(temporary, 'home.ini');
  writeFileSync(home, changed('SPYSERVER', 'exe', '~/no-such-folder/spyserver'));
  await assert.rejects(ask(['convert', home], keptTerminal()), new RegExp(`${homedir()}/no-such-folder/spyserver`));
});
