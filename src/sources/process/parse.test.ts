import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { journalArguments, parseEntry } from './journal.ts';
import { clientOf, keyOf, type LinePatterns, readLine } from './parse.ts';
import { compilePattern } from './pattern.ts';

function patternsOf(texts: Partial<Record<keyof LinePatterns, string[]>>): LinePatterns {
  const of = (meaning: keyof LinePatterns) => (texts[meaning] ?? []).map(compilePattern);
  return { open: of('open'), close: of('close'), up: of('up'), down: of('down'), ignore: of('ignore') };
}

const SSHD = patternsOf({
  open: ['.*sshd\\[\\d+\\]: Accepted (?<method>\\w+) for (?<user>\\S+) from (?<address>\\S+) port (?<port>\\d+)'],
  close: ['.*sshd\\[\\d+\\]: Disconnected from user \\S+ (?<address>\\S+) port (?<port>\\d+)'],
  up: ['.*sshd\\[\\d+\\]: Server listening on '],
  ignore: ['.*: pam_unix', '.*: Received disconnect '],
});

test('every line of a daemon means what its patterns say', () => {
  const text = readFileSync(new URL('testdata/sshd-9.2.txt', import.meta.url), 'utf8');
  const found = text
    .trimEnd()
    .split('\n')
    .map((line) => readLine(SSHD, line));
  assert.deepEqual(
    found.map((each) => each?.meaning ?? null),
    ['up', 'open', 'ignore', 'open', null, 'ignore', 'close'],
  );
  assert.deepEqual(clientOf(found[1]!.groups), {
    ...{ id: null, address: '192.0.2.7', port: 50_122, userAgent: null, user: 'anna', device: null, stream: null },
    details: { method: 'publickey' },
  });
  assert.equal(clientOf(found[3]!.groups).address, '2001:db8::7');
  assert.deepEqual(keyOf(SSHD), ['address', 'port']);
});

test('endpoints, host names, ports that are none, and texts without end', () => {
  const of = (groups: Record<string, string | undefined>) => clientOf(groups);
  const ends = (endpoint: string) => [of({ endpoint }).address, of({ endpoint }).port];
  assert.deepEqual(ends('192.0.2.7:5555'), ['192.0.2.7', 5555]);
  assert.deepEqual(ends('[2001:DB8::7]:5555'), ['2001:db8::7', 5555]);
  assert.deepEqual(ends('2001:db8::7:5555'), ['2001:db8::7', 5555]);
  assert.deepEqual(ends('somewhere'), [null, null]);
  assert.deepEqual([of({ address: 'host.example' }).address, of({ port: '99999' }).port], ['host.example', null]);
  const long = of({ user: 'x'.repeat(9000), note: ` ${'y'.repeat(9000)}`, empty: ' ', absent: undefined });
  assert.equal(long.user?.length, 255);
  assert.deepEqual(Object.keys(long.details ?? {}), ['note']);
});

test('a client is known by the strongest that all lines tell', () => {
  const key = (open: string[], close: string[]) => keyOf(patternsOf({ open, close }));
  assert.deepEqual(key(['(?<id>\\d+) (?<endpoint>\\S+)'], ['(?<id>\\d+)']), ['id']);
  assert.deepEqual(key(['(?<id>\\d+) (?<endpoint>\\S+)'], ['(?<address>\\S+) (?<port>\\d+)']), ['address', 'port']);
  assert.deepEqual(key(['(?<endpoint>\\S+)'], ['(?<address>\\S+)']), ['address']);
  assert.deepEqual(key(['(?<user>\\S+) (?<address>\\S+)'], ['(?<user>\\S+)']), ['user']);
  assert.equal(key(['(?<user>\\S+)'], ['(?<device>\\S+)']), null);
  assert.equal(key(['nobody'], []), null);
});

test('entries of the journal: a text, bytes, several; without a message there is none', () => {
  const text = readFileSync(new URL('testdata/journal-252.txt', import.meta.url), 'utf8');
  const entries = text.trimEnd().split('\n').map(parseEntry);
  assert.deepEqual(
    entries.map((entry) => entry?.message ?? null),
    ['Accepted publickey for anna from 192.0.2.7 port 50122 ssh2', 'Accepted é', 'first', null],
  );
  assert.deepEqual([entries[0]!.at, entries[0]!.cursor], [1_763_752_801_123, 's=1;i=1']);
  for (const line of ['', '7', 'null', '[]', '{}', '{"MESSAGE":"x"}', '{"MESSAGE":"x","__REALTIME_TIMESTAMP":"now"}'])
    assert.equal(parseEntry(line), null, line);
});

test('whatever an entry holds, it is one or none', () => {
  const time = { __REALTIME_TIMESTAMP: '1763752801123456' };
  fc.assert(
    fc.property(fc.jsonValue(), (MESSAGE) => {
      const entry = parseEntry(JSON.stringify({ ...time, MESSAGE }));
      assert.ok(entry === null || typeof entry.message === 'string');
    }),
  );
});

test('units and fields are arguments of journalctl, and nothing else can be', () => {
  assert.deepEqual(journalArguments(['ssh.service', 'SYSLOG_IDENTIFIER=sshd'], ['--lines=0']).slice(-3), [
    '--lines=0',
    '--unit=ssh.service',
    'SYSLOG_IDENTIFIER=sshd',
  ]);
});
