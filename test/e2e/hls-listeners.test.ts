/**
 * What the Simple HLS listeners monitor does, and what it should have done, one test a line: the numbers are those of its
 * checklist. Where a line asks for more than the original does, it says so.
 */

import { strict as assert } from 'node:assert';
import { appendFileSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort, type LabChild, startChild, until } from '../../lab/child.ts';
import {
  addressOf,
  FIND_IP_ANSWER,
  FIND_IP_REDUCED,
  ipApiAnswer,
  sendJson,
  startGeoServer,
} from '../../src/enrich/geo/web/fixture.ts';
import { logTime } from '../../src/sources/access-log/fixture.ts';
import { type ListenerV2, Listing, lineOf, Monitor, type MonitorOptions, type Pass, START } from './hls-monitor.ts';
import { eventually } from './process.ts';

const BIN = fileURLToPath(new URL('../../bin/headcount.js', import.meta.url));
const SECOND = 1000;

/** One test with a monitor of its own. */
function monitored(name: string, options: MonitorOptions, check: (monitor: Monitor) => Promise<void>): void {
  test(name, () => withMonitor(options, check));
}

async function withMonitor(options: MonitorOptions, check: (monitor: Monitor) => Promise<void>): Promise<void> {
  const monitor = new Monitor(options);
  try {
    await monitor.start();
    await check(monitor);
  } finally {
    await monitor.stop();
  }
}

/** A zone that is not ours, as a log writes it: the digits of its wall clock, and its offset. */
const inZone = (at: number, hours: number, zone: string) => logTime(at + hours * 3600 * SECOND).replace('+0000', zone);

