import { strict as assert } from 'node:assert';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Reader } from 'maxmind';
import { formatIp, parseIp } from '../../lib/ip.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { caseFile, noCases, randomAddress, randomFrom } from '../fixture.ts';
import { type Mmdb, openMmdb, openPagedMmdb, parseMmdb } from './index.ts';
import { lookupIn } from './lookup.ts';

/** What the reference reader (mmdblookup) says of a file: for 1.1.1.1, and for 81.2.69.142. */
interface Truth {
  readonly file: string;
  readonly codes: readonly [string, string];
}

const CANNOT_OPEN = 'rc2';
const TREE_BROKEN = 'rc4';
const DATA_BROKEN = 'rc5';
const NO_ENTRY = 'rc6';

async function readTruth(): Promise<Truth[]> {
  const lines = (await readFile(caseFile('geoip/geo_truth.txt'), 'utf8')).split('\n');
  return lines.flatMap((line) => {
    const match = /^((?:bad|test)-data\/\S+\.mmdb) \d+ \| (rc\d):.* \| (rc\d):/.exec(line);
    return match === null ? [] : [{ file: match[1]!, codes: [match[2]!, match[3]!] as const }];
  });
}

function outcome(mmdb: Mmdb, address: string): string {
  const record = mmdb.find(parseIp(address)!);
  if (record === 0) return NO_ENTRY;
  try {
    mmdb.read(record);
    return 'rc0';
  } catch {
    return DATA_BROKEN;
  }
}

test('malformed databases are told from working ones as the reference reader tells them', {
  skip: noCases,
}, async () => {
  const truth = await readTruth();
  assert.equal(truth.length, 25);
  for (const { file, codes } of truth) {
    const bytes = await readFile(caseFile(`geoip/${file}`));
    if (codes[0] === CANNOT_OPEN) {
      assert.throws(() => parseMmdb(bytes, file), { code: 'MMDB_BROKEN' }, file);
      continue;
    }
    const mmdb = parseMmdb(bytes, file);
    // We find out that a tree is broken when we read what it points at.
    const expected = codes.map((code) => (code === TREE_BROKEN ? DATA_BROKEN : code));
    assert.deepEqual([outcome(mmdb, '1.1.1.1'), outcome(mmdb, '81.2.69.142')], expected, file);
  }
});

test('a record that is malformed answers null and is counted', { skip: noCases }, async () => {
  const counters = new ScopedCounters();
  const mmdb = await openMmdb(caseFile('geoip/test-data/GeoIP2-City-Test-Broken-Double-Format.mmdb'));
  const lookup = lookupIn(mmdb, { parse: (record) => record, keep: 10, counters });
  assert.equal(lookup(parseIp('81.2.69.142')!), null);
  assert.equal(lookup(parseIp('81.2.69.142')!), null);
  assert.equal(counters.get('unreadableRecords'), 1);
});

test('files that are cut short or damaged never end in a crash or a hang', { skip: noCases }, async () => {
  const whole = await readFile(caseFile('geoip/test-data/GeoIP2-City-Test.mmdb'));
  const random = randomFrom(1);
  let working = 0;
  for (let i = 0; i < 1000; i++) {
    const bytes = Buffer.from(i % 2 === 0 ? whole : whole.subarray(Math.floor(random() * whole.length)));
    for (let n = 0; n < 1 + random() * 50; n++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    let mmdb: Mmdb;
    try {
      mmdb = parseMmdb(bytes, 'damaged');
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'MMDB_BROKEN');
      continue;
    }
    working++;
    for (const address of ['81.2.69.142', '2001:220::', '214.78.120.5']) outcome(mmdb, address);
  }
  assert.ok(working > 100 && working < 1000, `${working}`);
});

