import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseListeners, parseServer, parseSeven, parseSongs, parseStatistics } from './parse.ts';

const NOW = Date.UTC(2026, 10, 21, 1, 18, 0);
const kept = (name: string) => readFileSync(new URL(`testdata/${name}`, import.meta.url));
const server = (inner: string) => parseServer(Buffer.from(`<SHOUTCASTSERVER>${inner}</SHOUTCASTSERVER>`), '1', NOW)!;
const page3 = (inner: string) => server(`<LISTENERS>${inner}</LISTENERS>`).listeners!;
const TEST_SERVER = {
  kind: 'report',
  stream: '1',
  at: NOW,
  status: 'up',
  title: 'The Current Song',
  name: 'Test Server',
  genre: 'Misc, Rock',
  contentType: 'audio/aacp',
  bitrate: 320,
  listeners: 1,
  peakListeners: 3,
  uniqueListeners: 1,
  maxListeners: 32,
  averageSeconds: 120,
};

test('1.9.8: one page tells of stream, listeners and songs', () => {
  const { facts, listeners, songs } = parseServer(kept('dnas-1.9.8/viewxml.xml'), '1', NOW)!;
  assert.deepEqual(facts, {
    stream: '1',
    uptime: null,
    report: {
      ...TEST_SERVER,
      ...{ title: null, name: null, genre: null, contentType: 'audio/mpeg', bitrate: 128 },
      ...{ listeners: 2, peakListeners: 16, uniqueListeners: 2, maxListeners: 64, averageSeconds: 26_255 },
    },
  });
  const listener = { uid: '11575', address: '127.0.0.1', userAgent: 'testclient/1.2.3', seconds: 67, referer: null };
  assert.deepEqual(listeners, { listeners: [listener], unreadable: 0 });
  assert.deepEqual(songs, [{ at: 1_302_180_341_000, title: 'The Previous Title' }]);
});

test('1.9.8: Latin-1, bare ampersands and a document type are understood', () => {
  const xml =
    '<?xml version="1.0" standalone="yes" ?><!DOCTYPE SHOUTCASTSERVER [<!ELEMENT SHOUTCASTSERVER (CURRENTLISTENERS,SONGTITLE)>]>' +
    '<SHOUTCASTSERVER><CURRENTLISTENERS>0</CURRENTLISTENERS><SERVERTITLE>Rock & Röll</SERVERTITLE><SONGTITLE>Beyoncé &amp; &x; Más</SONGTITLE></SHOUTCASTSERVER>';
  const { report } = parseServer(Buffer.from(xml, 'latin1'), '1', NOW)!.facts;
  assert.deepEqual([report.name, report.title], ['Rock & Röll', 'Beyoncé & &x; Más']);
});

test('entities that a document type declares are not expanded', () => {
  const bomb =
    '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><SHOUTCASTSERVER><SONGTITLE>&b;</SONGTITLE></SHOUTCASTSERVER>';
  assert.equal(parseServer(Buffer.from(bomb), '1', NOW)!.facts.report.title, '&b;');
});

test('7.html: seven values, of which the last may hold commas', () => {
  assert.deepEqual(parseSeven(kept('dnas-1.9.8/7.html'), '1', NOW), {
    stream: '1',
    uptime: null,
    report: {
      kind: 'report',
      stream: '1',
      at: NOW,
      status: 'up',
      title: 'Artist - Title, with a comma',
      bitrate: 128,
      listeners: 214,
      peakListeners: 500,
      uniqueListeners: 200,
      maxListeners: 1000,
    },
  });
  const offAir = parseSeven(Buffer.from('<HTML><body>0,0,16,64,0,0,</body></html>'), '1', NOW)!.report;
  assert.deepEqual([offAir.status, offAir.title, offAir.listeners, offAir.bitrate], ['down', null, 0, null]);
  const latin1 = parseSeven(Buffer.from('<body>1,1,1,1,1,64,Beyoncé</body>', 'latin1'), '1', NOW)!.report;
  assert.equal(latin1.title, 'Beyoncé');
  for (const html of ['', '<html><body>Not found</body></html>', '<body>1,2,3</body>', '1,1,1,1,1,1,x']) {
    assert.equal(parseSeven(Buffer.from(html), '1', NOW), null, html);
  }
});

