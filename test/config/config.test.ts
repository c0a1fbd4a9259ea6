/**
 * Every `*.good.yaml` loads; every `*.bad.yaml` has one mistake, and its first line says where it is and what is said of
 * it.
 */

import { strict as assert } from 'node:assert';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type LoadOptions, loadConfig } from '../../src/config/load.ts';
import { mapTilesOf } from '../../src/config/map.ts';
import { configJsonSchema } from '../../src/config/reference.ts';
import { trustOf } from '../../src/config/trust.ts';
import { FACADE_KINDS } from '../../src/facades/index.ts';
import { HeadcountError } from '../../src/lib/errors.ts';
import { SINK_KINDS } from '../../src/sinks/index.ts';
import { KINDS } from '../../src/sources/index.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(folder);
const env = { ICECAST_PASSWORD: 'hack:me@home' };
const temporary = mkdtempSync(join(tmpdir(), 'headcount-config-'));
after(() => rmSync(temporary, { recursive: true }));

function load(more: Partial<LoadOptions>) {
  return loadConfig({ kinds: KINDS, facades: FACADE_KINDS, sinks: SINK_KINDS, file: null, env, ...more });
}

function loadText(text: string, more: Partial<LoadOptions> = {}) {
  const file = join(temporary, 'headcount.yaml');
  writeFileSync(file, text);
  return load({ file, ...more });
}

for (const file of files.filter((name) => name.endsWith('.good.yaml'))) {
  test(`${file} is right`, () => {
    assert.ok(load({ file: join(folder, file) }));
  });
}

for (const file of files.filter((name) => name.endsWith('.bad.yaml'))) {
  test(`${file} is told where it is wrong`, () => {
    const expected = readFileSync(join(folder, file), 'utf8').split('\n')[0]!.slice(2);
    assert.throws(
      () => load({ file: join(folder, file) }),
      (error: unknown) => {
        assert.ok(error instanceof HeadcountError && error.code === 'BAD_CONFIG');
        assert.equal(error.message.split('\n').length, 1, error.message);
        assert.ok(error.message.includes(expected), `expected "${expected}" in "${error.message}"`);
        return true;
      },
    );
  });
}

test('everything in the full file arrives', () => {
  const config = load({ file: join(folder, 'full.good.yaml') });
  assert.deepEqual(config.listen, { host: '0.0.0.0', port: 9000 });
  assert.equal(config.staleAfter, 300_000);
  assert.equal(config.store.memory, 1024);
  assert.deepEqual(config.programmes, [
    { name: 'Rock & Roll', streams: ['cdn/rock', 'radio/rock*'] },
    { name: 'Everything', streams: ['*'] },
  ]);
  assert.deepEqual(config.retention, { addresses: 30 * 86_400_000, sessions: null, samples: 365 * 86_400_000 });
  const [edge1, edge2, radio] = config.sources;
  assert.deepEqual(edge1!.common, {
    ...{ name: 'edge1', audience: 'cdn', lateness: 5000 },
    ...{ gap: 40_000, autoGap: true },
  });
  assert.equal((edge1!.options['trustedProxies'] as unknown[]).length, 2);
  assert.equal((edge1!.options['rules'] as unknown[]).length, 2);
  assert.equal(edge2!.common.audience, 'cdn');
  assert.equal(edge2!.options['from'], 'end');
  assert.deepEqual(edge2!.options['playbackId'], ['sid', 'session']);
  assert.equal(radio!.options['password'], 'hack:me@home');
  assert.equal(radio!.options['every'], 5000);
  assert.doesNotMatch(config.sources.map(({ common }) => common.name).join(), /hack|0123456789abcdef/);
  const [facade] = config.facades;
  assert.equal(facade!.kind.kind, 'hls-listeners');
  assert.deepEqual(facade!.options['streams'], ['rock', 'jazz']);
  assert.equal((facade!.options['push'] as { timeout: number }).timeout, 3000);
  const [hook, file] = config.sinks;
  assert.deepEqual(hook!.common, {
    ...{ name: 'webhook:hooks.example.org:443', events: ['session.closed', 'stream.status'], streams: ['rock'] },
    ...{ statuses: ['up', 'down', 'unreachable', 'unknown'], statusFor: 0, thresholds: [] },
    ...{ quietHours: [], timeZone: 'UTC', cooldown: 0, digestAfter: 0, digestWithin: 60_000 },
    ...{ queue: 5000, giveUpAfter: 3_600_000 },
  });
  assert.equal(hook!.options['secret'], 'hack:me@home');
  assert.equal(file!.common.name, 'files');
  assert.ok(file!.common.events.includes('audience.above') && !file!.common.events.includes('listener.new'));
  assert.deepEqual(
    config.users.map(({ access, ...user }) => ({ ...user, seesAll: access.seesAll, sees: access.seesAddresses })),
    [
      { name: 'host', secret: 'correct horse', write: false, groups: ['hosts'], seesAll: false, sees: false },
      { name: 'engineer', secret: 'battery staple', write: true, groups: [], seesAll: true, sees: true },
    ],
  );
  const [host] = config.users;
  assert.deepEqual(
    ['rock', 'jazz', 'news'].map((stream) => host!.access.sees('cdn', stream)),
    [true, true, false],
  );
});

