import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { XmlError } from '../../transports/poll/xml.ts';
import { parseStat, presencesOf, reportOf } from './parse.ts';

const NOW = Date.UTC(2026, 10, 21, 1, 18, 0);
const recorded = (name: string) => readFileSync(new URL(`testdata/nginx-rtmp-1.2.2/${name}`, import.meta.url), 'utf8');
const page = (streams: string) =>
  `<rtmp><pid>7</pid><uptime>9</uptime><server><application><name>live</name><live>${streams}</live></application></server></rtmp>`;
const stream = (inner: string) => page(`<stream><name>cam1</name>${inner}</stream>`);
const cam1 = (xml: string) => parseStat(xml).streams.get('live/cam1')!;

test('1.2.2: a player is a listener since its milliseconds, a publisher is one of ours', () => {
  const { pid, uptime, streams, hasClients, unreadable } = parseStat(recorded('stat.xml'));
  assert.deepEqual([pid, uptime, hasClients, unreadable, [...streams.keys()]], [30644, 10, true, 0, ['live/cam1']]);
  const present = presencesOf('live/cam1', streams.get('live/cam1')!, '30644@0', NOW);
  assert.deepEqual(
    present.map(({ client, since, until, details }) => [
      [client.connection, client.address, client.userAgent, client.isPublisher],
      [NOW - since!, until === null, details],
    ]),
    [
      [
        ['30644@0#5', '127.0.0.1', 'LNX 9,0,124,2', false],
        [2917, false, null],
      ],
      [
        ['30644@0#1', '127.0.0.1', 'FMLE/3.0 (compatible; Lavf59.27', true],
        [8889, false, null],
      ],
    ],
  );
});

test('1.2.2: the stream is up, and its own count is without the publisher', () => {
  const { streams } = parseStat(recorded('stat.xml'));
  assert.equal(streams.get('live/cam1')!.age, 8714);
  assert.deepEqual(reportOf('live/cam1', streams.get('live/cam1')!, NOW - 8714, NOW), {
    kind: 'report',
    stream: 'live/cam1',
    at: NOW,
    status: 'up',
    startedAt: NOW - 8714,
    listeners: 1,
  });
});

test('1.2.2: files are streams, a relay is one of ours, and a page URL is a detail', () => {
  const { streams } = parseStat(recorded('stat-relay-vod.xml'));
  assert.deepEqual([...streams.keys()], ['live/cam1', 'vod/tone', 'relayed/cam2']);
  const clients = [...streams.values()].flatMap((each) => each.clients);
  assert.deepEqual(
    clients.map(({ address, flashVersion, isPublisher, details }) => [address, flashVersion, isPublisher, details]),
    [
      ['127.0.0.1', 'VLC/  "3', false, { pageUrl: 'https://radio.example/p?a=1&b=<x>' }],
      ['127.0.0.1', 'FMLE/3.0 (compatible; Lavf59.27', true, null],
      ['127.0.0.1', 'LNX 9,0,124,2', false, null],
      // Its address was whom it sends to: `127.0.0.1:36019/live`.
      [null, 'ngx-local-relay', true, null],
      ['127.0.0.1', 'FMLE/3.0 (compatible; Lavf59.27', true, null],
    ],
  );
  assert.deepEqual(
    [...streams.values()].map(({ isUp, players, age }) => [isUp, players, age === null]),
    [
      [true, 1, false],
      [true, 1, true],
      [true, 0, false],
    ],
  );
});

test('1.2.2: a page without clients has counts, less the publisher', () => {
  const { streams, hasClients } = parseStat(recorded('stat-without-clients.xml'));
  assert.equal(hasClients, false);
  assert.deepEqual(
    [...streams].map(([name, { players, clients }]) => [name, players, clients.length]),
    [
      ['live/cam1', 1, 0],
      ['relayed/cam2', 1, 0],
    ],
  );
});

test('a stream that nobody publishes is down, and those who wait for it are there', () => {
  const waiting = cam1(stream('<time>5</time><client><id>1</id><time>5</time></client><nclients>1</nclients>'));
  assert.deepEqual([waiting.isUp, waiting.players, waiting.clients.length], [false, 1, 1]);
});

test('without streams the page still says that nobody is there', () => {
  const { streams, hasClients } = parseStat(page('<nclients>0</nclients>'));
  assert.deepEqual([streams.size, hasClients], [0, true]);
});

test('a client without an id is counted and skipped; one without facts is there', () => {
  const { unreadable, streams } = parseStat(
    stream('<client><address>192.0.2.1</address></client><client><id>x</id></client><client><id>2</id></client>'),
  );
  assert.equal(unreadable, 2);
  const [only, ...others] = presencesOf('live/cam1', streams.get('live/cam1')!, 'w', NOW);
  assert.deepEqual([only!.since, only!.client.address, only!.client.userAgent, others], [null, null, null, []]);
});

test('a time that cannot be is no time before the epoch', () => {
  const broken = cam1(stream('<client><id>1</id><time>999999999999999</time></client><nclients>1</nclients>'));
  assert.equal(presencesOf('live/cam1', broken, 'w', NOW)[0]!.since, 0);
});

test('an application that two servers have is one', () => {
  const half = (id: number, more: string) =>
    `<server><application><name>live</name><live><stream><name>cam1</name><client><id>${id}</id></client>` +
    `<nclients>1</nclients>${more}</stream></live></application></server>`;
  const both = cam1(`<rtmp>${half(1, '<time>5</time>')}${half(2, '<time>9</time><publishing/>')}</rtmp>`);
  assert.deepEqual([both.isUp, both.players, both.age, both.clients.map(({ id }) => id)], [true, 2, 9, [1, 2]]);
});

test('what is no such page is refused', () => {
  const entity = '<!DOCTYPE rtmp [<!ENTITY a "b">]><rtmp>&a;</rtmp>';
  for (const xml of ['', 'not XML', '<icestats/>', '<rtmp>', entity])
    assert.throws(() => parseStat(xml), XmlError, xml);
});