test('2.6: /statistics tells of all streams, also of those that are off the air', () => {
  const [one, two, ...others] = parseStatistics(kept('dnas-2.6/statistics.json'), NOW)!;
  assert.equal(others.length, 0);
  assert.deepEqual(one, {
    stream: '1',
    uptime: 123,
    report: { ...TEST_SERVER, title: 'The Artist - The Current Song', contentType: 'audio/mpeg', bitrate: 56 },
  });
  const { status, title, name, genre, contentType, bitrate, listeners } = two!.report;
  assert.deepEqual(
    [two!.stream, two!.uptime, status, title, name, genre, contentType, bitrate, listeners],
    ['2', null, 'down', null, null, null, null, null, 0],
  );
});

test('2.6: the same in XML, where a stream has its id as an attribute', () => {
  assert.deepEqual(parseStatistics(kept('dnas-2.6/statistics.xml'), NOW), [
    {
      stream: '1',
      uptime: 123,
      report: { ...TEST_SERVER, genre: 'Misc', contentType: 'audio/mpeg', bitrate: 56 },
    },
  ]);
});

test('2.6: no streams, and one without the array around it', () => {
  const statistics = (more: string) => parseStatistics(Buffer.from(`{"totalstreams":0${more}}`), NOW);
  assert.deepEqual(statistics(''), []);
  assert.deepEqual(
    statistics(',"streams":{"id":"7"}')!.map(({ stream }) => stream),
    ['7'],
  );
  // What goes into questions is a number or nothing.
  assert.deepEqual(statistics(',"streams":[{"id":"1&mode=kicksrc"},{},null,7]'), []);
});

test('2.6: /stats is one stream', () => {
  assert.deepEqual(parseServer(kept('dnas-2.6/stats.xml'), '1', NOW)!.facts, {
    stream: '1',
    uptime: 123,
    report: TEST_SERVER,
  });
  assert.equal(parseServer(kept('dnas-2.6/stats.xml'), '1', NOW)!.listeners, null);
});

test('2.6: listeners come in JSON or XML, every value a text', () => {
  const listener = {
    uid: '01234567',
    address: '127.0.0.1',
    userAgent: 'WinampMPEG/5.66',
    seconds: 1337,
    referer: '/admin.cgi',
  };
  for (const name of ['page3.json', 'page3.xml']) {
    assert.deepEqual(parseListeners(kept(`dnas-2.6/${name}`)), { listeners: [listener], unreadable: 0 }, name);
  }
  assert.deepEqual(parseListeners(Buffer.from('[]')), { listeners: [], unreadable: 0 });
  assert.equal(parseListeners(Buffer.from('{"uid":"7"}'))!.listeners.length, 1, 'one without the array around it');
});

test('2.6: songs come with the time at which they began', () => {
  assert.deepEqual(parseSongs(kept('dnas-2.6/page4.json')), [
    { at: 1_302_180_341_000, title: 'The Previous Title' },
    { at: 1_302_175_246_000, title: 'The Current Title' },
  ]);
  const odd = [{ playedat: 'soon', title: 'A' }, { playedat: '99999999999999', title: 'B' }, { playedat: '1' }];
  assert.deepEqual(parseSongs(Buffer.from(JSON.stringify(odd))), []);
});

test('2.0: a listener has less to tell, and so has a stream', () => {
  const xml =
    '<LISTENER><HOSTNAME>192.0.2.1</HOSTNAME><USERAGENT>vlc</USERAGENT><UNDERRUNS>0</UNDERRUNS><CONNECTTIME>5</CONNECTTIME><POINTER>0</POINTER><UID>7</UID></LISTENER>';
  const listener = { uid: '7', address: '192.0.2.1', userAgent: 'vlc', seconds: 5, referer: null };
  assert.deepEqual(page3(xml), { listeners: [listener], unreadable: 0 });
  const { report, uptime } = server('').facts;
  assert.deepEqual([report.status, report.listeners, uptime], ['up', null, null]);
});