describe('which lines are listeners', () => {
  const env = { STREAM_NAMES: ' stream1 , stream2,a.b,a+b,empty' };
  const monitor = new Monitor({
    env,
    log: [
      { ip: '192.0.2.4', path: '/stream1/x.m3u8' },
      { ip: '192.0.2.5', path: '/stream1/17.ts' },
      { ip: '192.0.2.7', path: '/stream1/x/y/a.m3u8' },
      { ip: '192.0.2.8', status: 404 },
      ...[200, 206, 304].map((status) => ({ ip: `192.0.2.9`, agent: `status ${status}`, status })),
      ...[403, 500, 301].map((status) => ({ ip: `192.0.2.9`, agent: `status ${status}`, status })),
      ...['HTTP/1.0', 'HTTP/2.0', 'HTTP/3.0', 'HTTP/3'].map((http) => ({ ip: '192.0.2.10', agent: http, http })),
      { ip: '192.0.2.11', path: '/stream1/hifi.m3u8?token=1&x=y.ts' },
      { ip: '192.0.2.11', path: '/stream1/1.ts?token=1', agent: 'segment' },
      { ip: '2001:db8::12' },
      { ip: '::ffff:192.0.2.13' },
      { ip: '192.0.2.14', user: 'anna', agent: 'user' },
      { ip: '192.0.2.14', bytes: '-', agent: 'no bytes' },
      ...['m4s', 'aac', 'mp4', 'vtt'].map((type) => ({ ip: '192.0.2.15', path: `/stream1/1.${type}`, agent: type })),
      { ip: '192.0.2.16', time: inZone(START, 3, '+0300') },
      { ip: '192.0.2.17', agent: 'one' },
      { ip: '192.0.2.17', agent: 'other' },
      { ip: '192.0.2.18', path: '/stream1/x.m3u8' },
      { ip: '192.0.2.18', path: '/stream2/x.m3u8' },
      { ip: '192.0.2.3', path: '/a.b/x.m3u8' },
      { ip: '192.0.2.33', path: '/axb/x.m3u8' },
      { ip: '192.0.2.3', path: '/a+b/x.m3u8' },
      { ip: '192.0.2.33', path: '/aab/x.m3u8' },
      { ip: '192.0.2.34', path: '/stream3/x.m3u8' },
      { ip: '192.0.2.35', path: '/other/stream1/x.m3u8' },
      { ip: '192.0.2.36', path: '/stream1/page.html' },
      { ip: '192.0.2.37', method: 'POST' },
    ],
  });
  let pass: Pass;
  before(async () => {
    await monitor.start();
    pass = await monitor.nextPass();
  });
  after(() => monitor.stop());

  const agentsOf = (address: string, stream = 'stream1') =>
    pass.v2
      .of(stream)
      .filter(({ ip_address }) => ip_address === address)
      .map(({ user_agent }) => user_agent)
      .sort();

  test('1. STREAM_NAMES is the list of streams, and no other stream is told', () => {
    assert.deepEqual(Object.keys(pass.v2.totals), ['stream1', 'stream2', 'a.b', 'a+b', 'empty']);
    assert.doesNotMatch(pass.v2.text, /192\.0\.2\.3[4567]/);
  });

  test('2. spaces around the names are trimmed', () => {
    assert.ok(pass.v2.one('192.0.2.4') !== undefined);
    assert.ok(pass.v2.one('192.0.2.18', 'stream2') !== undefined);
  });

  test('3. names with characters of regular expressions are taken literally', () => {
    for (const stream of ['a.b', 'a+b']) {
      assert.deepEqual(
        pass.v2.of(stream).map(({ ip_address }) => ip_address),
        ['192.0.2.3'],
      );
    }
  });

  test('4. a combined-format GET of a playlist is a listener', () => {
    const listener = pass.v2.one('192.0.2.4');
    assert.deepEqual([listener?.user_agent, listener?.mount_name], ['VLC/3', 'HLS: x']);
    assert.equal(pass.v1.one('192.0.2.4')?.quality_level, 'x');
  });

  test('5. a segment alone is a listener, without a quality', () => {
    assert.equal(pass.v1.one('192.0.2.5')?.quality_level, null);
    assert.equal(pass.v2.one('192.0.2.5')?.mount_name, null);
  });

  test('7. folders below the stream are part of the quality', () => {
    assert.equal(pass.v1.one('192.0.2.7')?.quality_level, 'x/y/a');
    assert.equal(pass.v2.one('192.0.2.7')?.mount_name, 'HLS: x/y/a');
  });

  test('8. who gets a 404 is no listener: in v1 as in the original; its v2 counts them, a defect we do not imitate', () => {
    assert.equal(pass.v1.one('192.0.2.8'), undefined);
    assert.equal(pass.v2.one('192.0.2.8'), undefined);
  });

  test('9. (better) 200, 206 and 304 count, other statuses do not', () => {
    assert.deepEqual(agentsOf('192.0.2.9'), ['status 200', 'status 206', 'status 304']);
  });

  test('10. (better) HTTP/1.0, HTTP/2.0 and HTTP/3 count', () => {
    assert.deepEqual(agentsOf('192.0.2.10'), ['HTTP/1.0', 'HTTP/2.0', 'HTTP/3', 'HTTP/3.0']);
  });

  test('11. (better) a query string is accepted, and no part of the quality', () => {
    assert.deepEqual(agentsOf('192.0.2.11'), ['VLC/3', 'segment']);
    const [playlist] = pass.v2
      .of('stream1')
      .filter((each) => each.ip_address === '192.0.2.11' && each.mount_name !== null);
    assert.equal(playlist?.mount_name, 'HLS: hifi');
  });

  test('12. (better) IPv6 clients are accepted', () => {
    assert.ok(pass.v2.one('2001:db8::12') !== undefined);
  });

  test('13. ::ffff:a.b.c.d is a.b.c.d', () => {
    assert.ok(pass.v2.one('192.0.2.13') !== undefined);
    assert.doesNotMatch(pass.v2.text, /ffff/);
  });

  test('14. (better) a user name, and a dash for the bytes, are accepted', () => {
    assert.deepEqual(agentsOf('192.0.2.14'), ['no bytes', 'user']);
  });

  test('15. (better) segments may be .m4s, .aac, .mp4 and .vtt', () => {
    assert.deepEqual(agentsOf('192.0.2.15'), ['aac', 'm4s', 'mp4', 'vtt']);
  });

  test('16. (better) the zone of the log is honoured', () => {
    assert.equal(pass.v2.one('192.0.2.16')?.connected_on, START / SECOND);
  });

  test('17. one address with two user agents is two listeners', () => {
    assert.deepEqual(agentsOf('192.0.2.17'), ['one', 'other']);
  });

  test('18. one client on two streams is a listener of each', () => {
    for (const stream of ['stream1', 'stream2']) assert.deepEqual(agentsOf('192.0.2.18', stream), ['VLC/3']);
  });

  test('22. total_listeners comes first, then every stream in its order, an empty one as 0 and []', () => {
    for (const { text, totals } of [pass.v1, pass.v2]) {
      const keys = [...text.matchAll(/^ {4}"([^"]+)": /gm)].map(([, key]) => key);
      assert.deepEqual(keys, ['total_listeners', 'stream1', 'stream2', 'a.b', 'a+b', 'empty']);
      assert.deepEqual(Object.keys(totals), keys.slice(1));
      assert.equal(totals['empty'], 0);
      assert.match(text, /^ {4}"empty": \[\]\n\}$/m);
    }
    for (const stream of Object.keys(pass.v2.totals)) assert.equal(pass.v2.totals[stream], pass.v2.of(stream).length);
  });

  test('23. v1: the keys of a listener', () => {
    const keys = ['ip_address', 'user_agent', 'duration', 'is_active', 'quality_level', 'geo'];
    for (const listener of pass.v1.of('stream1')) assert.deepEqual(Object.keys(listener), keys);
  });

  test('24. v2: the keys of a listener', () => {
    const times = ['connected_on', 'connected_until', 'connected_time'];
    const keys = ['ip_address', 'user_agent', ...times, 'is_active', 'mount_name', 'location', 'type'];
    for (const listener of pass.v2.of('stream1')) assert.deepEqual(Object.keys(listener), keys);
  });

  test('27. v2: the type is hls, is_active is true, and so is it in v1', () => {
    assert.ok(pass.v2.of('stream1').length > 10);
    for (const { type, is_active } of pass.v2.of('stream1')) assert.deepEqual([type, is_active], ['hls', true]);
    for (const { is_active } of pass.v1.of('stream1')) assert.equal(is_active, true);
  });

  test('34. a place that is not known is null, and loses no listener', () => {
    assert.equal(pass.v2.one('192.0.2.4')?.location, null);
    assert.equal(pass.v1.one('192.0.2.4')?.geo, null);
  });
});

