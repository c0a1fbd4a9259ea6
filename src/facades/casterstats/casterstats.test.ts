/** The questions of CasterStats Proxy, over HTTP. Every XML answer on the way is checked against the schema. */

import { strict as assert } from 'node:assert';
import { afterEach, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { until } from '../../../lab/child.ts';
import {
  addresses,
  checkSchema,
  fromXml,
  names,
  PUBLIC,
  placeIn,
  type Stage,
  stage,
  type Users,
  VLC,
  withoutNulls,
} from './stage.fixture.ts';

const stages: Stage[] = [];
afterEach(async () => {
  for (const each of stages.splice(0)) await each.close();
});

async function begun(options: Record<string, unknown> = PUBLIC, isBegun = true): Promise<Stage> {
  const made = await stage(options, isBegun);
  stages.push(made);
  return made;
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

test('83, 84: five routes, both orders, with and without a slash, GET and POST, JSON and XML', async () => {
  const { listen, ask } = await begun();
  listen({}, { stream: '/two' });
  const roots = {
    userlist: 'UserList',
    countries: 'Countries',
    cities: 'Cities',
    players: 'Players',
    status: 'StatusList',
  };
  for (const [subject, root] of Object.entries(roots)) {
    const own = subject === 'status' ? ['/status/one'] : [];
    for (const path of [`/stats/${subject}/one`, `/stats/one/${subject}`, `/stats/${subject}/%2Fone`, ...own]) {
      for (const slash of ['', '/']) {
        for (const format of ['JSON', 'xml']) {
          const got = await ask(`${path}${slash}?format=${format}`);
          const posted = await ask(`${path}${slash}`, { method: 'POST', headers: FORM, body: `format=${format}` });
          assert.deepEqual([got.status, posted.status, posted.text], [200, 200, got.text], path);
          if (format === 'xml') assert.equal(fromXml(got.text).name, root);
          else assert.deepEqual(names(JSON.parse(got.text) as Users), ['/one'], path);
        }
      }
    }
    const all = await ask(subject === 'status' ? '/status' : `/stats/${subject}/`);
    assert.deepEqual(names(JSON.parse(all.text) as Users), ['/one', '/two']);
  }
});

test('85: the format in any case, JSON by default, with the right content types', async () => {
  const { ask, refusal } = await begun();
  const typeOf = async (query: string) => (await ask(`/stats/userlist${query}`)).headers['content-type'];
  for (const query of ['', '?format=json', '?FORMAT=Json', '?format=']) {
    assert.equal(await typeOf(query), 'application/json; charset=utf-8', query);
  }
  for (const query of ['?format=XML', '?Format=xml', '?FORMAT=Xml']) {
    assert.equal(await typeOf(query), 'application/xml; charset=utf-8', query);
  }
  assert.equal(await refusal('/stats/userlist?format=yaml'), '400 BadParameter');
});

test('86: a user has address, seconds, player and location', async () => {
  const { listen, report, json, ask } = await begun();
  const place = placeIn('BE', 'Brussels');
  const geo = { ...place.geo!, postalCode: '1000', regionCode: 'BRU', region: 'Brussels Capital' };
  listen({ ip: '192.0.2.7', for: 61, place: { ...place, geo } });
  report('/one', { listeners: 2 });
  const answer = await json('/stats/userlist/one');
  const expected = {
    At: '2026-11-21T12:00:00.000Z',
    ...{ CurrentUsers: 1, TotalUsers: 1, Page: 1, PageSize: 1000, Pages: 1 },
    Streams: [
      {
        ...{ Name: '/one', Status: 'Up', Age: 3, Stale: false, CurrentUsers: 1, ReportedUsers: 2 },
        Users: [
          {
            IpAddress: '192.0.2.7',
            TimeConnected: 61,
            Player: { Name: 'VLC media player', Version: '3.0.20', Type: 'player', Platform: 'Linux' },
            Location: {
              ...{ Latitude: 50.5, Longitude: -4.25, PostalCode: '1000', City: 'Brussels' },
              ...{ RegionCode: 'BRU', Region: 'Brussels Capital', CountryCode: 'BE', Country: 'Belgium' },
            },
          },
        ],
      },
    ],
  };
  assert.deepEqual(answer, expected);
  assert.deepEqual(fromXml((await ask('/stats/userlist/one?format=xml')).text), { name: 'UserList', value: expected });
});

test('87: pages are disjoint slices of the whole list, across streams; the spelling does not matter', async () => {
  const { listen, json, refusal } = await begun();
  listen(...Array.from({ length: 7 }, (_, i) => ({ stream: i < 4 ? '/one' : '/two', for: i * 10 })));
  const whole = addresses(await json<Users>('/stats/userlist'));
  assert.equal(whole.length, 7);
  const paged: (string | null)[] = [];
  for (const [i, size] of ['pagesize', 'page_size', 'page%20size', 'PageSize'].entries()) {
    const page = await json<Users>(`/stats/userlist?Page=${i + 1}&${size}=2`);
    assert.deepEqual([page.TotalUsers, page.Pages, page.CurrentUsers], [7, 4, 7]);
    assert.deepEqual(names(page), ['/one', '/two']);
    paged.push(...addresses(page));
  }
  assert.deepEqual(paged, whole);
  assert.deepEqual(addresses(await json<Users>('/stats/userlist?page=5&pagesize=2')), []);
  for (const wrong of ['page=0', 'page=x', 'page=1.5', 'page=-1', 'pagesize=0', 'pagesize=10001', 'page=1&Page=1']) {
    assert.equal(await refusal(`/stats/userlist?${wrong}`), '400 BadParameter', wrong);
  }
});

test('88: player, country and city choose, alone and together', async () => {
  const { listen, json, refusal } = await begun();
  const winamp = { ...VLC, name: 'Winamp', version: null };
  listen(
    { ip: '192.0.2.1', player: VLC, place: placeIn('BE', 'Brussels') },
    { ip: '192.0.2.2', player: winamp, place: placeIn('BE', 'Ghent') },
    { ip: '192.0.2.3', player: winamp, place: placeIn('FR', 'Lyon') },
    { ip: '192.0.2.4', player: null, place: null },
  );
  const chosen = async (query: string) =>
    addresses(await json<Users>(`/stats/userlist/one?${query}`))
      .map((each) => each?.at(-1))
      .join('');
  assert.equal(await chosen(''), '1234');
  assert.equal(await chosen('player=winamp'), '23');
  assert.equal(await chosen('player=vlc-media-player'), '1');
  assert.equal(await chosen('player=VLC+media+player'), '1');
  assert.equal(await chosen('player=unknown'), '4');
  assert.equal(await chosen('CountryCode=be'), '12');
  assert.equal(await chosen('city=GHENT'), '2');
  assert.equal(await chosen('cityname=Lyon&country=FR'), '3');
  assert.equal(await chosen('player=winamp&country_code=BE&city=ghent'), '2');
  assert.equal(await chosen('player=winamp&country=BE&city=lyon'), '');
  assert.equal((await json<Users>('/stats/userlist/one?country=BE')).TotalUsers, 2);
  assert.equal(await refusal('/stats/userlist?countrycode=BEL'), '400 BadParameter');
  assert.equal(await refusal(`/stats/userlist?city=${'x'.repeat(201)}`), '400 BadParameter');
  assert.equal(await refusal('/stats/countries?player=vlc'), '400 BadParameter');
});

test('89: without geolocation there are no locations, and nothing to choose by them', async () => {
  const { listen, json, refusal, ask } = await begun();
  listen({});
  for (const no of ['no', 'NO', 'false', '0']) {
    const [stream] = (await json<Users>(`/stats/userlist/one?geolocate=${no}`)).Streams;
    assert.ok(!('Location' in stream!.Users[0]!), no);
  }
  assert.doesNotMatch((await ask('/stats/userlist/one?format=xml&geolocate=no')).text, /Location|Belgium/);
  assert.ok((await json<Users>('/stats/userlist/one?geolocate=yes')).Streams[0]!.Users[0]!.Location);
  for (const path of ['userlist?country=BE', 'userlist?city=Ghent', 'countries?', 'cities?']) {
    assert.equal(await refusal(`/stats/${path}&geolocate=no`), '400 GeolocationOff', path);
  }
  assert.equal(await refusal('/stats/userlist?geolocate=perhaps'), '400 BadParameter');
});

test('90: showproperties adds what the server says of the stream', async () => {
  const { report, json, ask } = await begun();
  report('/one', {
    ...{
      name: 'Radio One',
      description: 'Music',
      genre: 'Jazz',
      contentType: 'audio/mpeg',
      bitrate: 128,
      title: 'So <What>',
    },
    ...{ startedAt: NOW_STARTED, averageSeconds: 610.5, peakListeners: 40, uniqueListeners: 3, maxListeners: 100 },
  });
  const path = '/stats/userlist/one';
  const plain = await json<{ Streams: object[] }>(path);
  assert.ok(!('Properties' in plain.Streams[0]!));
  for (const query of ['?showproperties=yes', '?ShowProperties', '?show_properties=1']) {
    const { Streams } = await json<{ Streams: { Properties: unknown }[] }>(`${path}${query}`);
    assert.deepEqual(Streams[0]!.Properties, {
      ...{ Title: 'Radio One', Description: 'Music', Genre: 'Jazz', ContentType: 'audio/mpeg', Bitrate: 128 },
      CurrentMedia: 'So <What>',
      MediaHistory: [{ At: '2026-11-21T12:00:00.000Z', Title: 'So <What>' }],
      StartedAt: '2026-11-20T00:00:00.000Z',
      ...{ AverageTime: 610.5, PeakUsers: 40, UniqueUsers: 3, MaxUsers: 100 },
    });
  }
  const asXml = fromXml((await ask(`${path}?showproperties=yes&format=xml`)).text).value;
  assert.deepEqual(asXml, withoutNulls(await json(`${path}?showproperties=yes`)));
});

const NOW_STARTED = Date.UTC(2026, 10, 20);

test('91, 92: countries, cities and players add up to the current users; players have code, type and platform', async () => {
  const { listen, json, ask } = await begun();
  const phone = { name: null, version: null, type: 'player', platform: 'Android' };
  listen(
    { place: placeIn('BE', 'Ghent') },
    { place: placeIn('BE', 'Ghent'), player: phone },
    { place: placeIn('BE', null), player: null },
    { place: placeIn('FR', 'Lyon') },
    { place: null, player: null },
    { bot: true },
    { stream: '/two' },
  );
  interface Counts {
    readonly CurrentUsers: number;
    readonly Streams: readonly (Record<string, readonly { readonly Count: number }[]> & {
      readonly CurrentUsers: number;
    })[];
  }
  for (const list of ['Countries', 'Cities', 'Players']) {
    const { CurrentUsers, Streams } = await json<Counts>(`/stats/${list.toLowerCase()}`);
    assert.equal(CurrentUsers, 6, 'bots are none');
    for (const stream of Streams) {
      assert.equal(
        stream[list]!.reduce((sum, { Count }) => sum + Count, 0),
        stream.CurrentUsers,
        list,
      );
    }
    const { value } = fromXml((await ask(`/stats/${list.toLowerCase()}?format=xml`)).text);
    assert.deepEqual(value, withoutNulls(await json(`/stats/${list.toLowerCase()}`)));
  }
  const rows = async (list: string) =>
    (await json<{ Streams: Record<string, unknown>[] }>(`/stats/${list.toLowerCase()}/one`)).Streams[0]![list];
  assert.deepEqual(await rows('Countries'), [
    { CountryCode: 'BE', Country: 'Belgium', Count: 3 },
    { CountryCode: 'FR', Country: 'France', Count: 1 },
    { CountryCode: null, Country: null, Count: 1 },
  ]);
  assert.deepEqual(((await rows('Cities')) as object[])[0], {
    ...{ City: 'Ghent', RegionCode: null, Region: null, CountryCode: 'BE', Country: 'Belgium', Count: 2 },
  });
  assert.deepEqual(await rows('Players'), [
    { Code: 'vlc-media-player', Name: 'VLC media player', Type: 'player', Platform: 'Linux', Count: 2 },
    { Code: 'unknown', Name: null, Type: null, Platform: null, Count: 2 },
    { Code: 'unknown', Name: null, Type: 'player', Platform: 'Android', Count: 1 },
  ]);
});

test('bots are counted where that is asked for', async () => {
  const { listen, json } = await begun({ ...PUBLIC, bots: true });
  listen({}, { bot: true });
  assert.equal((await json<Users>('/stats/userlist')).TotalUsers, 2);
});

const NAMED = ['up', 'down', 'refused', 'missing', 'elsewhere'].map((name) => ({
  ...{ name, source: name === 'elsewhere' ? 'nowhere' : 'radio', stream: `/${name}` },
}));

test('93: Up, Down, Unreachable and Unknown, for a server that refuses and a mount that nobody feeds', async () => {
  const made = await begun({ ...PUBLIC, caching: '0s', streams: NAMED });
  made.report('/up', {});
  made.report('/down', { status: 'down' });
  const statuses = async () =>
    Object.fromEntries((await made.json<Users>('/status')).Streams.map(({ Name, Status }) => [Name, Status]));
  assert.deepEqual(await statuses(), {
    ...{ up: 'Up', down: 'Down', refused: 'Down', missing: 'Down', elsewhere: 'Unknown' },
  });
  const { Summary } = await made.json<{ Summary: unknown }>('/status');
  assert.deepEqual(Summary, { Up: 1, Down: 3, Unreachable: 0, Unknown: 1 });
  made.fail();
  assert.deepEqual(await statuses(), {
    ...{ up: 'Unreachable', down: 'Down', refused: 'Unreachable', missing: 'Unreachable', elsewhere: 'Unknown' },
  });
  // Neither timed out nor answered yet, or a log, which never speaks of streams.
  made.sources = [{ name: 'radio', audience: null, isUnreachable: false, lastBatchAt: null, tellsStreams: true }];
  assert.equal((await statuses())['missing'], 'Unknown');
  made.sources = [{ name: 'radio', audience: null, isUnreachable: false, lastBatchAt: 1, tellsStreams: false }];
  assert.equal((await statuses())['missing'], 'Unknown');
  await made.ask('/status?format=xml');
});

test('109: when the server fails, the last list stays, marked with its age', async () => {
  const made = await begun();
  made.listen({ ip: '192.0.2.9' });
  made.report('/one', {});
  made.fail();
  made.clock.pass(57_000);
  const [stream] = (await made.json<Users>('/stats/userlist/one')).Streams;
  assert.deepEqual([stream!.Status, stream!.Stale, stream!.Age], ['Unreachable', true, 60]);
  assert.deepEqual(
    stream!.Users.map(({ IpAddress }) => IpAddress),
    ['192.0.2.9'],
  );
});

test('107: a user of whom only the address is known makes no trouble', async () => {
  const { listen, json, ask } = await begun();
  listen({ ip: '192.0.2.3', player: null, place: null, for: 0 }, { ip: null, for: 0 });
  const [stream] = (await json<Users>('/stats/userlist')).Streams;
  assert.deepEqual(stream!.Users[0], { IpAddress: '192.0.2.3', TimeConnected: 0, Player: null, Location: null });
  assert.equal(stream!.Users[1]!.IpAddress, null);
  assert.equal((await ask('/stats/userlist?format=xml')).status, 200);
});

test('a stream of the configuration may be all of a source', async () => {
  const { listen, report, json } = await begun({ ...PUBLIC, streams: [{ name: 'all', source: 'radio' }] });
  listen({}, { stream: '/two' });
  report('/one', { status: 'down' });
  report('/two', { peakListeners: 4 });
  report('/three', { peakListeners: 3 });
  const [stream] = (await json<Users>('/stats/userlist/all')).Streams;
  assert.deepEqual([stream!.Status, stream!.Users.length], ['Up', 2]);
});

test('104: many questions, one reading of the audience, also before the first source has spoken', async () => {
  const { ask, begin, listen, clock, readings, counters } = await begun({ ...PUBLIC, caching: '15s' }, false);
  const first = Array.from({ length: 50 }, () => ask('/stats/userlist'));
  listen({});
  begin();
  for (const answer of await Promise.all(first)) assert.equal((JSON.parse(answer.text) as Users).TotalUsers, 1);
  listen({});
  clock.pass(14_999);
  for (let i = 0; i < 50; i++) {
    const page = await ask('/stats/userlist/one');
    assert.equal((JSON.parse(page.text) as Users).TotalUsers, 1);
  }
  assert.equal(readings(), 1);
  assert.equal(counters.read()['facade casterstats']!['answersRendered'], 1, 'who sees the same is told the same');
  clock.pass(1);
  assert.equal((JSON.parse((await ask('/stats/userlist')).text) as Users).TotalUsers, 2);
  assert.equal(readings(), 2);
});

test('who waits in vain is told so', async () => {
  const made = await begun(PUBLIC, false);
  const asking = made.refusal('/stats/userlist');
  await until('it waits', () => made.timeIsUp());
  assert.equal(await asking, '503 NotYet');
});

test('105: compressed as it is accepted, and only then', async () => {
  const { listen, ask } = await begun();
  listen(...Array.from({ length: 20 }, () => ({})));
  const plain = await ask('/stats/userlist');
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.match(String(plain.headers['vary']), /accept-encoding/);
  const unpack = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync };
  for (const [encoding, unpacked] of Object.entries(unpack)) {
    for (const _ of ['made', 'kept']) {
      const answer = await ask('/stats/userlist', { headers: { 'accept-encoding': encoding } });
      assert.equal(answer.headers['content-encoding'], encoding);
      assert.equal(unpacked(answer.body).toString(), plain.text);
    }
  }
  const headers = { 'accept-encoding': 'gzip;q=0, identity' };
  assert.equal((await ask('/stats/userlist', { headers })).headers['content-encoding'], undefined);
});

test('108: the schema is served, and is one', async () => {
  const { ask } = await begun();
  const { status, text, headers } = await ask('/stats/casterstats.xsd');
  assert.equal(status, 200);
  assert.match(String(headers['content-type']), /^application\/xml/);
  assert.match(text, /<xs:element name="UserList">/);
  // After whatever this file has asked for until now.
  assert.ok(checkSchema() > 50);
  assert.throws(() => checkSchema(['<UserList><Page>1</Page></UserList>']), /fails to validate/);
});
