import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { noCases } from '../fixture.ts';
import { createDetector } from './detector.ts';
import { BROWSERS, collected } from './fixture.ts';
import { requiredLiterals } from './literals.ts';
import { Matomo, patternOf, readRules } from './matomo.ts';
import { RuleIndex } from './rule-index.ts';

const rules = readRules();
const matomo = new Matomo(rules);

test('nearly all rules need a text, and are tried only where it occurs', () => {
  assert.ok(rules.length > 2000);
  const index = new RuleIndex(rules.map(({ source }) => source));
  assert.ok(index.always < 20, `${index.always}`);
  const tried = BROWSERS.map(([, , userAgent]) => index.candidates(userAgent).length);
  assert.ok(Math.max(...tried) < 80, `${Math.max(...tried)}`);
});

test('what a rule tells has the groups of its match in it', () => {
  const ask = matomo.ask('Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0');
  assert.deepEqual([ask('browser')?.name, ask('browser')?.version], ['Firefox', '121.0']);
  assert.equal(ask('system')?.name, 'GNU/Linux');
  assert.equal(ask('bot'), null);
  assert.equal(matomo.ask('Podkicker Pro/2.6.6')('app')?.name, 'Podkicker Pro');
});

/** The slow way: every rule. */
const patterns = rules.map(patternOf);

function assertNoneIsMissed(index: RuleIndex, userAgent: string): void {
  const candidates = new Set(index.candidates(userAgent));
  patterns.forEach((pattern, number) => {
    if (!candidates.has(number)) assert.equal(pattern.test(userAgent), false, `/${pattern.source}/ on "${userAgent}"`);
  });
}

const texts = [
  ...new Set(rules.flatMap(({ source }) => requiredLiterals(source, (text) => 1 / text.length) ?? [])),
].filter((text) => text.length > 2);
const separator = fc.constantFrom(
  ' ',
  '/',
  ';',
  '; ',
  '.',
  '_',
  '-',
  '/1 ',
  '/1.1 ',
  '(',
  ')',
  '%20',
  ', ',
  '1',
  'a',
  '',
);
const text = fc.constantFrom(...texts);

test('no rule is missed that matches: real user agents', { skip: noCases }, () => {
  const index = new RuleIndex(rules.map(({ source }) => source));
  const agents = [...collected('apps'), ...collected('bots')].map(({ userAgent }) => userAgent);
  for (const userAgent of agents.filter((_, i) => i % 6 === 0)) assertNoneIsMissed(index, userAgent);
});

test('no rule is missed that matches: texts that rules look for', () => {
  const index = new RuleIndex(rules.map(({ source }) => source));
  const agent = fc.array(fc.tuple(text, separator), { minLength: 1, maxLength: 6 }).map((each) => each.flat().join(''));
  fc.assert(
    fc.property(agent, fc.boolean(), (userAgent, isUpper) => {
      assertNoneIsMissed(index, isUpper ? userAgent.toUpperCase() : userAgent);
    }),
    { numRuns: 150 },
  );
});

const detect = createDetector();
const MOST_MILLISECONDS = 5;
/** The fastest of so many, so that what else the machine does is not counted. */
const TRIES = 8;

function assertQuick(userAgent: string): void {
  let fastest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TRIES && fastest > MOST_MILLISECONDS; i++) {
    const start = performance.now();
    detect(userAgent);
    fastest = Math.min(fastest, performance.now() - start);
  }
  assert.ok(fastest <= MOST_MILLISECONDS, `${fastest} ms: ${userAgent}`);
}

const LONG = 1024;
const fill = (unit: string) => unit.repeat(Math.ceil(LONG / unit.length)).slice(0, LONG);

test('nobody can make an answer slow: one text over and over, behind another', () => {
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 3 }),
      fc.array(text, { maxLength: 3 }),
      separator,
      (before, after, between) =>
        assertQuick([...before, fill([...after, ''].join(between) || ' ')].join(between).slice(0, LONG)),
    ),
    { numRuns: 2000 },
  );
});

test('nobody can make an answer slow: blocks of texts', () => {
  const block = fc
    .tuple(text, separator, fc.integer({ min: 1, max: 80 }))
    .map(([each, between, times]) => `${each}${between}`.repeat(times));
  fc.assert(
    fc.property(fc.array(block, { minLength: 1, maxLength: 8 }), (blocks) =>
      assertQuick(blocks.join(' ').slice(0, LONG)),
    ),
    { numRuns: 2000 },
  );
});

test('nobody can make an answer slow: what rules with gaps look for, in every order, but for the end', () => {
  const gapped = rules.filter(({ source }) => /\.[*+].*/.test(source));
  assert.ok(gapped.length > 50);
  for (const { source } of gapped) {
    const words = (source.match(/[A-Za-z][\w/]{2,}/g) ?? []).slice(0, 4);
    for (const between of [' ', '; ', '/1.1 ']) {
      const blocks = words.map((word) =>
        `${word}${between}`.repeat(Math.floor(500 / words.length / (word.length + 2))),
      );
      assertQuick(blocks.join(''));
      assertQuick(blocks.reverse().join(''));
      if (words.length > 1) assertQuick(`${words.at(-1)} ${fill(`${words[0]}${between}`)}`.slice(0, LONG));
    }
  }
});

test('nobody can make an answer slow: real user agents, mutated', () => {
  const real = fc.constantFrom(...BROWSERS.map(([, , userAgent]) => userAgent));
  const mutated = fc
    .tuple(real, fc.array(fc.tuple(fc.nat(300), fc.nat(60), fc.integer({ min: 1, max: 60 })), { maxLength: 4 }))
    .map(([agent, cuts]) =>
      cuts.reduce(
        (each, [at, length, times]) =>
          each.slice(0, at) + each.slice(at, at + length).repeat(times) + each.slice(at + length),
        agent,
      ),
    );
  fc.assert(
    fc.property(mutated, (userAgent) => assertQuick(userAgent.slice(0, LONG))),
    { numRuns: 2000 },
  );
  for (const unit of [
    ' ',
    '_',
    '-',
    '/',
    '(',
    '((',
    '()',
    '%',
    '%E0',
    '1.',
    '1_',
    '.',
    ';',
    'a',
    'a-',
    'ios ',
    ' app',
    '\u0130',
    '- ',
  ])
    assertQuick(fill(unit));
});