describe('as time goes by', () => {
  monitored('1. without STREAM_NAMES the streams are stream1 and stream2', {}, async (monitor) => {
    const { v1, v2 } = await monitor.nextPass();
    assert.deepEqual(v1.totals, { stream1: 0, stream2: 0 });
    assert.deepEqual(v2.totals, { stream1: 0, stream2: 0 });
  });

  monitored(
    '6. a playlist fills the quality in, a later one replaces it, a later segment does not clear it',
    { log: [{ path: '/stream1/1.ts' }] },
    async (monitor) => {
      const qualities: (string | null | undefined)[] = [];
      const look = async () => {
        const { v1, v2 } = await monitor.nextPass();
        const quality = v1.one('192.0.2.1')?.quality_level;
        qualities.push(quality);
        assert.equal(v2.one('192.0.2.1')?.mount_name, quality === null ? null : `HLS: ${quality}`);
      };
      await look();
      for (const path of ['low.m3u8', 'high.m3u8', '2.ts']) {
        await monitor.say({ path: `/stream1/${path}` });
        await look();
      }
      assert.deepEqual(qualities, [null, 'low', 'high', 'high']);
    },
  );

  monitored(
    '19. a listener stays for 40 s after the last request, and then disappears',
    { facade: { every: '1s' } },
    async (monitor) => {
      await monitor.say({ ip: '192.0.2.19' });
      const seen = Math.floor(monitor.clock.now() / SECOND) - 1;
      const ages = { there: [] as number[], gone: [] as number[] };
      while (ages.gone.length < 3) {
        // Somebody who is always there says what time it is.
        await monitor.say({ ip: '192.0.2.99' });
        const { v1, v2 } = await monitor.nextPass();
        const listener = v2.one('192.0.2.19');
        const age = v2.one('192.0.2.99')!.connected_until - (listener?.connected_on ?? seen);
        assert.equal(v1.one('192.0.2.19') !== undefined, listener !== undefined);
        (listener === undefined ? ages.gone : ages.there).push(age);
      }
      const oldest = Math.max(...ages.there);
      assert.ok(oldest > 35 && oldest <= 40, `it was there for ${oldest} s`);
      assert.ok(Math.min(...ages.gone) > 40, `it was gone after ${Math.min(...ages.gone)} s`);
    },
  );

  monitored('20. who returns starts again from zero', { log: [{}] }, async (monitor) => {
    let pass = await monitor.nextPass();
    for (let i = 0; pass.v2.one('192.0.2.1') !== undefined; i++) {
      assert.ok(i < 6);
      pass = await monitor.nextPass();
    }
    await monitor.say({});
    const back = Math.floor(monitor.clock.now() / SECOND);
    pass = await monitor.nextPass();
    const listener = pass.v2.one('192.0.2.1')!;
    assert.ok(back - listener.connected_on <= 5, 'it came just now');
    assert.equal(pass.v1.one('192.0.2.1')?.duration, 20);
  });

  monitored('21. a pass comes every 20 s, and the window is 40 s', { log: [{}] }, async (monitor) => {
    const times: number[] = [];
    const durations: number[] = [];
    for (let i = 0; i < 4; i++) {
      const { v1, v2 } = await monitor.nextPass();
      await monitor.say({});
      times.push(v2.one('192.0.2.1')!.connected_until);
      durations.push(v1.one('192.0.2.1')!.duration);
    }
    assert.deepEqual(
      times.slice(1).map((time, i) => time - times[i]!),
      [20, 20, 20],
    );
    // 25.
    assert.deepEqual(durations, [20, 40, 60, 80]);
  });

  monitored(
    '21. window and interval can be set',
    { facade: { every: '5s', window: '10s' }, log: [{}] },
    async (monitor) => {
      const durations: (number | undefined)[] = [];
      let last = 0;
      for (let i = 0; i < 4; i++) {
        const { v1, v2 } = await monitor.nextPass();
        durations.push(v1.one('192.0.2.1')?.duration);
        last = v2.one('192.0.2.1')?.connected_time ?? last;
      }
      assert.deepEqual(durations.slice(0, 2), [5, 10]);
      assert.equal(durations.at(-1), undefined, 'it is gone after 10 s');
      assert.ok(last <= 10);
    },
  );

  monitored('25. v1: the duration is 20 at first, and 20 more with each pass', { log: [{}] }, async (monitor) => {
    for (const expected of [20, 40, 60]) {
      const { v1 } = await monitor.nextPass();
      assert.equal(v1.one('192.0.2.1')?.duration, expected);
      await monitor.say({});
    }
  });

  monitored('26. v2: the time connected is until less on, in whole seconds', { log: [{}] }, async (monitor) => {
    for (let i = 0; i < 3; i++) {
      const {
        connected_on: on,
        connected_until: end,
        connected_time: time,
      } = (await monitor.nextPass()).v2.one('192.0.2.1')!;
      assert.equal(on, START / SECOND);
      assert.equal(time, end - on);
      assert.ok(Number.isInteger(end) && Math.abs(end - monitor.clock.now() / SECOND) < 3);
      await monitor.say({});
    }
  });

  monitored(
    '28. the file is made anew each pass, indented by four, and (better) whole at any moment',
    { facade: { every: '1s' }, log: Array.from({ length: 300 }, (_, i) => ({ agent: `player ${i}` })) },
    async (monitor) => {
      let isRunning = true;
      let reads = 0;
      const reading = (async () => {
        await monitor.nextPass();
        while (isRunning) {
          const text = readFileSync(monitor.file('v2'), 'utf8');
          const listing = new Listing<ListenerV2>(text);
          assert.equal(listing.totals['stream1'], listing.of('stream1').length);
          assert.equal(JSON.stringify(JSON.parse(text), null, 4), text);
          reads++;
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      const texts = new Set<string>();
      for (let i = 0; i < 6; i++) texts.add((await monitor.nextPass()).v2.text);
      isRunning = false;
      await reading;
      assert.ok(texts.size >= 5 && reads > 6, `${texts.size} files, read ${reads} times`);
    },
  );
});

describe('what is POSTed', () => {
  const secret = (monitor: Monitor, name: string, text: string) => writeFileSync(join(monitor.folder, name), text);

  monitored('29. the same object, as JSON, with what the secret files hold', { log: [{}] }, async (monitor) => {
    secret(monitor, 'api_username', ' admin\n');
    secret(monitor, 'api_password', '\thackme \r\n');
    const { v2 } = await monitor.nextPass();
    await until('it is POSTed', () => monitor.receiver.received.length > 0);
    const [{ method, path, headers, body }] = monitor.receiver.received as [(typeof monitor.receiver.received)[number]];
    assert.equal(`${method} ${path}`, 'POST /hls_stat');
    assert.match(headers['content-type']!, /^application\/json/);
    assert.equal(headers.authorization, `Basic ${Buffer.from('admin:hackme').toString('base64')}`);
    assert.equal(body, v2.text);
  });

  monitored(
    '30. a missing secret file is warned of, and (better) then no Authorization is sent',
    { log: [{}] },
    async (monitor) => {
      secret(monitor, 'api_username', 'admin');
      await monitor.nextPass();
      await monitor.nextPass();
      await until('it is POSTed twice', () => monitor.receiver.received.length >= 2);
      for (const { headers } of monitor.receiver.received) assert.equal(headers.authorization, undefined);
      const warnings = monitor.logged.filter((line) => /Secret file not found/.test(line));
      assert.equal(warnings.length, 1, warnings.join(''));
      assert.match(warnings[0]!, /warn .*Secret file not found: .*api_password/);
    },
  );

  monitored(
    '31. an API that refuses, fails or (better) never answers stops no pass',
    { log: [{}], push: { timeout: '300ms' } },
    async (monitor) => {
      const seen: number[] = [];
      const look = async () => {
        seen.push((await monitor.nextPass()).v2.one('192.0.2.1')!.connected_until);
        await monitor.say({});
      };
      await look();
      monitor.receiver.answer = 500;
      await look();
      monitor.receiver.answer = () => {};
      await look();
      await look();
      monitor.receiver.answer = (response) => response.destroy();
      await look();
      const { url } = monitor.receiver;
      await monitor.receiver.stop();
      await look();
      assert.deepEqual(
        seen.slice(1).map((time, i) => time - seen[i]!),
        [20, 20, 20, 20, 20],
      );
      assert.match(monitor.logged.join(''), /the API was not told: .*HTTP 500/);
      assert.match(monitor.logged.join(''), /did not answer within 300 ms/);
      assert.match(monitor.logged.join(''), new RegExp(`Cannot reach ${new URL(url).host}`));
    },
  );
});

describe('places from web services', () => {
  /** The first pass that knows where this listener is, while he goes on listening. */
  async function passWithPlace(monitor: Monitor, address: string): Promise<Pass> {
    for (let i = 0; i < 10; i++) {
      await monitor.say({ ip: address });
      const pass = await monitor.nextPass();
      if (pass.v2.one(address)!.location !== null) return pass;
    }
    assert.fail(`${address} has no place`);
  }

  test('32. what ip-api.com answers is passed on unchanged', async (t) => {
    const { url } = await startGeoServer(t, '/json/', (request, response) =>
      sendJson(response, { ...ipApiAnswer(addressOf(request)), mobile: false }),
    );
    await withMonitor({ geo: { provider: 'ip-api', url } }, async (monitor) => {
      const { v1, v2 } = await passWithPlace(monitor, '8.8.8.8');
      const answer = JSON.stringify({ ...ipApiAnswer('8.8.8.8'), mobile: false });
      assert.equal(JSON.stringify(v1.one('8.8.8.8')!.geo), answer);
      assert.equal(JSON.stringify(v2.one('8.8.8.8')!.location), answer);
    });
  });

  test('32. what findip.net answers is passed on in the shape of the original', async (t) => {
    const { url, asked } = await startGeoServer(t, '/', (_, response) => sendJson(response, FIND_IP_ANSWER));
    await withMonitor({ geo: { provider: 'findip', url, token: 'a-token' } }, async (monitor) => {
      const { v1, v2 } = await passWithPlace(monitor, '8.8.8.8');
      assert.deepEqual(v1.one('8.8.8.8')!.geo, FIND_IP_REDUCED);
      assert.deepEqual(v2.one('8.8.8.8')!.location, FIND_IP_REDUCED);
      assert.deepEqual(asked, ['/8.8.8.8/?token=a-token']);
    });
  });

  test('33. (better) one answer for an address, rate limited, private addresses never sent', async (t) => {
    const asked: { readonly address: string; readonly at: number }[] = [];
    const { url } = await startGeoServer(t, '/json/', (request, response) => {
      asked.push({ address: addressOf(request), at: monitor.clock.elapsed() });
      sendJson(response, ipApiAnswer(addressOf(request)));
    });
    const monitor = new Monitor({ geo: { provider: 'ip-api', url, perMinute: 2 } });
    t.after(() => monitor.stop());
    await monitor.start();
    const known = ['8.8.8.8', '8.8.4.4', '8.8.4.5', '8.8.4.6', '8.8.4.7'];
    const local = ['10.0.0.1', '192.168.1.1', '127.0.0.1', '169.254.1.1', 'fd00::1', 'fe80::1'];
    const agents = ['one', 'other'];
    let pass: Pass;
    do {
      await monitor.say(...[...known, ...local].flatMap((ip) => agents.map((agent) => ({ ip, agent }))));
      pass = await monitor.nextPass();
      assert.equal(pass.v2.totals['stream1'], (known.length + local.length) * agents.length);
      assert.ok(monitor.clock.elapsed() < 10 * 60 * SECOND, 'places are not found');
    } while (pass.v2.of('stream1').filter(({ location }) => location !== null).length < known.length * agents.length);
    assert.deepEqual(asked.map(({ address }) => address).sort(), [...known].sort());
    for (const { at } of asked) {
      const inMinute = asked.filter((each) => each.at >= at && each.at < at + 60 * SECOND);
      assert.ok(inMinute.length <= 2, `${inMinute.length} in a minute`);
    }
    for (const { ip_address: address, location } of pass.v2.of('stream1')) {
      assert.deepEqual(location, known.includes(address) ? ipApiAnswer(address) : null);
    }
  });
});

describe('the log', () => {
  monitored('35. a log that is not there is said, and waited for', { log: null }, async (monitor) => {
    const { v2 } = await monitor.nextPass();
    assert.equal(v2.totals['stream1'], 0);
    assert.match(monitor.logged.join(''), /the log is not there yet: waiting/);
    await monitor.say({});
    assert.equal((await monitor.nextPass()).v2.totals['stream1'], 1);
  });

  monitored(
    '36. (better) rotation and truncation lose nobody and count nobody twice; odd bytes harm nothing',
    { log: [{ ip: '192.0.2.1' }] },
    async (monitor) => {
      const { log } = monitor;
      await monitor.nextPass();
      await monitor.say({ ip: '192.0.2.2' });
      renameSync(log, `${log}.1`);
      // The server still writes into the old file when the new one is there.
      appendFileSync(`${log}.1`, lineOf({ ip: '192.0.2.3' }, monitor.clock.now()));
      monitor.writeText(lineOf({ ip: '192.0.2.4' }, monitor.clock.now()), 2);
      await monitor.read();
      truncateSync(log);
      await monitor.say({ ip: '192.0.2.5' }, { ip: '192.0.2.2' });
      const odd = Buffer.concat([Buffer.from([0xff, 0xfe, 0x00, 0x22]), Buffer.from('\n')]);
      monitor.writeText(odd, 1);
      const agent = Buffer.from(lineOf({ ip: '192.0.2.6', agent: 'caf\xe9' }, monitor.clock.now()), 'latin1');
      monitor.writeText(agent, 1);
      await monitor.read();
      const { v2 } = await monitor.nextPass();
      const addresses = v2.of('stream1').map(({ ip_address }) => ip_address);
      assert.deepEqual(
        addresses.sort(),
        [1, 2, 3, 4, 5, 6].map((i) => `192.0.2.${i}`),
      );
    },
  );
});

describe('configured by the environment alone, as the container is', () => {
  async function contained(env: Record<string, string>, check: (container: Container) => Promise<void>): Promise<void> {
    const monitor = new Monitor();
    const port = await freePort();
    monitor.write();
    const args = ['--listen', `127.0.0.1:${port}`, '--data', join(monitor.folder, 'data'), `log:${monitor.log}`];
    const child = startChild(process.execPath, [BIN, ...args], {
      cwd: monitor.folder,
      env: { ...process.env, ...env },
    });
    try {
      await child.printed(/serving on/, 30_000);
      await check({ child, monitor, url: `http://127.0.0.1:${port}` });
    } finally {
      await child.stop();
      await monitor.stop();
    }
  }

  interface Container {
    readonly child: LabChild;
    readonly monitor: Monitor;
    readonly url: string;
  }

  const listeners = ({ monitor }: Container) =>
    new Listing<ListenerV2>(readFileSync(join(monitor.folder, 'listeners.json'), 'utf8'));

  test('1. 2. STREAM_NAMES alone makes ./listeners.json and /listeners.json', async () => {
    await contained({ STREAM_NAMES: 'rock, jazz' }, async (container) => {
      await eventually('the file is there', async () => {
        assert.deepEqual(listeners(container).totals, { rock: 0, jazz: 0 });
      });
      const response = await fetch(`${container.url}/listeners.json`);
      assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8');
      assert.deepEqual(new Listing(await response.text()).totals, { rock: 0, jazz: 0 });
    });
  });

  for (const zone of ['Europe/London', 'Asia/Kolkata', 'America/Los_Angeles']) {
    test(`16. TZ ${zone} changes nothing`, async () => {
      const at = Math.floor(Date.now() / SECOND) * SECOND;
      await contained({ STREAM_NAMES: 'rock', TZ: zone }, async (container) => {
        const { monitor } = container;
        const request = { path: '/rock/a.m3u8' };
        appendFileSync(monitor.log, lineOf({ ...request, ip: '192.0.2.1', time: logTime(at) }, at));
        appendFileSync(monitor.log, lineOf({ ...request, ip: '192.0.2.2', time: inZone(at, 5.5, '+0530') }, at));
        appendFileSync(monitor.log, lineOf({ ...request, ip: '192.0.2.3', time: inZone(at, -8, '-0800') }, at));
        await eventually(
          'all three are there',
          async () => {
            const all = listeners(container).of('rock');
            assert.deepEqual(all.map(({ ip_address }) => ip_address).sort(), ['192.0.2.1', '192.0.2.2', '192.0.2.3']);
            for (const { connected_on: on } of all) assert.equal(on, at / SECOND);
          },
          40_000,
        );
      });
    });
  }
});
