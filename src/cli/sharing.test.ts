/**
 * `headcount sharing` against a stand-in for Tautulli. The texts of testdata/ were printed by a program of its own, in
 * Python and with the number formats of the detector, from the answers of the same stand-in.
 */

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import type { LabTautulli, LabTautulliOptions } from '../../lab/tautulli.ts';
import { HeadcountError } from '../lib/errors.ts';
import { askHouseholds, askSharing, MONDAY, startPlex } from './sharing/fixture.ts';
import { tautulliAt } from './sharing/question.ts';
import { sharing } from './sharing.ts';
import { keptTerminal } from './terminal.fixture.ts';

const servers: LabTautulli[] = [];
after(() => Promise.all(servers.map((server) => server.stop())));

async function plex(options?: LabTautulliOptions): Promise<LabTautulli> {
  const server = await startPlex(options);
  servers.push(server);
  return server;
}

const server = await plex();
const golden = (name: string) => readFileSync(new URL(`./sharing/testdata/${name}.txt`, import.meta.url), 'utf8');
const flaggedIn = (out: string) => [...out.matchAll(/^ {2}(\w+) {2}\(user_id/gm)].map(([, name]) => name);

test('[003] 126, 131: progress and devices, to the byte', async () => {
  assert.deepEqual(await askSharing(server), { code: 0, out: golden('devices'), err: '' });
  assert.deepEqual(await askSharing(server), { code: 0, out: golden('devices'), err: '' });
});

test('[003] 124, 125, 127, 129: places, jumps and the timeline, to the byte', async () => {
  const { out } = await askSharing(server, '--geo', '--timeline');
  assert.equal(out, golden('geo-timeline'));
  assert.match(out, /192\.168\.1\.4 \(LAN\)/);
  assert.match(out, /203\.0\.113\.5 \(Unknown\)/);
  assert.match(out, /192\.0\.2\.1 \(London, England, United Kingdom\)/);
  assert.match(out, /2001:db8::7 \(Ghana\)/);
  assert.match(out, /^ {4}\(no concurrent sessions\)$/m);
  assert.match(out, /TELEPORTATION DETECTED {2}\(18 event\(s\)\)/);
  assert.equal(out.match(/ --> {2}/g)!.length, 10);
  assert.match(out, /^ {8}x{40}$/m);
  assert.match(out, /^ {8}x{37}\.\.\.$/m);
});

test('[003] 128: addresses, to the byte; options of the score mean nothing there', async () => {
  assert.equal((await askSharing(server, '--top-ips')).out, golden('top-ips'));
  const { out } = await askSharing(server, '--top-ips', '--geo');
  assert.equal(out, golden('top-ips-geo'));
  const same = await askSharing(server, '--top-ips', '--min-score', '999', '--concurrent-only', '--timeline');
  assert.equal(same.out, golden('top-ips'));
});

test('[003] 110: how a host may be written, and whose environment counts', async () => {
  const base = (host: string) => tautulliAt(host, 'k').base;
  assert.equal(base('plex.example:8181'), 'http://plex.example:8181');
  assert.equal(base('https://plex.example/tautulli//'), 'https://plex.example/tautulli');
  assert.equal(base('plex.example/'), 'http://plex.example');
  const { host, port, tls, path } = tautulliAt('https://[2001:db8::1]/root/', 'k').access;
  assert.deepEqual([host, port, tls, path], ['2001:db8::1', 443, true, '/root']);
  assert.equal(tautulliAt('plex.example', 'k').access.port, 80);
  for (const host of ['http://', 'plex.example/?apikey=secret', 'http://me:secret@plex.example']) {
    assert.throws(
      () => tautulliAt(host, 'k'),
      (error: HeadcountError) => error.code === 'BAD_USAGE' && !error.message.includes('secret'),
    );
  }
  const at = `${server.host}:${server.port}/`;
  const ask = async (env: Record<string, string>, ...args: string[]) => {
    const terminal = keptTerminal({ env });
    await sharing.run(args, terminal);
    return terminal.written().out.split('\n')[0];
  };
  const fetching = `Fetching users from Tautulli (http://${server.host}:${server.port})...`;
  const key = { TAUTULLI_API_KEY: server.apiKey };
  assert.equal(await ask({ ...key, TAUTULLI_HOST: at, TAUTULLI_URL: 'http://192.0.2.1:1' }), fetching);
  assert.equal(await ask({ ...key, TAUTULLI_URL: at }), fetching);
  assert.equal(
    await ask({ TAUTULLI_HOST: '192.0.2.1', TAUTULLI_API_KEY: 'x' }, '--host', at, '--api-key', server.apiKey),
    fetching,
  );
});

test('[003] 111: without host or key, and without such a user, it says so and fails', async () => {
  const missing = 'Error: provide --host and --api-key (or set TAUTULLI_HOST / TAUTULLI_API_KEY).\n';
  for (const env of [{}, { TAUTULLI_HOST: 'x' }, { TAUTULLI_API_KEY: 'x' }]) {
    const terminal = keptTerminal({ env });
    assert.equal(await sharing.run([], terminal), 1);
    assert.deepEqual(terminal.written(), { out: '', err: missing });
  }
  const { code, err, out } = await askSharing(server, '--user', 'Nobody');
  assert.deepEqual([code, err], [1, "User 'Nobody' not found.\n"]);
  assert.equal(out, 'Fetching users from Tautulli (http://plex.example:8181)...\n');
});

test('[003] 112: a user by either name, in any case', async () => {
  const named = await plex();
  named.addRow({ user: 'login-name', friendly_name: 'Friendly', user_id: 77, started: MONDAY });
  for (const name of ['FRIENDLY', 'login-NAME']) {
    const { out } = await askSharing(named, '--user', name);
    assert.match(out, /Analyzing 1 user\(s\) over the last 36500 days\.\.\.\n\n {2}\[1\/1\] Friendly\.\.\. skip/);
  }
});

test('[003] 113, 116, 117: who is skipped, who is flagged, and in which order', async () => {
  const { out } = await askSharing(server);
  assert.match(out, /^ {2}\[5\/7\] Carl\.\.\. skip \(0-1 devices\)$/m);
  assert.deepEqual(flaggedIn(out), ['Emil', 'Anna', 'Bert']);
  assert.deepEqual(flaggedIn((await askSharing(server, '--min-score', '21')).out), ['Emil', 'Anna']);
  assert.deepEqual(flaggedIn((await askSharing(server, '--concurrent-only')).out), ['Emil', 'Anna']);
  const twins = await plex();
  for (const [i, name] of ['aa', 'zz', 'mm'].entries()) {
    for (const device of ['1', '2', '3']) {
      const facts = { user: name, friendly_name: name, user_id: 90 + i, machine_id: `${name}${device}` };
      twins.addRow({ ...facts, started: MONDAY, ip_address: '10.0.0.1' });
    }
  }
  assert.deepEqual(flaggedIn((await askSharing(twins)).out), ['Emil', 'Anna', 'zz', 'mm', 'aa', 'Bert']);
});

test('[003] 130: nobody is flagged', async () => {
  const { code, out } = await askSharing(server, '--min-score', '9999');
  assert.match(out, /\nNo users flagged for potential account sharing\.\n$/);
  assert.equal(code, 0);
});

test('[003] 132: more than 1,000 records and more than 500 users are all read', async () => {
  const generated = { rows: 2400, users: 600, firstStarted: MONDAY, everySeconds: 600 };
  const large = await plex({ generated });
  for (let i = 0; i < 1500; i++) {
    large.addRow({
      user: 'much',
      friendly_name: 'Much',
      user_id: 5,
      machine_id: `m-${i % 2}`,
      started: MONDAY + i * 60,
    });
  }
  const { out } = await askSharing(large, '--top-ips', '--json');
  const { users } = JSON.parse(out) as { users: { name: string; plays: number }[] };
  assert.equal(users.length, 600 + 6);
  assert.equal(users.find(({ name }) => name === 'Much')!.plays, 1500);
  // Of generated rows one in 19 has no address.
  const generatedPlays = users
    .filter(({ name }) => name.startsWith('User '))
    .reduce((sum, { plays }) => sum + plays, 0);
  assert.equal(generatedPlays, 2400 - Math.ceil(2400 / 19));
});

test('[003] 134: the look-back and all times are of the zone that is asked for, whatever zone the server is in', async () => {
  const now = Date.now();
  const midnight = (Math.floor((now + 5.5 * 3_600_000) / 86_400_000) * 86_400_000 - 5.5 * 3_600_000) / 1000;
  for (const utcOffsetHours of [-11, 0, 13]) {
    const zoned = await plex({ utcOffsetHours });
    const row = (device: string, started: number) =>
      zoned.addRow({
        user: 'zoe',
        friendly_name: 'Zoe',
        user_id: 44,
        machine_id: device,
        started,
        stopped: started + 9,
      });
    row('before', midnight - 86_400 - 1);
    row('first', midnight - 86_400);
    row('second', midnight - 86_400 + 1);
    const ask = ['--days', '1', '--user', 'zoe', '-z', 'Asia/Kolkata', '--min-score', '0', '--json'];
    const { users } = JSON.parse((await askSharing(zoned, ...ask)).out) as {
      users: { devices: { device: string }[] }[];
    };
    assert.deepEqual(users[0]!.devices.map(({ device }) => device).sort(), ['first', 'second']);
  }
  const { out } = await askSharing(server, '--timeline', '-z', 'Asia/Kolkata', '--user', 'anna');
  assert.match(out, /^ {4}2026-03-03\n {6}01:30-02:30 /m);
});

test('[003] 135, 138, 139, 144: what fails of one user is told with its message, and the others go on', async () => {
  const failing = await plex();
  const isAnna = (query: URLSearchParams) => query.get('user_id') === '11';
  for (const status of [400, 200] as const) {
    failing.fail(isAnna, `No such ${failing.apiKey} row`, status);
    const { code, out, err } = await askSharing(failing);
    assert.equal(code, 0);
    assert.match(out, /^ {2}\[7\/7\] Anna\.\.\. error: Tautulli API error \(get_history\): No such … row$/m);
    assert.deepEqual(flaggedIn(out), ['Emil', 'Bert']);
    assert.doesNotMatch(out + err, new RegExp(failing.apiKey));
  }
  failing.fail(() => true, 'Invalid apikey');
  await assert.rejects(askSharing(failing), (error: HeadcountError) => {
    assert.equal(error.code, 'PEER_REFUSED_LOGIN');
    return !error.message.includes(failing.apiKey);
  });
});

test('[003] 136, 137: what it asks for, page by page', async () => {
  const asked = await plex();
  for (let i = 0; i < 1001; i++) asked.addRow({ user: 'gil', friendly_name: 'Gil', user_id: 21, started: MONDAY + i });
  await askSharing(asked, '--user', 'gil', '--days', '30000');
  const histories = asked.asked.filter((query) => query.get('cmd') === 'get_history').map((q) => Object.fromEntries(q));
  const same = { cmd: 'get_history', user_id: '21', grouping: '0', include_activity: '0' };
  const order = { order_column: 'started', order_dir: 'asc', length: '1000', after: '1970-01-01' };
  assert.deepEqual(histories, [
    { ...same, ...order, start: '0' },
    { ...same, ...order, start: '1000' },
  ]);
});

test('[003] 142: what still plays is nobody’s past', async () => {
  const active = await plex();
  active.play({ user: 'hal', friendlyName: 'Hal', machineId: 'one' });
  active.addRow({ user: 'hal', friendly_name: 'Hal', user_id: 9, machine_id: 'two', started: MONDAY });
  active.addRow({
    user: 'hal',
    friendly_name: 'Hal',
    user_id: 9,
    machine_id: 'three',
    started: MONDAY,
    state: 'playing',
  });
  assert.match((await askSharing(active, '--user', 'hal')).out, /Hal\.\.\. skip \(0-1 devices\)/);
});

test('places by our own tables, where asked for', async () => {
  const before = server.asked.length;
  const { out } = await askSharing(server, '--geo', '--geo-by', 'headcount', '--user', 'bert');
  assert.match(out, /192\.168\.1\.4 \(LAN\)/);
  assert.ok(server.asked.slice(before).every((query) => query.get('cmd') !== 'get_geoip_lookup'));
});

test('each address is looked up once, whoever has it', async () => {
  const before = server.asked.length;
  await askSharing(server, '--geo');
  const asked = server.asked.slice(before).filter((query) => query.get('cmd') === 'get_geoip_lookup');
  const addresses = asked.map((query) => query.get('ip_address'));
  assert.equal(new Set(addresses).size, addresses.length);
  assert.ok(addresses.length > 3 && addresses.every((address) => !address!.startsWith('192.168.')));
});

test('for programs: JSON and CSV on standard output, progress beside', async () => {
  const { out, err } = await askSharing(server, '--json', '--geo', '--timeline');
  const { users, judgement, timeZone } = JSON.parse(out);
  assert.deepEqual([judgement, timeZone, users.length], ['classic', 'UTC', 3]);
  assert.deepEqual(
    [users[0].score, users[0].jumps.length, users[0].concurrent, users[0].timeline.length],
    [612, 18, { sessions: 6, devicePairs: 1, notCompared: 0 }, 12],
  );
  assert.equal(users[0].timeline[0].startedAt, '2026-03-02T20:00:00.000Z');
  assert.match(err, /^Fetching users[\s\S]*18 teleportation\(s\)!\n$/);
  const csv = (await askSharing(server, '--csv')).out.split('\r\n');
  assert.match(csv[0]!, /^user,userId,score,devices,/);
  assert.deepEqual(
    [csv.length, csv[4]],
    [1 + 3 + 3 + 3 + 1, 'Anna,11,72,3,2,6,1,,anna-phone,iOS,A phone with a very long name,6,21600,198.51.100.9'],
  );
  const addresses = (await askSharing(server, '--top-ips', '--csv', '--geo')).out;
  assert.match(addresses, /^Anna,11,192\.0\.2\.1,"London, England, United Kingdom",6,21600,0\.4997,webOS\r$/m);
});

test('names that would steer a terminal, or a spreadsheet, do not', async () => {
  const hostile = await plex();
  for (const machine_id of ['=1+1', '\u001b[2J']) {
    const facts = { user: 'eve', friendly_name: '=cmd\u001b[31m\nEve', user_id: 99, machine_id, player: '\u009b2J' };
    hostile.addRow({ ...facts, started: MONDAY, platform: '+SUM(A1)' });
  }
  for (const format of [[], ['--json'], ['--csv'], ['--top-ips'], ['--timeline', '--geo']]) {
    const { out, err } = await askSharing(hostile, '--min-score', '0', ...format);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
    assert.doesNotMatch(out + err, /[\u001b\u009b]/);
    if (format[0] === '--csv') assert.match(out, /^'=cmd/m);
  }
});

test('wrong usage is told before anything is asked', async () => {
  const wrong = [
    ['--days', 'x'],
    ['--min-score', '1.5'],
    ['x'],
    ['--json', '--csv'],
    ['--geo-by', 'me'],
    ['-z', 'Mars'],
  ];
  for (const args of [...wrong, ['--days', '-1'], ['--host', 'x', '--data', 'y'], ['--teleport']]) {
    await assert.rejects(
      sharing.run(args, keptTerminal()),
      (error) => error instanceof HeadcountError && error.code === 'BAD_USAGE',
      args.join(' '),
    );
  }
});

/** Two televisions in two households, on most evenings of five weeks. */
async function sharedPlex(): Promise<LabTautulli> {
  const shared = await plex();
  const row = (machine_id: string, ip_address: string, started: number) => {
    const facts = { user: 'gus', friendly_name: 'Gus', user_id: 31, platform: 'webOS', player: `TV of ${machine_id}` };
    const times = { started, stopped: started + 7200, play_duration: 7200, duration: 7200 };
    shared.addRow({ ...facts, ...times, machine_id, ip_address });
  };
  for (let day = 0; day < 35; day++) {
    row('home', '192.0.2.1', MONDAY + day * 86_400);
    if (day % 3 !== 0) row('friends', '198.51.100.9', MONDAY + day * 86_400 + 1800);
  }
  return shared;
}

test('by households: both scores, why, the households, and evidence that names both sessions', async () => {
  const shared = await sharedPlex();
  const { out, code } = await askHouseholds(shared);
  assert.equal(code, 0);
  assert.match(out, /\] Gus\.\.\. 2 devices, score \d+ \(classic \d+\)$/m);
  assert.match(out, /^ SHARED ACCOUNTS {2}— {2}1 user\(s\) flagged$/m);
  assert.match(
    out,
    /^ {2}Score: \d+ of 100 {2}\| {2}Classic score: \d+ {2}\| {2}Households: 2 {2}\| {2}Devices: 2 {2}\| {2}Plays: 58$/m,
  );
  assert.match(out, /^ {6} *[\d.]+ of 50 {2}devices at once in different households on 23 days$/m);
  assert.match(out, /^ {6}home +35 day\(s\) +35 play\(s\) +1 device\(s\) {2}2026-03-02 – 2026-04-05 {2}192\.0\.2\.1$/m);
  const unwrapped = out.replaceAll(/\s+/g, ' ');
  assert.match(
    unwrapped,
    /simultaneous, [\d.]+ points: TV of home, webOS at 192\.0\.2\.1 .* and TV of friends, webOS at/,
  );
  assert.match(unwrapped, /They are two households: no device of the two is at home in both/);
  assert.ok(!shared.asked.some((query) => query.get('cmd') === 'get_geoip_lookup'), 'our tables know places');
  assert.match((await askHouseholds(shared, '--min-score', '100', '--user', 'dora')).out, /^No users flagged/m);
  assert.match((await askHouseholds(shared, '--timeline')).out, /SESSION TIMELINE/);
});

test('by households: places by Tautulli, where asked for, and then travel', async () => {
  const shared = await sharedPlex();
  const { out } = await askHouseholds(shared, '--geo-by', 'tautulli', '--json');
  const { users, judgement } = JSON.parse(out);
  assert.deepEqual([judgement, users.length, users[0].name], ['households', 1, 'Gus']);
  const finding = users[0].findings.find(({ kind }: { kind: string }) => kind === 'simultaneous');
  assert.equal(finding.sessions.length, 2);
  assert.deepEqual(
    finding.sessions.map(({ place }: { place: { city: string } }) => place.city),
    ['London', 'New York'],
  );
  assert.ok(
    finding.distanceKm > 5000 && finding.gapSeconds < 0 && finding.why !== '' && finding.whyNotSuppressed !== '',
  );
  assert.ok(users[0].score >= 50 && users[0].classicScore > 100);
});

test('by households: a row for each finding, for spreadsheets, and nobody for a family', async () => {
  const shared = await sharedPlex();
  const lines = (await askHouseholds(shared, '--csv')).out.split('\r\n');
  assert.match(lines[0]!, /^user,userId,score,classicScore,households,finding,kind,points,at,/);
  assert.match(lines[1]!, /^Gus,31,\d+,\d+,2,\w+\/\d+\/\d+,/);
  const family = (await askHouseholds(server, '--csv', '--user', 'bert', '--min-score', '0')).out.split('\r\n');
  assert.deepEqual([family.length, family[1]], [3, 'Bert,12,0,20,1,,,,,,,,,,']);
  assert.match(
    (await askHouseholds(shared, '--concurrent-only', '--user', 'bert', '--min-score', '0')).out,
    /No users flagged/,
  );
});