test('secrets in the lists of a facade may come from files', () => {
  const secret = join(temporary, 'secret');
  writeFileSync(secret, 'hU5lD5f\n');
  const [facade] = loadText(
    `facades: [{ kind: casterstats, secrets: [{ user: marco, secretFile: ${JSON.stringify(secret)} }] }]`,
  ).facades;
  assert.deepEqual(facade!.options['secrets'], [{ user: 'marco', secret: 'hU5lD5f', groups: [] }]);
});

test('all mistakes are told at once', () => {
  assert.throws(
    () => loadText('listen: here\nbasePath: there\nsources: [nowhere:1, /var/log/x.log]\n'),
    (error: unknown) => (error as Error).message.split('\n').length === 3,
  );
});

test('secrets come from files, without the line end', () => {
  const secret = join(temporary, 'secret');
  writeFileSync(secret, 'from a file\n');
  const config = loadText(`
sources: [{ url: 'icecast://admin@localhost:8000', passwordFile: ${secret} }]
tokens: [{ name: api, tokenFile: ${secret} }]
sinks: [{ kind: webhook, url: 'https://hooks.example.org/', secretFile: ${secret} }]
`);
  assert.equal(config.sinks[0]!.options['secret'], 'from a file');
  assert.equal(config.sources[0]!.options['password'], 'from a file');
  assert.equal(config.tokens[0]!.secret, 'from a file');
  const inUrl = loadText(`sources: ['icecast://admin@localhost:8000?password-file=${secret}']`);
  assert.equal(inUrl.sources[0]!.options['password'], 'from a file');
});

test('the environment takes the place of the file, and the command line that of both', () => {
  const text = 'listen: 127.0.0.1:1\ndata: ./file\nsources: [/var/log/file.log]\n';
  const fromEnv = {
    HEADCOUNT_LISTEN: '127.0.0.1:2',
    HEADCOUNT_PUBLIC_URL: 'https://x.example',
    HEADCOUNT_SOURCES: '/a.log\n/b.log',
  };
  const over = loadText(text, { env: fromEnv });
  assert.equal(over.listen.port, 2);
  assert.equal(over.data, './file');
  assert.equal(over.publicUrl, 'https://x.example');
  assert.equal(over.sources.length, 2);
  const last = loadText(text, { env: fromEnv, listen: '[::1]:3', data: './line', sources: ['/c.log'] });
  assert.deepEqual(last.listen, { host: '::1', port: 3 });
  assert.equal(last.data, './line');
  assert.deepEqual(
    last.sources.map(({ options }) => options['path']),
    ['/c.log'],
  );
});

