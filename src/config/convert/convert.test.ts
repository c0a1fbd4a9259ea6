/** Configurations of CasterStats Proxy: what becomes of them, and how their mistakes are told. */

import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { ask } from '../../cli/ask.ts';
import { keptTerminal } from '../../cli/terminal.fixture.ts';
import { FACADE_KINDS } from '../../facades/index.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { KINDS } from '../../sources/index.ts';
import { defineSource, type SourceKind } from '../../sources/source.ts';
import { type LoadedConfig, loadConfig } from '../load.ts';
import { asYaml, readForeignConfig } from './index.ts';

const FOLDER = new URL('./testdata/', import.meta.url);
const sample = readFileSync(new URL('proxy.xml', FOLDER), 'utf8');
const temporary = mkdtempSync(join(tmpdir(), 'headcount-convert-'));
after(() => rmSync(temporary, { recursive: true }));

/** Whatever such URLs may come to mean, they are URLs of these schemes with an `every`. */
const standIn = (scheme: string): SourceKind =>
  defineSource({
    ...{ kind: scheme, schemes: [scheme], claims: null, summary: 'Stands in.', usage: `${scheme}://HOST` },
    config: z.strictObject({ url: z.url(), every: z.string() }),
    traits: { departures: 'inOrder', provisional: false, gap: 0, lateness: 0, resumes: false },
    fromUrl: (url) => ({ url: String(url) }),
    defaultName: () => scheme,
    create: () => ({ run: async () => {} }),
  }) as unknown as SourceKind;

const known = new Set(KINDS.flatMap(({ schemes }) => schemes));
const kinds = [...KINDS, ...['shoutcast', 'wowza'].filter((scheme) => !known.has(scheme)).map(standIn)];

function load(text: string, name: string): LoadedConfig {
  const file = join(temporary, name);
  writeFileSync(file, text);
  return loadConfig({ kinds, facades: FACADE_KINDS, file, env: {} });
}

test('101: the sample of the documentation, in whatever case, loads as it is and as YAML, and means the same', () => {
  const yaml = asYaml(readForeignConfig(sample, 'proxy.xml'));
  const { file: _, notes, ...written } = load(yaml, 'headcount.yaml');
  const { file: __, notes: own, ...direct } = load(sample, 'proxy.xml');
  assert.deepEqual(direct, written);
  assert.deepEqual([notes, own.length], [[], 2]);
  const shouted = sample.replaceAll(
    /\b(?!version|encoding)([a-zA-Z]+)=/g,
    (_, name: string) => `${name.toUpperCase()}=`,
  );
  assert.deepEqual(parse(asYaml(readForeignConfig(shouted, 'proxy.xml'))), parse(yaml));
});

test('101: every attribute becomes an option', () => {
  const { sources, users, facades } = parse(asYaml(readForeignConfig(sample, 'proxy.xml'))) as Record<string, unknown>;
  assert.deepEqual(sources, [
    { url: 'shoutcast://:mypass@radio.example:8000', name: 'radio1', every: '15s' },
    { url: 'icecast://admin:p%40ss%3A%2F@radio.example:8001', name: 'radio2', every: '15s' },
    { url: 'wowza://providerlogin:changeme@video.example:8086/video', name: 'video', every: '15s' },
  ]);
  assert.deepEqual(users, [{ name: 'admin', password: 'adminpass' }]);
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
        { name: 'point', source: 'point', access },
      ],
      secrets: [
        { user: 'admin', secret: 'adminpass' },
        { user: 'seconduser', secret: 'secondpass', groups: ['def'] },
      ],
    },
  ]);
});

test('what cannot be asked, and who may not sign in, is said', () => {
  const { notes } = readForeignConfig(sample, 'proxy.xml');
  assert.match(notes[0]!, /^point is a publishing point of Windows Media.*wms:PATH/);
  assert.match(notes[1]!, /^seconduser may ask the facade, and not sign in/);
  assert.match(asYaml({ document: {}, notes }), /^# Made from.*\n# point is.*\n# seconduser/);
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
  assert.match(err, /^point is a publishing point.*\nseconduser.*\n$/);
  await assert.rejects(ask(['convert'], keptTerminal()), { code: 'BAD_USAGE' });
  await assert.rejects(ask(['convert', join(temporary, 'none.xml')], keptTerminal()), { code: 'BAD_CONFIG' });
});
