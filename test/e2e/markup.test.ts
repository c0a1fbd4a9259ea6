/**
 * What strangers call themselves, their streams, their titles, and what a geo database calls their cities, is text wherever
 * it is seen: in the dashboard, in a report on a terminal, in log lines. (The HTML report and CSV: src/cli/report.)
 */

import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { encoded, MARKER } from '../../lab/mmdb.ts';
import { logTime } from '../../src/sources/access-log/fixture.ts';
import { openBrowser, openPage } from './browser.ts';
import { eventually, install } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'bin/headcount.js');

/** Whoever runs one of these has set `hacked`. */
const HOSTILE = {
  city: '<img src=x onerror=hacked=1>City',
  region: '<svg onload=hacked=1>Region',
  title: '<script>hacked=1</script> – \u202elive',
  name: '"><img src=x onerror=hacked=1>Radio',
  mount: '/"><img src=x onerror=hacked=1>.mp3',
  agent: `VLC/3.0.18 '"><script>hacked=1</script>=HYPERLINK("http://evil.example")`,
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
const ACTS_ON_A_TERMINAL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

let browser: Browser;
let folder: string;
let icecast: Server;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headcount-markup-'));
  icecast = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/xml');
    response.end(request.url!.startsWith('/admin/listclients') ? listenersXml() : statsXml());
  }).listen(0, '127.0.0.1');
  [browser] = await Promise.all([openBrowser(), once(icecast, 'listening')]);
});
after(async () => {
  await browser?.close();
  icecast?.close();
  rmSync(folder, { recursive: true });
});

const xml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

function statsXml(): string {
  const facts = `<listeners>1</listeners><server_type>audio/mpeg</server_type><source_ip>127.0.0.1</source_ip>`;
  const names = `<server_name>${xml(HOSTILE.name)}</server_name><title>${xml(HOSTILE.title)}</title>`;
  const source = `<source mount="${xml(HOSTILE.mount)}">${facts}${names}</source>`;
  return `<icestats><server_start_iso8601>2026-11-21T01:16:40+0000</server_start_iso8601>${source}</icestats>`;
}

function listenersXml(): string {
  const who = `<IP>203.0.113.7</IP><UserAgent>${xml(HOSTILE.agent)}</UserAgent><Connected>12</Connected><ID>8</ID>`;
  const source = `<source mount="${xml(HOSTILE.mount)}"><Listeners>1</Listeners><listener>${who}</listener></source>`;
  return `<icestats>${source}</icestats>`;
}

test('in the dashboard: cities, streams, titles and user agents are text, and nothing of them is run', async () => {
  const database = join(folder, 'city.mmdb');
  writeFileSync(database, everywhere(HOSTILE.city, HOSTILE.region));
  const { port } = icecast.address() as AddressInfo;
  const installation = await install({
    geo: { database },
    sources: [{ url: `icecast://admin:example@127.0.0.1:${port}?every=1s`, name: 'radio' }],
  });
  try {
    const child = await installation.start();
    const { page, errors, foreign } = await openPage(browser, installation.url);
    await eventually('somebody is there', async () => assert.equal(await page.getByTestId('now').innerText(), '1'));
    await eventually('where it is, is seen', async () => assert.ok((await shown(page)).includes(HOSTILE.city)));
    for (const text of [HOSTILE.mount, HOSTILE.title.replace('\u202e', '')]) {
      await eventually(`${text} is seen`, async () =>
        assert.ok((await shown(page)).replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '').includes(text)),
      );
    }
    await page.locator('tbody button[aria-expanded]').first().click();
    await page.locator('dd', { hasText: HOSTILE.agent }).waitFor();
    await page.getByTestId('map').locator('.mark').first().click();
    assert.equal(await page.locator('img[src="x"], svg[onload]').count(), 0);
    assert.equal(await page.evaluate<boolean>('"hacked" in globalThis'), false);
    assert.deepEqual([errors, foreign], [[], []]);
    await child.stop();
    assert.doesNotMatch(child.output(), ACTS_ON_A_TERMINAL);
  } finally {
    await installation.remove();
  }
});

/** Everything that can be read, be it hidden at the moment. */
const shown = (page: Page) => page.evaluate<string>('document.body.textContent');

test('in a report on a terminal: nothing moves, colours or turns round what is written', async () => {
  const log = join(folder, 'access.log');
  const agents = [
    '\\x1B[2J\\x1B[31mVLC/3',
    '\\xE2\\x80\\xAEgnp.exe',
    '=HYPERLINK(\\x22http://evil.example\\x22)',
    'a\\x08\\x07b\\x9bc',
  ];
  const streams = ['%1B]0;owned%07', '%E2%80%AElive', '<script>hacked=1</script>', '=1+1'];
  const lines = agents.flatMap((agent, i) =>
    streams.map(
      (stream) =>
        `192.0.2.${i + 1} - - [${logTime(Date.UTC(2026, 10, 21, 1))}] "GET /${stream.replaceAll('/', '%2F')}x/720p.m3u8 HTTP/1.1" 200 1 "-" "${agent}"\n`,
    ),
  );
  writeFileSync(log, lines.join(''));
  const { code, out } = await command('analyze', log);
  assert.equal(code, 0, out);
  assert.doesNotMatch(out, ACTS_ON_A_TERMINAL);
  assert.match(out, /<script>/);
  assert.match(out, /=1\+1x/);
});

test('in log lines and among the sources: what a server answers does nothing to a terminal or to a page', async () => {
  const message = '\u001b[2J\u009b31m\u202e<img src=x onerror=hacked=1>refused';
  const server = createServer((_, response) => {
    response.statusCode = 400;
    response.end(JSON.stringify({ response: { result: 'error', message, data: {} } }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const installation = await install({ sources: [{ url: `tautulli://key@127.0.0.1:${port}`, name: 'plex' }] });
  try {
    const child = await installation.start();
    await child.printed(/plex: .*onerror=hacked=1>refused/);
    assert.doesNotMatch(child.output(), ACTS_ON_A_TERMINAL);
    const { page, errors } = await openPage(browser, installation.url);
    await page.getByText('onerror=hacked=1>refused').first().waitFor();
    assert.equal(await page.locator('img[src="x"]').count(), 0);
    assert.equal(await page.evaluate<boolean>('"hacked" in globalThis'), false);
    assert.deepEqual(errors, []);
  } finally {
    await installation.remove();
    server.close();
  }
});

async function command(...args: string[]): Promise<{ code: number | null; out: string }> {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out };
}

/**
 * A database (MaxMind DB file format 2.0) in which every IPv4 address is in one city: a tree of one node, both of whose
 * records lead to the same data.
 */
function everywhere(city: string, region: string): Buffer {
  const place = {
    city: { names: { en: city } },
    subdivisions: [{ iso_code: 'XX', names: { en: region } }],
    country: { iso_code: 'DE', names: { en: 'Germany' } },
    location: { latitude: 52.5, longitude: 13.4 },
  };
  const about = {
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_790_000_000,
    database_type: 'Test-City',
    description: { en: 'of a test' },
    ip_version: 4,
    languages: ['en'],
    node_count: 1,
    record_size: 24,
  };
  // A record beyond the nodes is a place in the data, which begins 16 bytes behind the tree.
  const node = Buffer.from([0, 0, 17, 0, 0, 17]);
  return Buffer.concat([node, Buffer.alloc(16), encoded(place), MARKER, encoded(about)]);
}