test('STREAM_NAMES asks for the facade that it belongs to, unless facades are configured', () => {
  const env = { STREAM_NAMES: 'a, b' };
  const [implied] = load({ env }).facades;
  assert.deepEqual(implied!.options['streams'], ['a', 'b']);
  assert.equal(implied!.options['file'], './listeners.json');
  const [written] = loadText('facades: [{ kind: hls-listeners, format: v1 }]', { env }).facades;
  assert.deepEqual([written!.options['streams'], written!.options['file']], [['a', 'b'], null]);
  assert.deepEqual(loadText('facades: []', { env }).facades, []);
  assert.deepEqual(load({ env: {} }).facades, []);
});

test('rules of sinks come out as numbers', () => {
  const [slack, influx] = load({ file: join(folder, 'sink-rules.good.yaml') }).sinks;
  const { thresholds, quietHours, statusFor, cooldown, digestWithin } = slack!.common;
  assert.deepEqual(thresholds, [
    { above: 100, below: 80, readings: 6 },
    { above: 1000, below: 1000, readings: 3 },
  ]);
  assert.deepEqual(quietHours, [
    { from: 1320, to: 420 },
    { from: 750, to: 1440 },
  ]);
  assert.deepEqual([statusFor, cooldown, digestWithin], [120_000, 3_600_000, 300_000]);
  assert.deepEqual(influx!.common.streams, ['hf.*']);
});

test('who does not run sinks and facades does not look at them', () => {
  const file = join(temporary, 'headcount.yaml');
  writeFileSync(file, 'sinks: [{ kind: webhook, url: https://hooks.example.org/, secretFile: /there/is/none }]');
  assert.deepEqual(loadConfig({ kinds: KINDS, file, env: {} }).sinks, []);
  assert.throws(() => load({ file }), /secretFile cannot be read/);
});

test('without credentials it is not served to the network', () => {
  const open = (listen: string, more = '') => trustOf(loadText(`listen: '${listen}'\n${more}`));
  for (const listen of ['0.0.0.0:8700', ':8700', '192.0.2.1:8700', '[2001:db8::1]:8700', 'example.org:8700']) {
    assert.throws(() => open(listen), /add users or tokens/, listen);
    assert.ok(open(listen, 'tokens: [{ name: api, token: x }]'));
  }
  for (const listen of ['127.0.0.1:8700', '[::1]:8700', 'localhost:8700', '127.9.9.9:80'])
    assert.ok(open(listen), listen);
});

test('the Host header may be ours, and that of the public URL', () => {
  const { hosts, origins } = trustOf(
    loadText('publicUrl: https://Audience.example.org:8443/x\norigins: [https://www.example.org]'),
  );
  assert.ok(hosts.has('audience.example.org'));
  assert.ok(hosts.has('localhost'));
  assert.ok(!hosts.has('example.org'));
  assert.deepEqual([...origins], ['https://www.example.org', 'https://audience.example.org:8443']);
});

test('the token of a web service may be in a file; exclusions may be a list in one text', () => {
  const token = join(temporary, 'token');
  writeFileSync(token, 'f00d\n');
  const { geo, exclude } = loadText(
    `geo: { provider: findip, tokenFile: ${token} }\nexclude: 192.0.2.0/24, agent:Probe`,
  );
  assert.deepEqual([geo.token, geo.provider, geo.timeout, geo.cacheTime], ['f00d', 'findip', 5000, 30 * 86_400_000]);
  assert.deepEqual([exclude.length, exclude[1]], [2, { agent: 'probe' }]);
});

