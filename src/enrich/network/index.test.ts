import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { type IpBytes, parseIp } from '../../lib/ip.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { silentLog } from '../../telemetry/log.ts';
import { bundledFile } from '../bundled.ts';
import { caseFile, noCases, randomAddress, randomFrom } from '../fixture.ts';
import { openNetworks } from './index.ts';

async function bundled(t: TestContext, counters = new ScopedCounters()) {
  const { find, close } = await openNetworks({ database: null, log: silentLog, counters });
  t.after(close);
  return find;
}

async function open(name: string) {
  const database = caseFile(`geoip/test-data/${name}.mmdb`);
  const { find } = await openNetworks({ database, log: silentLog, counters: new ScopedCounters() });
  return find;
}

async function linesOf(family: 4 | 6): Promise<string[]> {
  const file = bundledFile(`@ip-location-db/asn/asn-ipv${family}-num.csv`);
  return (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
}

/** What a reader in no hurry finds: the first line of the file whose range has the address. */
function naiveScan(lines: readonly string[], addresses: readonly bigint[]): (string | null)[] {
  const wanted = addresses.map((value, i) => ({ i, value })).sort((a, b) => (a.value < b.value ? -1 : 1));
  const found: (string | null)[] = addresses.map(() => null);
  let next = 0;
  for (const line of lines) {
    const [start, end, asn] = line.split(',', 3) as [string, string, string];
    while (next < wanted.length && wanted[next]!.value < BigInt(start)) next++;
    for (; next < wanted.length && wanted[next]!.value <= BigInt(end); next++) found[wanted[next]!.i] = asn;
  }
  return found;
}

function bytesOf(value: bigint, family: 4 | 6): IpBytes {
  return Buffer.from(value.toString(16).padStart(family === 4 ? 8 : 32, '0'), 'hex');
}

for (const family of [4, 6] as const) {
  test(`IPv${family} addresses, random ones and those at edges, are where a plain scan finds them`, async (t) => {
    const lookup = await bundled(t);
    const lines = await linesOf(family);
    const random = randomFrom(family);
    const anywhere = Array.from({ length: 4000 }, () => {
      return BigInt(`0x${Buffer.from(randomAddress(random, family === 4 ? 4 : 16)).toString('hex')}`);
    });
    const atEdges = Array.from({ length: 1000 }, () => lines[Math.floor(random() * lines.length)]!).flatMap((line) => {
      const [start, end] = line.split(',', 2).map(BigInt) as [bigint, bigint];
      return [start - 1n, start, end, end + 1n];
    });
    const addresses = [...anywhere, ...atEdges];
    const expected = naiveScan(lines, addresses);
    const found = addresses.map((value) => lookup(bytesOf(value, family))?.asn.toString() ?? null);
    assert.deepEqual(found, expected);
    const known = expected.slice(0, anywhere.length).filter((asn) => asn !== null).length;
    assert.ok(known > 200 && known < anywhere.length, `${known}`);
  });
}

test('both ends of a range belong to it, and their neighbours do not', async (t) => {
  const counters = new ScopedCounters();
  const lookup = await bundled(t, counters);
  const [line] = await linesOf(4);
  const [start, end, asn] = line!.split(',').map(Number) as [number, number, number];
  const at = (value: number) => lookup(Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value))?.asn ?? null;
  assert.deepEqual([at(start - 1), at(start), at(end), at(end + 1)], [null, asn, asn, null]);
  assert.equal(counters.get('unreadableRanges'), 0);
});

test('an autonomous system is one object, in both families', async (t) => {
  const lookup = await bundled(t);
  const ipv4 = lookup(parseIp('8.8.8.8')!);
  assert.deepEqual(ipv4, { asn: 15169, organization: 'Google LLC' });
  assert.equal(lookup(parseIp('8.8.4.4')!), ipv4);
  assert.equal(lookup(parseIp('2001:4860:4860::8888')!), ipv4);
});

test('documentation and private addresses are in no network', async (t) => {
  const lookup = await bundled(t);
  for (const address of ['192.0.2.1', '198.51.100.1', '203.0.113.1', '10.1.2.3', '127.0.0.1', '2001:db8::1', '::1']) {
    assert.equal(lookup(parseIp(address)!), null, address);
  }
});

test('GeoLite2-ASN-Test: all 720 networks are what the reference reader says', { skip: noCases }, async () => {
  const lookup = await open('GeoLite2-ASN-Test');
  const truth = JSON.parse(await readFile(caseFile('geoip/truth_rows.json'), 'utf8')) as Record<string, TruthRow[]>;
  const rows = truth['GeoLite2-ASN-Test']!;
  assert.equal(rows.length, 720);
  for (const row of rows) {
    const network = lookup(parseIp(row.ip)!);
    assert.equal(network?.asn ?? null, row.autonomous_system_number, row.network);
    assert.equal(network?.organization ?? null, row.autonomous_system_organization, row.network);
  }
});

interface TruthRow {
  readonly network: string;
  readonly ip: string;
  readonly autonomous_system_number: number | null;
  readonly autonomous_system_organization: string | null;
}

test('ISP and Enterprise databases name the network too', { skip: noCases }, async () => {
  const isp = (await open('GeoIP2-ISP-Test'))(parseIp('1.128.0.0')!);
  assert.deepEqual(isp, { asn: 1221, organization: 'Telstra Pty Ltd' });
  const enterprise = (await open('GeoIP2-Enterprise-Test'))(parseIp('74.209.24.0')!);
  assert.deepEqual(enterprise, { asn: 14671, organization: 'FairPoint Communications' });
});

test('a database of something else is refused by name', { skip: noCases }, async () => {
  for (const name of ['GeoIP2-City-Test', 'GeoLite2-Country-Test', 'GeoIP2-Connection-Type-Test']) {
    await assert.rejects(open(name), { code: 'MMDB_OTHER_KIND', message: /needs ASN or ISP/ }, name);
  }
});
