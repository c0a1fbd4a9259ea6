/** Configurations of CasterStats Proxy: what becomes of them, and how their mistakes are told. */

import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { ask } from '../../cli/ask.ts';
import { keptTerminal } from '../../cli/terminal.fixture.ts';
import { FACADE_KINDS } from '../../facades/index.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { KINDS } from '../../sources/index.ts';
import { type LoadedConfig, loadConfig } from '../load.ts';
import { asYaml, readForeignConfig } from './index.ts';

const FOLDER = new URL('./testdata/', import.meta.url);
const sample = readFileSync(new URL('proxy.xml', FOLDER), 'utf8');
const temporary = mkdtempSync(join(tmpdir(), 'headcount-convert-'));
after(() => rmSync(temporary, { recursive: true }));

function load(text: string, name: string): LoadedConfig {
  const file = join(temporary, name);
  writeFileSync(file, text);
  return loadConfig({ kinds: KINDS, facades: FACADE_KINDS, file, env: {} });
}

/** What an account sees is a function, too: its patterns say the same. */
function comparable({ users, ...rest }: Pick<LoadedConfig, 'users'>): object {
  return { ...rest, users: users.map(({ access: { sees: _, ...access }, ...user }) => ({ ...user, access })) };
}

test('101: the sample of the documentation, in whatever case, loads as it is and as YAML, and means the same', () => {
  const yaml = asYaml(readForeignConfig(sample, 'proxy.xml'));
  const { file: _, notes, ...written } = load(yaml, 'headcount.yaml');
  const { file: __, notes: own, ...direct } = load(sample, 'proxy.xml');
  assert.deepEqual(comparable(direct), comparable(written));
  assert.deepEqual([notes, own.length], [[], 1]);
  const shouted = sample.replaceAll(
    /\b(?!version|encoding)([a-zA-Z]+)=/g,
    (_, name: string) => `${name.toUpperCase()}=`,
  );
  assert.deepEqual(parse(asYaml(readForeignConfig(shouted, 'proxy.xml'))), parse(yaml));
});

test('101: every attribute becomes an option', () => {
  const { sources, users, groups, facades } = parse(asYaml(readForeignConfig(sample, 'proxy.xml'))) as Record<
    string,
    unknown
  >;
  assert.deepEqual(sources, [
    { url: 'shoutcast://:mypass@radio.example:8000', name: 'radio1', every: '15s' },
    { url: 'icecast://admin:p%40ss%3A%2F@radio.example:8001', name: 'radio2', every: '15s' },
    { url: 'wowza://providerlogin:changeme@video.example:8086/video', name: 'video', every: '15s' },
  ]);
  assert.deepEqual(users, [
    { name: 'admin', password: 'adminpass' },
    {
      name: 'seconduser',
      password: 'secondpass',
      groups: ['def'],
      streams: ['radio2//talk', 'video/*', 'point/point'],
    },
  ]);
  assert.deepEqual(groups, [{ name: 'def', streams: ['radio2//live'] }]);
  const access = ['admin', 'seconduser'];
  assert.deepEqual(facades, [
    {
      ...{ kind: 'casterstats', listen: '0.0.0.0:8888', caching: '1s', clearPassword: true, legacySignature: true },
      ...{ publicAddresses: true, acceptedAddresses: ['192.0.2.0/24', '198.51.100.7'] },
      streams: [
        { name: 'radio1', source: 'radio1', access: ['admin'] },
        { name: 'radio2', source: 'radio2', stream: '/live', access: ['admin', 'def'] },
        { name: 'radio3', source: 'radio2', stream: '/talk', public: true, access },
        { name: 'video', source: 'video', access },
        { name: 'point', source: 'point', stream: 'point', access },
      ],
      secrets: [
        { user: 'admin', secret: 'adminpass' },
        { user: 'seconduser', secret: 'secondpass', groups: ['def'] },
      ],
    },
  ]);
});

