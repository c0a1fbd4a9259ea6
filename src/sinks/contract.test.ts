/** The contract of sink.ts, for every registered kind, with somebody to tell (fixture.ts). */

import { strict as assert } from 'node:assert';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../../lab/child.ts';
import { held, isNoMoreThan } from '../../lab/held.ts';
import { type ConfiguredSink, readSinks } from '../config/outputs.ts';
import type { Mistake } from '../config/sources.ts';
import { systemClock } from '../lib/clock.ts';
import { isSecret } from '../lib/options.ts';
import { COMMON, openOutbox, type SinkFixture, type SinkPeer, sinkContext, told } from './fixture.ts';
import { SINK_KINDS } from './index.ts';
import { RunningSinks } from './running.ts';
import { Refused, type SinkKind } from './sink.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const never = new AbortController().signal;

test('every folder is a registered kind, and every kind is a folder', () => {
  const folders = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(folders.map(({ name }) => name).sort(), SINK_KINDS.map(({ kind }) => kind).sort());
});

test('the page of what all sinks have in common has their counters', () => {
  checkCounters(`${ROOT}/docs/sinks/rules.md`, ['dispatcher.ts', 'sieve.ts']);
});

function checkCounters(page: string, files: readonly string[]): void {
  for (const file of files) {
    for (const [, counter] of readFileSync(`${FOLDER}/${file}`, 'utf8').matchAll(/counters\.(?:add|set)\('(\w+)'/g)) {
      assert.ok(readFileSync(page, 'utf8').includes(`\`${counter}\``), `the counter ${counter}`);
    }
  }
}

for (const kind of SINK_KINDS) {
  const { fixture } = (await import(`./${kind.kind}/fixture.ts`)) as { fixture: SinkFixture };
  describeDeclaration(kind, fixture);
  const ways = fixture.named.map(({ options }) =>
    kind.create(kind.config.parse(options) as never, sinkContext().context),
  );
  if (ways.some(({ batch }) => batch !== null)) describeDelivery(kind, fixture);
  else describeSchedule(kind, fixture);
}

function read(written: unknown): { sink: ConfiguredSink | undefined; mistakes: Mistake[] } {
  const mistakes: Mistake[] = [];
  const [sink] = readSinks([written], SINK_KINDS, mistakes);
  return { sink, mistakes };
}

function describeDeclaration(kind: SinkKind, fixture: SinkFixture): void {
  test(`${kind.kind}: has a page with all its counters, and every option has a sentence`, () => {
    const page = `${ROOT}/docs/sinks/${kind.kind}.md`;
    assert.ok(existsSync(page));
    for (const [name, option] of Object.entries(kind.config.shape)) {
      assert.match(option.description ?? '', /^[A-Z].*[.:)]$/s, `the option ${name}`);
      assert.equal(
        isSecret(option),
        /password|key|token|secret|webhook/i.test(name),
        `is the option ${name} a secret?`,
      );
    }
    const code = readdirSync(`${FOLDER}/${kind.kind}`).filter((name) => !/\.test\.ts$|fixture/.test(name));
    checkCounters(
      page,
      code.map((name) => `${kind.kind}/${name}`),
    );
    assert.match(readFileSync(page, 'utf8'), /\(rules\.md/);
  });

  test(`${kind.kind}: is called what it should be, and never by a secret`, () => {
    for (const { options, name } of fixture.named) {
      const { sink, mistakes } = read({ kind: kind.kind, ...options });
      assert.deepEqual(mistakes, []);
      assert.equal(sink!.common.name, name);
      assert.deepEqual(sink!.options, kind.config.parse(options));
      for (const [option, schema] of Object.entries(kind.config.shape)) {
        const value = sink!.options[option];
        if (isSecret(schema) && typeof value === 'string' && value.length > 1) assert.ok(!name.includes(value));
      }
    }
  });

  test(`${kind.kind}: refuses options that cannot be right`, () => {
    assert.ok(fixture.refused.length > 0);
    for (const options of fixture.refused) {
      const { sink, mistakes } = read({ kind: kind.kind, ...options });
      assert.equal(sink, undefined, JSON.stringify(options));
      assert.equal(mistakes.length, 1);
    }
  });
}

function describeDelivery(kind: SinkKind, fixture: SinkFixture): void {
  const create = (peer: SinkPeer) => {
    const { context } = sinkContext();
    return kind.create(kind.config.parse(peer.options) as never, context);
  };

  test(`${kind.kind}: what it is told has arrived when it says so`, async () => {
    await withPeer(fixture, async (peer) => {
      const sink = create(peer);
      await sink.deliver(told('a', 'b'), never);
      assert.deepEqual(peer.ids(), ['a', 'b']);
      await sink.deliver(told('c'), never);
      assert.deepEqual(peer.ids(), ['a', 'b', 'c']);
    });
  });

  test(`${kind.kind}: what cannot be told is not refused: it may be tried again`, async () => {
    await withPeer(fixture, async (peer) => {
      const sink = create(peer);
      peer.fail();
      await assert.rejects(sink.deliver(told('a'), never), (error: unknown) => !(error instanceof Refused));
      peer.recover();
      await sink.deliver(told('a'), never);
      assert.deepEqual(peer.ids(), ['a']);
    });
  });

  test(`${kind.kind}: from the outbox to the end, in order, and nothing is left behind`, async () => {
    // Whatever is loaded late must not look like a leak.
    await runOnce(fixture, kind);
    const before = held();
    await runOnce(fixture, kind);
    await until('everything is closed', () => isNoMoreThan(before));
  });
}

function describeSchedule(kind: SinkKind, fixture: SinkFixture): void {
  const runOnSchedule = () =>
    withPeer(fixture, async (peer) => {
      const { context, logged } = sinkContext();
      const hurried = { ...context, clock: { ...systemClock, sleep: hurry } };
      const stopping = new AbortController();
      const running = kind.create(kind.config.parse(peer.options) as never, hurried).run!(stopping.signal);
      await until('it writes', () => peer.written!() > 0);
      peer.fail();
      await until('it says that it cannot', () => logged.length > 0);
      peer.recover();
      const before = peer.written!();
      await until('it writes again', () => peer.written!() > before);
      stopping.abort();
      await running;
    });

  test(`${kind.kind}: writes as often as it should, goes on after a failure, and leaves nothing behind`, async () => {
    await runOnSchedule();
    const before = held();
    await runOnSchedule();
    await until('everything is closed', () => isNoMoreThan(before));
  });
}

/** Every pause is over soon. */
const hurry = (_: number, signal: AbortSignal) => systemClock.sleep(5, signal);

async function runOnce(fixture: SinkFixture, kind: SinkKind): Promise<void> {
  await withPeer(fixture, async (peer) => {
    const outbox = await openOutbox();
    try {
      const { context, counters } = sinkContext();
      const { live, clock, log } = context;
      const options = kind.config.parse(peer.options);
      const settings = [{ kind, common: COMMON, options }];
      const { store } = outbox;
      const sinks = new RunningSinks({
        ...{ settings, live, clock, log, counters, random: () => 0.5 },
        outbox: store.outbox,
      });
      await sinks.open();
      await outbox.commit('a', 'b');
      sinks.start();
      await until('two have arrived', () => peer.ids().length === 2);
      await outbox.commit('c');
      sinks.wake();
      await until('the third has', () => peer.ids().length === 3);
      await outbox.commit('d', 'e');
      // At the end, what is there is told still.
      await sinks.stop();
      assert.deepEqual(peer.ids(), ['a', 'b', 'c', 'd', 'e']);
      assert.equal(await store.outbox.count(COMMON.name), 0);
      assert.equal(counters.read()['sink sink']?.['delivered'], 5);
    } finally {
      await outbox.remove();
    }
  });
}

async function withPeer(fixture: SinkFixture, run: (peer: SinkPeer) => Promise<void>): Promise<void> {
  const peer = await fixture.start();
  try {
    await run(peer);
  } finally {
    await peer.stop();
  }
}