test('it reads what the maxmind package reads, everywhere in every test database', { skip: noCases }, async () => {
  const folder = caseFile('geoip/test-data');
  const files = (await readdir(folder)).filter((file) => file.endsWith('.mmdb') && !/broken|invalid/i.test(file));
  assert.ok(files.length > 25);
  const random = randomFrom(2);
  let compared = 0;
  for (const file of files) {
    const bytes = await readFile(join(folder, file));
    const ours = parseMmdb(bytes, file);
    const theirs = new Reader(bytes);
    assert.equal(ours.type, theirs.metadata.databaseType);
    for (const address of addressesFor(file, theirs.metadata.ipVersion, random)) {
      const record = ours.find(parseIp(address)!);
      const found = record === 0 ? null : ours.read(record);
      assert.deepEqual(JSON.parse(toJson(found)), JSON.parse(toJson(theirs.get(address))), `${file} ${address}`);
      if (found !== null) compared++;
    }
  }
  assert.ok(compared > 2000, `${compared}`);
});

test('read page by page it is the same database', { skip: noCases }, async () => {
  const random = randomFrom(4);
  for (const name of ['GeoIP2-City-Test', 'MaxMind-DB-test-mixed-32', 'MaxMind-DB-test-ipv6-28']) {
    const path = caseFile(`geoip/test-data/${name}.mmdb`);
    const whole = await openMmdb(path);
    for (const address of addressesFor(name, 6, random)) {
      // Each by itself, so that nothing is there yet.
      const paged = openPagedMmdb(path);
      const record = paged.find(parseIp(address)!);
      assert.equal(record, whole.find(parseIp(address)!));
      if (record !== 0) assert.equal(toJson(paged.read(record)), toJson(whole.read(record)));
      paged.close();
    }
  }
});

/** Where test databases have their entries, and a few more. */
function addressesFor(file: string, ipVersion: number, random: () => number): string[] {
  const ipv4 = Array.from({ length: 200 }, () => formatIp(randomAddress(random, 4)));
  const low = Array.from({ length: 100 }, (_, i) => `1.1.1.${i}`);
  const usual = [
    '81.2.69.142',
    '2.125.160.216',
    '89.160.20.112',
    '216.160.83.56',
    '1.128.0.0',
    '12.81.96.0',
    '71.160.223.1',
  ];
  if (ipVersion === 4) return [...ipv4, ...low, ...usual];
  const ipv6 = Array.from({ length: 300 }, (_, i) => `2001:${(0x200 + i).toString(16)}::`);
  const tunnelled = usual.map(
    (address) =>
      `2002:${Buffer.from(parseIp(address)!)
        .toString('hex')
        .replace(/^(....)/, '$1:')}::`,
  );
  const nodes = file.includes('no-ipv4') ? [] : [...ipv4, ...low, ...usual];
  return [...nodes, ...ipv6, ...tunnelled, '::1.1.1.1', '::1.1.1.32', '::2:0:1', '::2:0:59', '2a02:d300::'];
}

function toJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each));
}

test('an IPv6 address is not looked up in a database of IPv4 addresses', { skip: noCases }, async () => {
  const mmdb = await openMmdb(caseFile('geoip/test-data/MaxMind-DB-test-ipv4-24.mmdb'));
  assert.notEqual(mmdb.find(parseIp('1.1.1.1')!), 0);
  assert.equal(mmdb.find(parseIp('101:101::')!), 0);
});

test('a file that is not there, and one that is still packed, say so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'headcount-mmdb-'));
  try {
    const missing = join(folder, 'missing.mmdb');
    await assert.rejects(openMmdb(missing), { code: 'MMDB_UNREADABLE', message: /missing\.mmdb cannot be read/ });
    assert.throws(() => openPagedMmdb(missing), { code: 'MMDB_UNREADABLE' });
    const packed = join(folder, 'packed.mmdb');
    await writeFile(packed, gzipSync('anything'));
    await assert.rejects(openMmdb(packed), { code: 'MMDB_BROKEN', message: /gunzip/ });
    const empty = join(folder, 'empty.mmdb');
    await writeFile(empty, '');
    await assert.rejects(openMmdb(empty), { code: 'MMDB_BROKEN', message: /no metadata/ });
    for (const path of [packed, empty]) assert.throws(() => openPagedMmdb(path), { code: 'MMDB_BROKEN' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