test('tiles come with whom to name, and where that leads', () => {
  const tiles = 'https://tile.example.org:8443/{z}/{x}/{y}.png?key=1';
  const said = (attribution: string) => mapTilesOf(loadText(`map: { tiles: '${tiles}', ${attribution} }`).map);
  assert.equal(mapTilesOf(load({}).map), null);
  assert.deepEqual(said('attribution: A map'), { tiles, attribution: { text: 'A map', url: null } });
  const url = 'https://example.org/map';
  assert.deepEqual(said(`attribution: A map, attributionUrl: '${url}'`)?.attribution, { text: 'A map', url });
  assert.deepEqual(said(`attribution: '${url}'`)?.attribution, { text: url, url });
});

test('the host of tiles is nothing that could mean more in a content policy', () => {
  for (const host of ['x.example;script-src', 'x.example,*', '*.example', "'self'", '{x}.example', 'x_y.example']) {
    const map = `map: { tiles: "https://${host}/{z}/{x}/{y}.png", attribution: A map }`;
    assert.throws(() => loadText(map), /map\.tiles must/, host);
  }
  for (const wrong of ['javascript:{z}{x}{y}', '/{z}/{x}/{y}.png', 'https://tile.example.org/{z}/{x}/{y}{r}.png']) {
    assert.throws(() => loadText(`map: { tiles: "${wrong}", attribution: A map }`), /map\.tiles must/, wrong);
  }
  assert.throws(
    () => loadText(`map: { tiles: "https://x.example/{z}/{x}/{y}", attribution: A, attributionUrl: "javascript:1" }`),
    /map\.attributionUrl must be a URL/,
  );
});

test('the JSON Schema knows what may be written: a file beside every secret, and lists as texts', () => {
  const kinds = { sources: KINDS, facades: FACADE_KINDS, sinks: SINK_KINDS };
  const { properties } = configJsonSchema(kinds) as {
    properties: Record<string, Record<string, Record<string, object>>>;
  };
  const credential = (list: string) => properties[list]!['items'] as unknown as Record<string, object>;
  for (const [list, secret] of [
    ['users', 'password'],
    ['tokens', 'token'],
  ] as const) {
    const { properties: options, required, allOf } = credential(list);
    assert.deepEqual(Object.keys(options!), [
      'name',
      secret,
      `${secret}File`,
      'streams',
      'addresses',
      'write',
      'groups',
    ]);
    assert.deepEqual(required, ['name']);
    assert.deepEqual(allOf, [{ anyOf: [{ required: [secret] }, { required: [`${secret}File`] }] }]);
  }
  const geo = properties['geo']!['properties']!;
  assert.ok('token' in geo && 'tokenFile' in geo);
  // A list may be one text, separated by commas.
  assert.deepEqual(properties['exclude']!['anyOf'], [{ type: 'array', items: { type: 'string' } }, { type: 'string' }]);
  const text = JSON.stringify(properties);
  assert.doesNotMatch(text, /"(secret|inherited|list)":true/);
  // Where a URL may have it, none of them is asked for.
  const sources = JSON.stringify(properties['sources']);
  for (const name of ['passwordFile', 'apiKeyFile']) assert.ok(sources.includes(`"${name}":`), name);
  assert.ok(!sources.includes('"allOf"'));
});

test('what is wrong is said in sentences that go on from the option', () => {
  const cases: readonly [text: string, sentence: string][] = [
    ['log: { level: loud }', 'log.level must be debug or info or warn or error'],
    ['log: loud', 'log must be an object with options'],
    ['data: 7', 'data must be a text'],
    ['data: ""', 'data must not be empty'],
    ['identity: { maxAgents: 0 }', 'identity.maxAgents must be at least 1'],
    ['privacy: { ipv4Bits: 33 }', 'privacy.ipv4Bits must be at most 32'],
    ['privacy: { ipv4Bits: many }', 'privacy.ipv4Bits must be a number'],
    ['sources: x.log', 'sources must be a list'],
    ['users: [{ password: x }]', 'users[0].name is missing'],
    ['listen: 7', 'listen must be HOST:PORT, such as 127.0.0.1:8700 or [::1]:8700'],
    [
      'sources: [{ url: /a.log, rules: [{ path: /x, role: radio }] }]',
      'sources[0].rules[0].role must be playlist or segment or progressive or none',
    ],
  ];
  for (const [text, sentence] of cases) {
    assert.throws(
      () => loadText(text),
      ({ message }: Error) => {
        assert.equal(message.replace(/^\S+ /, ''), sentence);
        return true;
      },
    );
  }
});

