/** Who asks: passwords, the signature of the original, ours, and those who guess. */

import { strict as assert } from 'node:assert';
import { createHash, createHmac } from 'node:crypto';
import { afterEach, test } from 'node:test';
import { signedText } from './credentials.ts';
import { NOW, type Stage, stage } from './stage.fixture.ts';
import { UsedSignatures } from './used-signatures.ts';

const SECRETS = { secrets: [{ user: 'marco', secret: 'hU5lD5f' }] };
const STREAMS = { streams: [{ name: 'one', source: 'radio', stream: '/one', access: ['marco', 'admin'] }] };
const PATH = '/stats/one/userlist';

const stages: Stage[] = [];
afterEach(async () => {
  for (const each of stages.splice(0)) await each.close();
});

async function begun(options: Record<string, unknown>): Promise<Stage> {
  const made = await stage({ ...SECRETS, ...STREAMS, ...options });
  stages.push(made);
  return made;
}

/** The status, and the code of a refusal. */
async function outcome({ ask }: Stage, query: string, path = PATH): Promise<string> {
  const { status, text } = await ask(`${path}?${query}`);
  return status === 200 ? '200' : `${status} ${(JSON.parse(text) as { Error: { Code: string } }).Error.Code}`;
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** .NET's: 100 ns since 0001-01-01. */
function ticksAt(at: number): bigint {
  const yearOne = new Date(0);
  yearOne.setUTCFullYear(1, 0, 1);
  return BigInt(at - yearOne.getTime()) * 10_000n;
}

function signed(ticks: bigint | string, { user = 'marco', secret = 'hU5lD5f' } = {}): string {
  return `username=${user}&ticks=${ticks}&sign=${md5(`${user}${secret}${ticks}`)}`;
}

test('95: a password is taken where clear passwords are, and refused where they are not', async () => {
  const open = await begun({ clearPassword: true });
  assert.equal(await outcome(open, 'username=marco&password=hU5lD5f'), '200');
  assert.equal(await outcome(open, 'username=admin&password=adminadmin'), '200');
  assert.equal(await outcome(open, 'USER=admin&PASSWORD=adminadmin', '/stats/userlist/one/'), '200');
  for (const wrong of ['marco&password=', 'marco&password=hU5lD5F', 'admin&password=admin']) {
    assert.equal(await outcome(open, `username=${wrong}`), '401 WrongPassword', wrong);
  }
  const posted = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
  assert.equal((await open.ask(PATH, { ...posted, body: 'username=marco&password=hU5lD5f' })).status, 200);
  const closed = await begun({});
  for (const right of ['marco&password=hU5lD5f', 'admin&password=adminadmin', 'marco&password=wrong']) {
    assert.equal(await outcome(closed, `username=${right}`), '403 PasswordNotAccepted', right);
  }
});

test('96: the signature of the documentation is what we compute', () => {
  assert.equal(md5('marco' + 'hU5lD5f' + '53435322'), 'ef6cd2dda75e171515d9d47d2883b766');
  assert.equal(ticksAt(0), 621_355_968_000_000_000n);
});

test('96: the MD5 signature is taken where it is on, in hexadecimal of either case', async () => {
  const legacy = await begun({ legacySignature: true });
  const query = signed(ticksAt(NOW));
  assert.equal(await outcome(legacy, query), '200');
  assert.equal(await outcome(legacy, query), '200', 'again');
  assert.equal(
    await outcome(
      legacy,
      query.replace(/sign=.*/, (sign) => `Sign=${sign.slice(5).toUpperCase()}`),
    ),
    '200',
  );
  assert.equal(await outcome(legacy, signed(ticksAt(NOW), { secret: 'hU5lD5F' })), '401 WrongSignature');
  assert.equal(await outcome(legacy, signed(ticksAt(NOW), { user: 'stranger' })), '401 UnknownUser');
  // The password of a login signs nothing.
  assert.equal(
    await outcome(legacy, signed(ticksAt(NOW), { user: 'admin', secret: 'adminadmin' })),
    '401 WrongSignature',
  );
  for (const sign of ['', 'zz', 'ef6cd2dda75e171515d9d47d2883b76', 'é'.repeat(32)]) {
    const wrong = query.replace(/sign=.*/, `sign=${encodeURIComponent(sign)}`);
    assert.equal(await outcome(legacy, wrong), '401 WrongSignature', sign);
  }
  assert.equal(await outcome(await begun({}), query), '403 SignatureNotAccepted');
  assert.equal(await outcome(legacy, `${query}&password=hU5lD5f`), '400 BadParameter');
});

test('97: three minutes before and after are good, to the tick; the time is UTC', async () => {
  const legacy = await begun({ legacySignature: true });
  const now = ticksAt(NOW);
  const most = 3n * 60n * 10_000_000n;
  for (const good of [now, now - most, now + most]) assert.equal(await outcome(legacy, signed(good)), '200', `${good}`);
  for (const bad of [now - most - 1n, now + most + 1n, ticksAt(NOW + 3_600_000)]) {
    assert.equal(await outcome(legacy, signed(bad)), '401 TimeOutOfRange', `${bad}`);
  }
  for (const odd of ['53435322', `${now}0`, '-63900000000000000', `${now}`.replace('6', 'x')]) {
    assert.equal(await outcome(legacy, signed(odd)), '400 BadParameter', odd);
  }
  const timeless = signed(now).replace(/&ticks=\d+/, '');
  assert.equal(await outcome(legacy, timeless), '401 TimeMissing');
});

test('98: an MD5 signature may be good for once only', async () => {
  const strict = await begun({ legacySignature: true, refuseReplays: true });
  assert.equal(await outcome(strict, signed(ticksAt(NOW))), '200');
  assert.equal(await outcome(strict, signed(ticksAt(NOW))), '401 SignatureUsed');
  assert.equal(await outcome(strict, signed(ticksAt(NOW) + 1n)), '200');
});

interface Signing {
  readonly method?: string;
  readonly path?: string;
  readonly at?: number;
  readonly secret?: string;
}

/** Signs as the page says, by other means than the facade's. */
function withHmac(
  parameters: string,
  { method = 'GET', path = PATH, at = NOW, secret = 'hU5lD5f' }: Signing = {},
): string {
  const all = `${parameters}${parameters === '' ? '' : '&'}time=${at / 1000}&username=marco`;
  const text = `${method}\n${path}\n${all.split('&').sort().join('&')}`;
  return `${all}&signature=${createHmac('sha256', secret).update(text).digest('hex')}`;
}

test('98: the HMAC covers method, path and every parameter, and is taken once', async () => {
  const safe = await begun({});
  const query = withHmac('page=1');
  assert.equal(await outcome(safe, query), '200');
  assert.equal(await outcome(safe, query), '401 SignatureUsed');
  assert.equal(await outcome(safe, withHmac('nonce=2&page=1')), '200');
  assert.equal(await outcome(safe, withHmac('nonce=3&city=Saint-%C3%89tienne')), '200');
  const upper = withHmac('nonce=4').replace(/signature=.*/, (hex) => `Signature=${hex.slice(10).toUpperCase()}`);
  assert.equal(await outcome(safe, upper), '200');
  const fresh = withHmac('nonce=5&page=1');
  assert.equal(await outcome(safe, fresh.replace('page=1', 'page=2')), '401 WrongSignature');
  assert.equal(await outcome(safe, `${fresh}&page=1`), '400 BadParameter');
  assert.equal(await outcome(safe, `${fresh}&pagesize=7`), '401 WrongSignature');
  assert.equal(await outcome(safe, fresh, '/stats/userlist/one'), '401 WrongSignature');
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  assert.equal((await safe.ask(PATH, { method: 'POST', headers, body: fresh })).status, 401);
  const posted = withHmac('nonce=6', { method: 'POST' });
  assert.equal((await safe.ask(PATH, { method: 'POST', headers, body: posted })).status, 200);
  assert.equal(await outcome(safe, withHmac('nonce=7', { secret: 'x' })), '401 WrongSignature');
  assert.equal(await outcome(safe, fresh), '200', 'what failed elsewhere was not used up');
});

test('97: the HMAC, too, is good for three minutes', async () => {
  const safe = await begun({});
  for (const at of [NOW - 180_000, NOW + 180_000]) assert.equal(await outcome(safe, withHmac('', { at })), '200');
  for (const at of [NOW - 180_001, NOW + 180_001]) {
    assert.equal(await outcome(safe, withHmac('', { at })), '401 TimeOutOfRange');
  }
  assert.equal(await outcome(safe, 'username=marco&signature=00'), '401 TimeMissing');
  assert.equal(await outcome(safe, 'username=marco&signature=00&time=now'), '400 BadParameter');
});

test('what is signed is sorted, encoded, and without the signature', () => {
  const parameters = [
    ['b', 'ü &'],
    ['Signature', 'x'],
    ['a', '1'],
  ] as const;
  assert.equal(signedText({ method: 'GET', path: '/status/', parameters }), 'GET\n/status/\na=1&b=%C3%BC%20%26');
});

test('who guesses has to wait: the client, whoever the user is, and the user, whoever the client is', async () => {
  const made = await begun({ clearPassword: true });
  const from = async (address: string, user: string, password: string) => {
    const path = `${PATH}?username=${user}&password=${password}`;
    const { status } = await made.ask(path, { headers: { 'x-forwarded-for': address } });
    return status;
  };
  // Many names from one client.
  for (let i = 0; i < 20; i++) assert.equal(await from('192.0.2.1', `stranger${i}`, 'x'), 401);
  assert.equal(await from('192.0.2.1', 'marco', 'hU5lD5f'), 429);
  assert.equal(await from('192.0.2.2', 'marco', 'hU5lD5f'), 200);
  // A client may choose any address of its /64.
  for (let i = 0; i < 20; i++) assert.equal(await from(`2001:db8::${i}`, 'stranger', 'x'), 401);
  assert.equal(await from('2001:db8::ffff', 'marco', 'hU5lD5f'), 429);
  // One name from many clients.
  for (let i = 0; i < 20; i++) assert.equal(await from(`198.51.100.${i}`, 'marco', 'x'), 401);
  assert.equal(await from('203.0.113.1', 'marco', 'hU5lD5f'), 429);
  assert.equal(await from('203.0.113.1', 'admin', 'adminadmin'), 200);
  const held = await made.ask(`${PATH}?username=marco&password=hU5lD5f`);
  assert.equal(held.headers['retry-after'], '60');
  made.clock.pass(60_000);
  assert.equal(await from('203.0.113.1', 'marco', 'hU5lD5f'), 200);
  assert.equal(await from('192.0.2.1', 'marco', 'hU5lD5f'), 200);
});

test('a refusal says nothing of what was sent', async () => {
  const made = await begun({ clearPassword: true, legacySignature: true });
  const queries = [
    'username=hunter2&password=hunter2',
    'hunter2=1&hunter2=2',
    `username=marco&sign=hunter2&ticks=${ticksAt(NOW)}`,
  ];
  for (const query of queries) {
    const { status, text } = await made.ask(`/stats/hunter2/userlist?${query}`);
    assert.ok(status >= 400);
    assert.doesNotMatch(text, /hunter2|hU5lD5f/, query);
  }
});

test('signatures are remembered for as long as they could be good, and no more of them than there is room for', () => {
  let now = 0;
  const used = new UsedSignatures(2, 360, () => now);
  assert.deepEqual([used.use('a'), used.use('a'), used.use('b'), used.use('c')], ['new', 'used', 'new', 'full']);
  now = 360;
  assert.equal(used.use('a'), 'used');
  now = 361;
  assert.deepEqual([used.use('c'), used.use('a')], ['new', 'new']);
});