test('behind a proxy the first address of whom it asks for counts, if it is one', () => {
  const address = (hostname: string, xff: string) =>
    page3(`<LISTENER><UID>1</UID><HOSTNAME>${hostname}</HOSTNAME><XFF>${xff}</XFF></LISTENER>`).listeners[0]!.address;
  for (const [xff, expected] of [
    ['', '192.0.2.1'],
    ['198.51.100.7', '198.51.100.7'],
    ['198.51.100.7, 203.0.113.1', '198.51.100.7'],
    ['198.51.100.7:4711', '198.51.100.7'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]:4711, 203.0.113.1', '2001:db8::1'],
    ['unknown', '192.0.2.1'],
  ] as const) {
    assert.equal(address('192.0.2.1', xff), expected, xff);
  }
  assert.equal(address('host-7.isp.example', ''), 'host-7.isp.example', 'a name, if the server looks names up');
});

test('no user agent, no seconds, no address are unknown; an entry without a UID is counted', () => {
  const entries =
    '<LISTENER><UID>1</UID><USERAGENT>**EMPTY**</USERAGENT><CONNECTTIME>long</CONNECTTIME></LISTENER><LISTENER><UID/></LISTENER>';
  const long = `<LISTENER><UID>${'7'.repeat(101)}</UID></LISTENER>`;
  const listener = { uid: '1', address: null, userAgent: null, seconds: null, referer: null };
  assert.deepEqual(page3(entries + long), { listeners: [listener], unreadable: 2 });
});

test('control characters in user agents are no harm, in JSON and in XML', () => {
  const json = parseListeners(Buffer.from('[{"uid":"1","useragent":"a\u0001\u001b[31m"}]'))!;
  assert.equal(json.listeners[0]!.userAgent, 'a  [31m');
  const xml = page3('<LISTENER><UID>1</UID><USERAGENT>a\u0001&<b></USERAGENT></LISTENER>'.replace('<b>', '&lt;b>'));
  assert.equal(xml.listeners[0]!.userAgent, 'a\ufffd&<b>');
});

test('a stream without a source is down, unless its backup plays', () => {
  const status = (inner: string) => server(inner).facts.report.status;
  assert.equal(status('<STREAMSTATUS>1</STREAMSTATUS>'), 'up');
  assert.equal(status('<STREAMSTATUS>0</STREAMSTATUS><BACKUPSTATUS>0</BACKUPSTATUS>'), 'down');
  assert.equal(status('<STREAMSTATUS>0</STREAMSTATUS><BACKUPSTATUS>1</BACKUPSTATUS>'), 'up');
});

test('what is no such page is nothing', () => {
  const nothing = ['', '<html><body>login</body></html>', '{}', '{"error":1}', 'null', '7', '<SHOUTCASTSERVER><LIST'];
  for (const text of nothing) {
    const body = Buffer.from(text);
    assert.deepEqual(
      [parseStatistics(body, NOW), parseServer(body, '1', NOW), parseListeners(body), parseSongs(body)],
      [null, null, null, null],
      text,
    );
  }
  // A list that is missing is not one that is empty: nobody must be taken to have left.
  assert.equal(parseListeners(Buffer.from('<SHOUTCASTSERVER></SHOUTCASTSERVER>')), null);
});

test('whatever comes, it is read or refused', () => {
  const names = ['dnas-1.9.8/7.html', 'dnas-1.9.8/viewxml.xml', 'dnas-2.6/statistics.json', 'dnas-2.6/page3.xml'];
  const seeds = [...names, 'dnas-2.6/statistics.xml', 'dnas-2.6/page3.json', 'dnas-2.6/page4.json'].map(kept);
  const mutation = fc.tuple(fc.constantFrom(...seeds), fc.nat(), fc.nat(40), fc.string());
  fc.assert(
    fc.property(mutation, ([seed, at, length, insert]) => {
      const text = seed.toString('latin1');
      const start = at % text.length;
      const body = Buffer.from(text.slice(0, start) + insert + text.slice(start + length), 'latin1');
      for (const facts of [parseSeven(body, '1', NOW), ...(parseStatistics(body, NOW) ?? [])]) {
        assert.ok(facts === null || facts.report.at === NOW);
      }
      for (const song of [...(parseServer(body, '1', NOW)?.songs ?? []), ...(parseSongs(body) ?? [])]) {
        assert.ok(Number.isSafeInteger(song.at));
      }
      assert.ok((parseListeners(body)?.listeners ?? []).every(({ uid }) => uid !== ''));
    }),
    { numRuns: 500 },
  );
});