test('streams of groups are added up, one mask masks, and one right to write lets write', () => {
  const { users } = loadText(`
groups:
  - { name: jazz, streams: [radio//jazz] }
  - { name: news, streams: ['/news*'], addresses: no, write: yes }
  - { name: everything, streams: '*' }
  - { name: masked, addresses: no }
users:
  - { name: a, password: x, groups: [jazz] }
  - { name: b, password: x, streams: /talk, groups: [jazz, news] }
  - { name: c, password: x, streams: [/talk], groups: everything }
  - { name: d, password: x, streams: [] }
  - { name: e, password: x, addresses: no }
  - { name: f, password: x, groups: [jazz] }
  - { name: g, password: x, streams: [/talk], groups: [masked] }
  - { name: h, password: x, groups: [masked] }
`);
  const seen = ['/jazz', '/news-at-ten', '/talk'];
  assert.deepEqual(
    users.map(({ access, write }) => [
      seen.map((stream) => access.sees('radio', stream)),
      access.seesAll,
      access.seesAddresses,
      write,
    ]),
    [
      [[true, false, false], false, true, false],
      [[true, true, true], false, false, true],
      [[true, true, true], true, true, false],
      [[false, false, false], false, true, false],
      [[true, true, true], true, false, false],
      [[true, false, false], false, true, false],
      [[false, false, true], false, false, false],
      [[true, true, true], true, false, false],
    ],
  );
  assert.equal(users[0]!.access, users[5]!.access, 'who sees the same has the same access');
});

test('access to too many streams is a mistake', () => {
  const streams = Array.from({ length: 1001 }, (_, i) => `stream-${i}`);
  assert.throws(() => loadText(`users: [{ name: a, password: x, streams: ${JSON.stringify(streams)} }]`), {
    message: /users\[0\] names more than 1000 streams/,
  });
});

test('145, 147: the variables of turn-monitor ask for its facade and its interface', () => {
  const sourcesOf = (env: Record<string, string>) => load({ env }).sources.map(({ common }) => common.name);
  const env = { networkInterfaceId: 'any', removeOutdataInterval: '2500', port: '3100', verbose: 'true' };
  const [facade] = load({ env }).facades;
  assert.equal(facade!.kind.kind, 'turn-monitor');
  const { listen, removeOutdataInterval, verbose } = facade!.options;
  assert.deepEqual([listen, removeOutdataInterval, verbose], [{ host: '127.0.0.1', port: 3100 }, 2500, true]);
  assert.deepEqual(sourcesOf(env), ['turn:any']);
  assert.deepEqual(sourcesOf({ removeOutdataInterval: '10000' }), ['turn:eth0']);
  assert.deepEqual(sourcesOf({ port: '3100', verbose: 'true' }), [], 'names that others use, too, ask for nothing');
  const written = loadText('sources: [/var/log/access.log]', { env }).sources;
  assert.deepEqual(
    written.map(({ common }) => common.name),
    ['access-log:/var/log/access.log'],
  );

  const [plain] = loadText('facades: [{ kind: turn-monitor }]').facades;
  const defaults = [{ host: '127.0.0.1', port: 3001 }, 10_000, false];
  assert.deepEqual(
    [plain!.options['listen'], plain!.options['removeOutdataInterval'], plain!.options['verbose']],
    defaults,
  );
  for (const wrong of ['abc', '1.5', '-1', '0']) {
    assert.throws(() => load({ env: { removeOutdataInterval: wrong } }), /removeOutdataInterval/, wrong);
  }
});
