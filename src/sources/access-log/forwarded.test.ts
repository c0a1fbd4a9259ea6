import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCidrs } from '../../lib/cidr.ts';
import { clientBehind } from '../../lib/forwarded.ts';
import { combinedLine, jsonLine, presencesOf } from './reader.fixture.ts';

const TRUSTED = parseCidrs(['203.0.113.0/24', '2001:db8:ffff::/48', '127.0.0.1/32']);
const PROXY = '203.0.113.1';

/** Chain, and for whom it asks. */
const CHAINS: readonly [string, string | null][] = [
  ['198.51.100.7', '198.51.100.7'],
  ['198.51.100.7, 203.0.113.9', '198.51.100.7'],
  ['192.0.2.66, 198.51.100.7, 203.0.113.9, 127.0.0.1', '198.51.100.7'],
  ['198.51.100.7,203.0.113.9', '198.51.100.7'],
  ['  198.51.100.7\t,  203.0.113.9 ', '198.51.100.7'],
  ['198.51.100.7:4711', '198.51.100.7'],
  ['2001:DB8::7', '2001:db8::7'],
  ['[2001:db8::7]:4711, 2001:db8:ffff::9', '2001:db8::7'],
  ['::ffff:198.51.100.7', '198.51.100.7'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  // Nothing but proxies: the farthest of them has asked for itself.
  ['203.0.113.8, 203.0.113.9', '203.0.113.8'],
  // What is no address ends what is known.
  ['198.51.100.7, unknown, 203.0.113.9', '203.0.113.9'],
  ['unknown', null],
  ['-', null],
  ['', null],
];

for (const [chain, client] of CHAINS) {
  test(`${JSON.stringify(chain)} asks for ${client}`, () => assert.equal(clientBehind(chain, TRUSTED), client));
}

test('nobody is trusted unless the configuration says so', () => {
  assert.equal(parseCidrs([])('127.0.0.1'), false);
  assert.equal(TRUSTED('203.0.113.77'), true);
  assert.equal(TRUSTED('::ffff:203.0.113.77'), true);
  assert.equal(TRUSTED('no address'), false);
});

const TRUE_CLIENT = fc.oneof(
  fc.tuple(fc.constantFrom('192.0.2', '198.51.100'), fc.nat(255)).map(([net, host]) => `${net}.${host}`),
  fc.nat(0xfffe).map((host) => `2001:db8::${(host + 1).toString(16)}`),
);
/** Whatever a client may put into the header before any proxy sees it: also what looks like proxies of ours. */
const MADE_UP = fc
  .array(
    fc.oneof(
      fc.constantFrom('192.0.2.66', PROXY, '127.0.0.1', '2001:db8:ffff::1', 'unknown', '-', '"', '\\', '[', '::1', ' '),
      fc.string({ unit: 'binary-ascii', maxLength: 12 }),
      fc.constant('203.0.113.5, '.repeat(200)),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(', '));
const HOPS = fc.array(fc.constantFrom('203.0.113.9', '2001:db8:ffff::9'), { maxLength: 3 });

test('whatever a client claims, its address is the one that the first trusted proxy has seen', () => {
  fc.assert(
    fc.property(MADE_UP, TRUE_CLIENT, HOPS, (claim, client, hops) => {
      const chain = [...(claim === '' ? [] : [claim]), client, ...hops].join(', ');
      assert.equal(clientBehind(chain, TRUSTED), client);
      const options = { trustedProxies: '203.0.113.0/24,2001:db8:ffff::/48,127.0.0.1' };
      const lines = {
        json: jsonLine({ address: PROXY }, { http_x_forwarded_for: chain }),
        main: `${combinedLine({ address: PROXY })} "${escaped(chain)}"`,
      };
      for (const [format, line] of Object.entries(lines)) {
        const found = presencesOf([line], { options: { ...options, format } });
        assert.deepEqual(
          found.map((each) => each.client.address),
          [client],
          format,
        );
      }
    }),
    { numRuns: 400 },
  );
});

/** As nginx writes a variable. */
function escaped(text: string): string {
  return text.replaceAll(
    /[^ !#-[\]-~]/g,
    (each) => `\\x${each.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

test('whoever is no proxy of ours asks for itself, whatever it claims', () => {
  const options = { trustedProxies: '203.0.113.0/24', format: 'json' };
  const line = jsonLine({ address: '198.51.100.7' }, { http_x_forwarded_for: '192.0.2.66' });
  assert.deepEqual(
    presencesOf([line], { options }).map(({ client }) => client.address),
    ['198.51.100.7'],
  );
});

const caddy = (headers: Record<string, readonly string[]>, request: Record<string, unknown> = {}) =>
  JSON.stringify({
    ts: 1_795_223_966.25,
    request: {
      headers: { 'User-Agent': ['VLC/3'], ...headers },
      client_ip: PROXY,
      method: 'GET',
      uri: '/hls/cam/1.ts',
      ...request,
    },
    size: 194,
    status: 200,
  });

test('a proxy that adds a header of its own behind the client’s: the last one counts', () => {
  const options = { trustedProxies: '203.0.113.0/24', format: 'json' };
  const [presence] = presencesOf([caddy({ 'X-Forwarded-For': ['192.0.2.66', '198.51.100.7'] })], { options });
  assert.equal(presence!.client.address, '198.51.100.7');
});

test('headers that are called as fields of a log are none: they give no address, time, user, status or size', () => {
  const claims = [
    'Client-Ip',
    'Remote-Addr',
    'Ip',
    'Msec',
    'Time',
    'User',
    'Userid',
    'Status',
    'Size',
    'Uri',
    'Request',
    'Ua',
  ];
  const expected = presencesOf([caddy({})], { options: { format: 'json' } });
  assert.equal(expected[0]!.client.address, PROXY);
  for (const name of [...claims, ...claims.map((each) => each.replace('-', '_')), 'X_Forwarded_For', 'constructor']) {
    for (const value of ['192.0.2.66', '404', '/hls/other/1.ts']) {
      const found = presencesOf([caddy({ [name]: [value] })], {
        options: { format: 'json', trustedProxies: '203.0.113.0/24' },
      });
      assert.deepEqual(found, expected, `${name}: ${value}`);
    }
  }
  // Traefik writes headers beside its fields.
  const traefik = {
    ClientHost: '198.51.100.7',
    StartUTC: '2026-11-21T01:19:26Z',
    RequestMethod: 'GET',
    RequestPath: '/hls/cam/1.ts',
  };
  const known = { ...traefik, DownstreamStatus: 200, DownstreamContentSize: 1, 'request_User-Agent': 'VLC/3' };
  const plain = presencesOf([JSON.stringify(known)]);
  assert.equal(plain[0]!.client.userAgent, 'VLC/3');
  for (const name of ['Uri', 'Url', 'Path', 'Method', 'Time']) {
    assert.deepEqual(presencesOf([JSON.stringify({ ...known, [`request_${name}`]: '/hls/other/1.ts' })]), plain, name);
  }
});
