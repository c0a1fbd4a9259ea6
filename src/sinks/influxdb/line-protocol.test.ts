import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { HOSTILE } from '../fixture.ts';
import { escapeMeasurement, escapeTag, linesOf } from './line-protocol.ts';

/** Reads a line as the documented syntax has it. */
function read(line: string): { measurement: string; name: string; users: string; at: string } {
  const match = /^((?:\\.|[^\\, ]|\\)+),name=((?:\\[,= ]|[^,= ])+) users=(\d+)i (\d+)$/u.exec(line);
  assert.ok(match !== null, line);
  const plain = (text: string) => text.replace(/\\([,= ])/g, '$1');
  return { measurement: plain(match[1]!), name: plain(match[2]!), users: match[3]!, at: match[4]! };
}

test('a point is a measurement, a name, an integer and a time in seconds', () => {
  assert.deepEqual(linesOf('spyserver_status', [{ name: '40m', users: 3 }], 1_795_219_200), [
    'spyserver_status,name=40m users=3i 1795219200',
  ]);
});

test('what means something to InfluxDB is escaped', () => {
  assert.equal(escapeTag('40 m, a=b'), '40\\ m\\,\\ a\\=b');
  assert.equal(escapeMeasurement('a b,c=d'), 'a\\ b\\,c=d');
  assert.equal(escapeTag('two\r\nlines'), 'two\\ lines');
  assert.equal(escapeTag('a\\b'), 'a\\b');
  assert.equal(escapeTag('end\\\\'), 'end');
  assert.equal(escapeTag(''), 'unknown');
});

test('whatever a stream is called, it is one tag of one line', () => {
  for (const name of [...HOSTILE, 'x users=9i 1\ny,name=z', 'a\\ b', 'a\\,b=c\\']) {
    const [line, ...more] = linesOf('m', [{ name, users: 1 }], 5);
    assert.deepEqual(more, []);
    const clean = name.replace(/\p{Cc}+/gu, ' ').replace(/\\+$/, '');
    assert.deepEqual(read(line!), { measurement: 'm', name: clean, users: '1', at: '5' });
  }
});