test('what cannot be asked is said, with the log that takes its place', () => {
  const { document, notes } = readForeignConfig(sample, 'proxy.xml');
  assert.match(notes[0]!, /^point is a publishing point of Windows Media.*wms:PATH/);
  assert.match(asYaml({ origin: 'CasterStats Proxy', document: {}, notes }), /^# Made from.*\n# point is/);
  const added = parse(/\{.*\}/.exec(notes[0]!)![0].replace('PATH', '/srv/wms/WMS_*.log')) as object;
  const sources = [...(document['sources'] as object[]), added];
  const { sources: loaded } = load(
    asYaml({ origin: 'CasterStats Proxy', document: { ...document, sources }, notes }),
    'with-log.yaml',
  );
  assert.deepEqual([loaded.at(-1)!.kind.kind, loaded.at(-1)!.common.name], ['windows-media', 'point']);
});

const wrap = (streams: string, server = '<server/>', users = '') =>
  `<proxyConfig>\n${server}\n<streams>\n${streams}\n</streams>\n<users>${users}</users>\n</proxyConfig>`;
const stream = (attributes: string) => `<stream name="radio1" host="h" port="80" ${attributes}/>`;

const RIGHT: readonly [what: string, text: string][] = [
  ['SHOUTcast needs neither user nor mount', wrap(stream('type="SHOUTcast" password="p"'))],
  ['Windows Media needs no password', wrap(stream('type="windowsMedia" username="u" mount="m"'))],
  ['a byte order mark is none of it', `\ufeff<?xml version="1.0" encoding="utf-8"?>${wrap('')}`],
];
for (const [what, text] of RIGHT) test(`102: ${what}`, () => assert.ok(readForeignConfig(text, 'f')));

const WRONG: readonly [text: string, message: string][] = [
  [
    wrap(stream('type="icecast" username="u" password="p"')),
    'f:4 stream "radio1": mount is missing, which icecast needs',
  ],
  [
    wrap(stream('type="icecast" mount="m" password="p"')),
    'f:4 stream "radio1": username is missing, which icecast needs',
  ],
  [wrap(stream('type="shoutcast"')), 'f:4 stream "radio1": password is missing, which shoutcast needs'],
  [wrap(stream('type="wowzamediaserver" mount="m" username="u"')), 'password is missing, which wowzamediaserver needs'],
  [wrap(stream('type="windowsmedia" username="u"')), 'mount is missing, which windowsmedia needs'],
  [
    wrap(stream('type="rtmp"')),
    'there is no type "rtmp". There are shoutcast, icecast, wowzamediaserver, windowsmedia',
  ],
  [wrap('<stream name="radio-1" host="h" port="80" type="shoutcast" password="p"/>'), 'must be letters and digits'],
  [wrap('<stream host="h" port="80" type="shoutcast" password="p"/>'), 'f:4 stream: name is missing'],
  [wrap('<stream name="a" port="80" type="shoutcast" password="p"/>'), 'stream "a": host is missing'],
  [wrap('<stream name="a" host="h" type="shoutcast" password="p"/>'), 'stream "a": port is missing'],
  [wrap('<stream name="a" host="h/x" port="80" type="shoutcast" password="p"/>'), 'the host is no name'],
  [wrap(stream('type="shoutcast" password="p" useraccesses="eve"')), 'useraccesses names "eve"'],
  [
    wrap(`${stream('type="shoutcast" password="p"')}\n${stream('type="shoutcast" password="p"')}`),
    'f:5 stream "radio1": there is another',
  ],
  [wrap('', '<server port="0"/>'), 'f:2 server: port must be a whole number from 1 to 65535'],
  [wrap('', '<server caching="soon"/>'), 'server: caching must be a whole number'],
  [wrap('', '<server disableticks="perhaps"/>'), 'server: disableticks must be true or false'],
  [wrap('', '<server acceptedIpAddresses="192.0.2.1, here"/>'), 'acceptedIpAddresses has "here"'],
  [wrap('', '<server/>', '<user name="a"/>'), 'user "a": password is missing'],
  [wrap('', '<server/>', '<user name="a" password="p" memberof="none"/>'), 'memberof names "none"'],
  [
    wrap('', '<server/>', '<user name="a" password="p"/><user name="a" password="p"/>'),
    'user "a": there is another one',
  ],
  [wrap(stream('type="shoutcast" password="p" mount="*"')), 'stream "radio1": the mount has a *'],
  [
    wrap('').replace('</proxyConfig>', '<groups><group name="a"/><group name="a"/></groups></proxyConfig>'),
    'group "a": there is another one',
  ],
  ['<config/>', 'f:1 is no proxyConfig'],
  ['<proxyConfig>', 'f:1 is no XML'],
  ['<proxyConfig>\n<server port="1" PORT="2"/></proxyConfig>', 'f:2 server has the attribute PORT twice'],
  ['<!DOCTYPE x [<!ENTITY a "b">]><proxyConfig/>', 'has a document type definition'],
  [`${'<a>'.repeat(17)}`, 'has too much in it'],
];

for (const [text, message] of WRONG) {
  test(`102: ${message}`, () => {
    assert.throws(
      () => readForeignConfig(text, 'f'),
      (error: unknown) => {
        assert.ok(error instanceof HeadcountError && error.code === 'BAD_CONFIG');
        assert.equal(error.message.split('\n').length, 1, error.message);
        assert.ok(error.message.includes(message), error.message);
        return true;
      },
    );
  });
}

test('all mistakes are told at once, and none tells a password', () => {
  const text = wrap(`${stream('type="icecast" password="hunter2"')}\n${stream('type="x" password="hunter2"')}`);
  assert.throws(
    () => readForeignConfig(text, 'f'),
    ({ message }: Error) => message.split('\n').length === 4 && !/hunter2/.test(message),
  );
});

test('what is not known is passed over, and said', () => {
  const { notes } = readForeignConfig(wrap('<relay/>', '<server color="red"/>'), 'f');
  assert.deepEqual(notes, [
    'Line 4: "relay" in streams is not known, and was passed over.',
    'Line 2: the attribute "color" of server is not known, and was passed over.',
  ]);
});

test('caching is how often the servers are asked, within what they are asked', () => {
  const every = (caching: number) => {
    const text = wrap(stream('type="shoutcast" password="p"'), `<server caching="${caching}"/>`);
    return (readForeignConfig(text, 'f').document['sources'] as { every: string }[])[0]!.every;
  };
  assert.deepEqual([every(0), every(30), every(3600)], ['1s', '30s', '300s']);
});

const at = (name: string, type: string, more: string) =>
  `<stream name="${name}" host="tv.example" port="8000" type="${type}" username="u" password="p" ${more}/>`;

test('every URL is read by the kind that it is for, as the original meant it', () => {
  const text = wrap(
    [
      at('sc1', 'shoutcast', ''),
      at('sc2', 'shoutcast', 'mount="3"'),
      at('ice', 'icecast', 'mount="live.ogg"'),
      at('wowza', 'wowzamediaserver', 'mount="_defaultVHost_/my app/_definst_"'),
    ].join('\n'),
  );
  const read = load(text, 'kinds.xml').sources.map(({ kind, common, options }) => {
    const { host, port, user, password, sid, address } = options as Record<string, unknown>;
    return [kind.kind, common.name, `${host}:${port}`, user, password, sid ?? address];
  });
  const where = 'tv.example:8000';
  assert.deepEqual(read, [
    ['shoutcast', 'sc1', where, 'admin', 'p', undefined],
    ['shoutcast', 'sc2', where, 'admin', 'p', 3],
    ['icecast', 'ice', where, 'u', 'p', undefined],
    ['wowza', 'wowza', where, 'u', 'p', ['_defaultVHost_', 'my app', '_definst_']],
  ]);
});

test('publishing points of one server are in one log; a mount that is no number of a SHOUTcast is passed over', () => {
  const points = ['a', '/b/c'].map((mount, i) => at(`point${i}`, 'windowsmedia', `mount="${mount}"`));
  const { document, notes } = readForeignConfig(wrap([...points, at('sc', 'shoutcast', 'mount="/x"')].join('\n')), 'f');
  const [{ streams }] = document['facades'] as [{ streams: { source: string; stream?: string }[] }];
  assert.deepEqual(
    streams.map(({ source, stream }) => [source, stream]),
    [
      ['point0', 'a'],
      ['point0', 'b'],
      ['sc', undefined],
    ],
  );
  assert.equal(notes.length, 2);
  assert.match(notes[1]!, /^The mount of sc was passed over/);
});

/** Source and stream → who sees it when signed in. */
const SEEN: readonly [source: string, stream: string, by: string][] = [
  ['own', '1', 'all one'],
  ['team', '/x', 'all mate'],
  ['team', '/free', 'all mate one none'],
  ['team', '/hidden', 'all'],
  ['every', 'every/cam', 'all mate one none'],
];

test('who signs in sees what the file gave him, by name, by group, and what is for everybody', () => {
  const streams = [
    at('own', 'shoutcast', 'useraccesses="one,all"'),
    at('team', 'icecast', 'mount="/x" useraccesses="mates;all"'),
    at('free', 'icecast', 'mount="/free" useraccesses="all,public"'),
    at('every', 'wowzamediaserver', 'mount="every"'),
  ].join('\n');
  const names = ['all', 'mate', 'one', 'none'];
  const member = (name: string) => (name === 'mate' ? 'memberof="mates"' : name === 'all' ? 'memberof="empty"' : '');
  const users = names.map((name) => `<user name="${name}" password="p" ${member(name)}/>`).join('');
  const groups = '<groups><group name="mates"/><group name="empty"/></groups>';
  const text = wrap(streams, '<server/>', users).replace('</proxyConfig>', `${groups}</proxyConfig>`);
  const { users: accounts } = load(text, 'rights.xml');
  for (const [source, stream, by] of SEEN) {
    const seeing = accounts.filter(({ access }) => access.sees(source, stream));
    assert.equal(seeing.map(({ name }) => name).join(' '), by, `${source} ${stream}`);
  }
});

test('everything but what has been announced stays closed', () => {
  const { document } = readForeignConfig(wrap(stream('type="shoutcast" password="p"')), 'f');
  const [facade] = document['facades'] as [Record<string, unknown>];
  assert.deepEqual(
    [facade['clearPassword'], facade['streams'], facade['publicAddresses']],
    [false, [{ name: 'radio1', source: 'radio1', access: [] }], undefined],
  );
});

test('a mistake that only our loader sees has the line of the original', () => {
  const text = wrap('<stream name="a" host="h" port="80" type="icecast" username="u" password="p" mount="m"/>');
  assert.throws(
    () => loadConfig({ kinds: [], facades: FACADE_KINDS, file: written(text), env: {} }),
    /proxy\.xml:4 sources\[0\]\.url "icecast:" is no kind of source/,
  );
});

function written(text: string): string {
  const file = join(temporary, 'proxy.xml');
  writeFileSync(file, text);
  return file;
}

test('headcount convert prints it, or writes it for its owner only; notes go to standard error', async () => {
  const terminal = keptTerminal();
  const output = join(temporary, 'out.yaml');
  assert.equal(await ask(['convert', written(sample)], terminal), 0);
  assert.equal(await ask(['convert', written(sample), '-o', output], keptTerminal()), 0);
  const { out, err } = terminal.written();
  assert.equal(readFileSync(output, 'utf8'), out);
  assert.equal(statSync(output).mode & 0o777, 0o600);
  assert.equal(out, asYaml(readForeignConfig(sample, 'proxy.xml')));
  assert.match(err, /^point is a publishing point.*\n$/);
  const checked = keptTerminal();
  assert.equal(await ask(['check', output], checked), 0);
  assert.match(
    checked.written().out,
    /is right\.\nServes on .* with sign-in.*\n.*radio1 \(shoutcast.*\n.*video \(wowza/s,
  );
  await assert.rejects(ask(['convert'], keptTerminal()), { code: 'BAD_USAGE' });
  await assert.rejects(ask(['convert', join(temporary, 'none.xml')], keptTerminal()), { code: 'BAD_CONFIG' });
});
