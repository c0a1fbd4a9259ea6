import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { VERSION } from '../version.ts';
import { choiceOf, listOf, nearest, readArgs } from './args.ts';
import { ask } from './ask.ts';
import { COMMANDS } from './index.ts';
import { keptTerminal } from './terminal.fixture.ts';
import { wrap } from './wrap.ts';

async function said(...args: readonly string[]): Promise<string> {
  const terminal = keptTerminal();
  assert.equal(await ask(args, terminal), 0);
  return terminal.written().out;
}

test('every help fits 80 columns and begins with what it is for and examples', async () => {
  for (const { name, summary } of COMMANDS) {
    const help = await said(name, '--help');
    for (const line of help.split('\n')) assert.ok(line.length <= 80, `${name}: ${line}`);
    assert.match(help, new RegExp(`^[A-Z].+\\.\\n\\n  headcount( ${name}|\\n)`), name);
    assert.ok(help.endsWith('\n') && !help.endsWith('\n\n'), name);
    assert.ok(summary.length <= 66, name);
    assert.equal(await said('help', name), help);
    assert.equal(await said(name, '-h'), help);
  }
  for (const line of (await said('--help')).split('\n')) assert.ok(line.length <= 80, line);
});

test('the overview has every command and its summary', async () => {
  const overview = await said('help');
  for (const { name, summary } of COMMANDS) assert.match(overview, new RegExp(`^  ${name} +${summary}$`, 'm'));
  assert.equal(await said('-h'), overview);
  assert.equal(await said('--version'), `${VERSION}\n`);
});

test('a mistyped command is answered with the nearest one', async () => {
  const refused = async (...args: readonly string[]) => {
    try {
      await ask(args, keptTerminal());
    } catch (error) {
      return (error as Error).message;
    }
    return assert.fail('it was taken');
  };
  assert.equal(await refused('analyse'), 'There is no command "analyse". Did you mean "analyze"?');
  assert.equal(await refused('an', 'x.log'), 'There is no command "an". Did you mean "analyze"?');
  assert.equal(await refused('help', 'chekc'), 'There is no command "chekc". Did you mean "check"?');
  assert.equal(await refused('xyzzy'), 'There is no command "xyzzy". See headcount --help.');
  assert.match(await refused('analyze', '--formt', 'json', 'a.log'), /Did you mean --format\?/);
  assert.match(await refused('analyze', '--format', 'htlm', 'a.log'), /Did you mean html\?/);
  assert.match(await refused('analyze', '--format', 'yaml', 'a.log'), /It is text, json, csv or html\./);
  assert.match(await refused('analyze', '--time-zone', 'Europe/Berln', 'a.log'), /Did you mean Europe\/Berlin\?/);
  assert.match(await refused('analyze', '--kind', 'acess-log', 'a.log'), /Did you mean access-log\?/);
  assert.match(
    await refused('analyze', '--sessions', 'a.xlsx', 'a.log'),
    /must end in \.csv, \.jsonl, \.parquet or \.sqlite/,
  );
  assert.match(await refused('analyze', '-o', 'gap=never', 'a.log'), /The option gap is not a duration/);
  assert.match(await refused('analyze'), /Say which files/);
  assert.match(await refused('analyze', '-O', './a.log', 'a.log'), /would be read and overwritten/);
  assert.match(await refused('analyze', '-O', 'b.csv', '-s', 'b.csv', 'a.log'), /Both the report and the sessions/);
});

test('the nearest word begins so or differs by two letters, and is not just anything short', () => {
  assert.equal(nearest('anal', ['analyze', 'run']), 'analyze');
  assert.equal(nearest('x', ['y', 'run']), null);
  assert.equal(nearest('html5', ['text', 'html']), 'html');
  assert.equal(listOf(['a'], 'or'), 'a');
  assert.equal(listOf(['a', 'b', 'c'], 'and'), 'a, b and c');
  assert.equal(choiceOf('format', 'csv', ['csv']), 'csv');
});

test('an argument that an option lacks is told', () => {
  assert.throws(() => readArgs(['--format'], { format: { type: 'string' } }), { code: 'BAD_USAGE' });
});

test('text is wrapped between words, and a long word stays whole', () => {
  const text = 'word '.repeat(40);
  for (const line of wrap(text, 4, 2).split('\n')) assert.ok(line.length <= 80 && /^ {4,6}word/.test(line), line);
  assert.equal(wrap(`a ${'b'.repeat(100)} c`), `a\n${'b'.repeat(100)}\nc`);
});
