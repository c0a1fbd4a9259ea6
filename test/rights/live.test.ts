/** The live events of somebody who may not see everything; and what a change of rights does to who follows them. */

import { strict as assert } from 'node:assert';
import { request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { until } from '../../lab/child.ts';
import { accessTo } from '../../src/core/access.ts';
import { clientFacts, FOREVER, type Observation, presence } from '../../src/core/observation.ts';
import type { LiveAudience, LiveSession, StreamWire } from '../../src/http/contract.ts';
import { isBot, NOW } from '../../src/http/crowd.fixture.ts';
import { OPEN_TRUST, type Site } from '../../src/http/fixture.ts';
import { addressWords, anyOf, askAs, credentialsOf, foreignWords, OWN, startRights, type Who } from './fixture.ts';

interface Follower {
  text: string;
  hasEnded: boolean;
}

async function siteOf(t: TestContext): Promise<Site> {
  const site = await startRights();
  t.after(() => site.close());
  return site;
}

function follow(t: TestContext, site: Site, who: Who): Promise<Follower> {
  return new Promise((resolve, reject) => {
    const headers = { host: '127.0.0.1', ...credentialsOf(who) };
    const path = '/api/v1/live?events=sessions';
    const asking = request({ host: '127.0.0.1', port: site.port, path, headers, agent: false }, (response) => {
      assert.equal(response.statusCode, 200);
      const follower = { text: '', hasEnded: false };
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        follower.text += text;
      });
      response.on('error', () => {});
      response.on('close', () => {
        follower.hasEnded = true;
      });
      resolve(follower);
    });
    t.after(() => asking.destroy());
    asking.on('error', reject);
    asking.end();
  });
}

function told<T>({ text }: Follower, event: string): T[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .filter((block) => block.includes(`event: ${event}\n`))
    .map((block) => JSON.parse(block.slice(block.indexOf('data: ') + 6)) as T);
}

/** The same happens on both streams; on that of the others first. */
function happenings(step: number): Observation[] {
  return ['/talk', '/jazz'].flatMap((stream, i): Observation[] => {
    const client = clientFacts({
      address: `203.0.113.${10 * step + i}`,
      port: 50_555,
      connection: `${stream} ${step}`,
    });
    return [
      { kind: 'report', stream, at: NOW + step, status: 'up', title: `Title ${step} of ${stream.slice(1)}` },
      presence({ stream, client, from: NOW - 500, until: FOREVER }),
    ];
  });
}

const HERE = OWN.filter((each) => each.isOpen && !isBot(each));

test('only the streams that are seen are told, and counted', async (t) => {
  const site = await siteOf(t);
  const words = foreignWords(site);
  const limited = await follow(t, site, 'limited');
  const whole = await follow(t, site, 'whole');
  await until('the first audience', () => told(limited, 'audience').length > 0);
  const [first] = told<LiveAudience>(limited, 'audience');
  assert.equal(first!.sessions, HERE.length);
  assert.deepEqual(Object.keys(first!.streams), [site.service.streams.idOf('radio', '/jazz')]);

  await site.tell('radio', happenings(1));
  await site.settle();
  await until('both are told', () => [limited, whole].every((each) => told(each, 'session').length > 0));
  site.clock.pass(1000);
  await until('he is counted', () => told<LiveAudience>(limited, 'audience').some(({ joined }) => joined > 0));
  await until('the newest is counted', () => {
    return told<LiveAudience>(limited, 'audience').at(-1)!.sessions === HERE.length + 1;
  });
  assert.deepEqual(
    told<LiveSession>(limited, 'session').map(({ session }) => session.client.ip),
    ['203.0.113.11'],
  );
  assert.deepEqual(
    told<StreamWire>(limited, 'stream').map(({ title }) => title),
    ['Title 1 of jazz'],
  );
  const joined = told<LiveAudience>(limited, 'audience').reduce((sum, each) => sum + each.joined, 0);
  assert.equal(joined, 1);
  for (const expression of [words, anyOf(['203.0.113.10', 'Title 1 of talk'])]) {
    assert.doesNotMatch(limited.text, expression);
  }
  assert.equal(told(whole, 'session').length, 2, 'both happened');
});

test('who sees no addresses is told of everybody, without them', async (t) => {
  const site = await siteOf(t);
  const masked = await follow(t, site, 'masked');
  await site.tell('radio', happenings(1));
  await site.settle();
  await until('both are told', () => told(masked, 'session').length === 2);
  assert.deepEqual(
    told<LiveSession>(masked, 'session').map(({ session: { client } }) => [client.ip, client.port]),
    [
      ['203.0.113.0', null],
      ['203.0.113.0', null],
    ],
  );
  assert.doesNotMatch(masked.text, addressWords(site));
  assert.doesNotMatch(masked.text, anyOf(['203.0.113.10', '203.0.113.11']));
});

test('new rights hold at once, and who follows the events has to come again', async (t) => {
  const site = await siteOf(t);
  const limited = await follow(t, site, 'limited');
  await until('the first audience', () => told(limited, 'audience').length > 0);
  const users = [
    { name: 'limited', secret: 'password of limited', write: false, groups: [], access: accessTo(null, true) },
  ];
  site.http.trust({ ...OPEN_TRUST, users });
  await until('the events have ended', () => limited.hasEnded);
  assert.match((await askAs(site, 'limited', '/api/v1/streams')).text, anyOf(['/talk']));
  assert.equal((await askAs(site, 'whole', '/api/v1/streams')).status, 401);
  const again = await follow(t, site, 'limited');
  await until('it is told of all', () => told<LiveAudience>(again, 'audience').some((each) => each.sessions > 20));
});
