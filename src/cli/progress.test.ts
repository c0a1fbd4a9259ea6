import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { Progress } from './progress.ts';
import { keptTerminal } from './terminal.fixture.ts';

const MB = 1e6;

function reading(total: number | null, said: Parameters<typeof keptTerminal>[0] = {}) {
  let now = 5000;
  let read = 0;
  const terminal = keptTerminal({ isTerminal: true, ...said });
  const progress = new Progress(terminal, total, () => now);
  return {
    progress,
    /** What is written in so many milliseconds in which so many bytes are read. */
    pass: (milliseconds: number, bytes: number) => {
      now += milliseconds;
      progress.add(bytes);
      const all = terminal.written().err;
      const written = all.slice(read);
      read = all.length;
      return written;
    },
    all: () => terminal.written().err,
  };
}

test('nothing shows in the first second; then percent, speed and what is left', () => {
  const { pass } = reading(100 * MB);
  assert.equal(pass(900, 18 * MB), '');
  const line = stripVTControlCharacters(pass(200, 4 * MB));
  assert.match(line, /━+ {2} 22 % {2}20 MB\/s, 4 s left$/);
});

test('it is drawn ten times a second at most', () => {
  const { pass } = reading(1000 * MB);
  assert.notEqual(pass(1100, MB), '');
  assert.equal(pass(50, MB), '');
  assert.notEqual(pass(50, MB), '');
});

test('nothing shows where nobody looks, or where it could not be drawn', () => {
  for (const said of [{ isTerminal: false }, { env: { TERM: 'dumb' } }]) {
    const { pass, progress, all } = reading(100 * MB, said);
    pass(5000, 50 * MB);
    progress.end();
    assert.equal(all(), '');
  }
});

test('it is taken away, and only if it was there', () => {
  const shown = reading(100 * MB);
  shown.pass(2000, MB);
  const before = shown.all().length;
  shown.progress.end();
  assert.equal(shown.all().slice(before), '\r\u001b[J');
  const quick = reading(100 * MB);
  quick.pass(500, 100 * MB);
  quick.progress.end();
  assert.equal(quick.all(), '');
});

test('without colours where none are wanted', () => {
  const { pass } = reading(100 * MB, { env: { NO_COLOR: '1' } });
  const line = pass(2000, 50 * MB);
  assert.equal(stripVTControlCharacters(line), line.replace('\u001b[J', ''));
  assert.match(line, /█+░+ {2} 50 %/);
});

test('it is never wider than the terminal, however that changes', () => {
  let columns = 200;
  const { pass } = reading(100 * MB, { columns: () => columns });
  for (const next of [200, 79, 40, 20, 8, 1, 120]) {
    columns = next;
    const line = stripVTControlCharacters(pass(200, MB)).replace('\r', '');
    assert.ok(line.length < Math.max(columns, 1), `${line.length} of ${columns}`);
  }
});

test('what a narrower terminal has broken into several lines is cleared, too', () => {
  let columns = 100;
  const { pass } = reading(100 * MB, { columns: () => columns });
  pass(2000, MB);
  columns = 30;
  assert.ok(pass(200, MB).startsWith('\u001b[2A\r\u001b[J'));
});

test('where the whole is unknown it says what has been read', () => {
  const { pass } = reading(null);
  assert.match(pass(2000, 30 * MB), /30 MB read, 15 MB\/s$/);
});

test('a file that grows while it is read is never more than read', () => {
  const { pass } = reading(10 * MB);
  assert.match(stripVTControlCharacters(pass(2000, 30 * MB)), /100 %/);
});
