/** The contract of source.ts, for every registered kind, against a peer of its own (fixture.ts). */

import { strict as assert } from 'node:assert';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../../lab/child.ts';
import { held, isNoMoreThan } from '../../lab/held.ts';
import { type Watched, watchSource } from '../../lab/watch.ts';
import { readSource, SourceMistake } from '../config/sources.ts';
import type { Observation } from '../core/observation.ts';
import { anonymised } from '../lib/anonymised.ts';
import { HeadcountError } from '../lib/errors.ts';
import { isSecret } from '../lib/options.ts';
import type { SourceFixture, SourcePeer } from './fixture.ts';
import { KINDS } from './index.ts';
import type { SourceKind } from './source.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Ending has to be this quick; it is far from what a source needs. */
const SOON_MS = 4000;

test('every folder is a registered kind, and every kind is a folder', () => {
  const folders = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(folders.map(({ name }) => name).sort(), KINDS.map(({ kind }) => kind).sort());
});

test('no scheme belongs to two kinds', () => {
  const schemes = KINDS.flatMap((kind) => kind.schemes);
  assert.equal(new Set(schemes).size, schemes.length);
});

for (const kind of KINDS) {
  const { fixture } = (await import(`./${kind.kind}/fixture.ts`)) as { fixture: SourceFixture };
  describeDeclaration(kind, fixture);
  describeRun(kind, fixture);
}

function describeDeclaration(kind: SourceKind, fixture: SourceFixture): void {
  test(`${kind.kind}: has a page, and every option has a sentence`, () => {
    assert.ok(existsSync(`${ROOT}/docs/sources/${kind.kind}.md`));
    for (const [name, option] of Object.entries(kind.config.shape)) {
      assert.match(option.description ?? '', /^[A-Z].*[.:)]$/s, `the option ${name}`);
      const looksSecret = /password|key|token|secret/i.test(name);
      assert.equal(isSecret(option), looksSecret, `is the option ${name} a secret?`);
    }
  });

  test(`${kind.kind}: says which of its counters are work, and which are rejects; its page explains them`, () => {
    const page = readFileSync(`${ROOT}/docs/sources/${kind.kind}.md`, 'utf8');
    const { work, rejects } = kind.counts;
    assert.ok(work.length > 0);
    const all = Object.values(rejects).filter((counter) => counter !== null);
    for (const counter of [...work, ...Object.keys(rejects), ...all]) {
      assert.ok(page.includes(`\`${counter}\``), `its page does not explain ${counter}`);
    }
    assert.equal(new Set([...work, ...Object.keys(rejects)]).size, work.length + Object.keys(rejects).length);
  });

  test(`${kind.kind}: URLs mean what they say`, () => {
    assert.ok(fixture.urls.length > 0);
    for (const { url, options, name } of fixture.urls) {
      const read = readSource(url, KINDS);
      assert.equal(read.kind, kind, url);
      assert.deepEqual(read.options, kind.config.parse(options), url);
      assert.equal(read.common.name, name, url);
      for (const [option, schema] of Object.entries(kind.config.shape)) {
        const value = read.options[option];
        if (isSecret(schema) && typeof value === 'string') assert.ok(!name.includes(value), 'a name is no secret');
      }
    }
  });

  test(`${kind.kind}: refuses options that cannot be right`, () => {
    assert.ok(fixture.refused.length > 0);
    for (const options of fixture.refused) {
      assert.equal(kind.config.safeParse(options).success, false, JSON.stringify(options));
    }
    assert.throws(() => readSource({ url: fixture.urls[0]!.url, there: 'is no such option' }, KINDS), SourceMistake);
  });
}

function describeRun(kind: SourceKind, fixture: SourceFixture): void {
  test(`${kind.kind}: cannot go on without its peer, and says so to a person`, async () => {
    const watched = watchSource(kind, await fixture.unreachable());
    const error = await within(watched.ended, 'it gives up');
    assert.ok(error instanceof HeadcountError, String(error));
    assert.match(error.code, /^[A-Z][A-Z0-9_]+$/);
    assert.match(error.message, /^[A-Z].{10,}[.!?]$/s);
    assert.equal(watched.batches.flatMap(clientsOf).length, 0);
  });

  test(`${kind.kind}: tells what its peer shows, and leaves nothing behind`, async () => {
    // Whatever is loaded late, such as a module, must not look like a leak.
    await runOnce(kind, fixture);
    const before = held();
    const watched = await runOnce(kind, fixture);
    await until('everything is closed', () => isNoMoreThan(before));
    checkBatches(kind, watched);
    checkCounts(kind, watched);
  });

  test(`${kind.kind}: ends soon when it is told so at once`, async () => {
    await withPeer(fixture, async ({ options }) => {
      const watched = watchSource(kind, options);
      await within(watched.stop(), 'it ends');
    });
  });

  test(`${kind.kind}: waits until a batch is taken in`, async () => {
    await withPeer(fixture, async (peer) => {
      let inside = 0;
      let most = 0;
      const taking = async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setTimeout(resolve, 30));
        inside--;
      };
      const watched = watchSource(kind, peer.options, { taking });
      await peer.speak();
      await until('some batches', () => watched.batches.length >= 3);
      await within(watched.stop(), 'it ends');
      assert.equal(most, 1, 'one batch at a time');
    });
  });

  test(`${kind.kind}: a cursor of another version does not stop it`, async () => {
    await withPeer(fixture, async (peer) => {
      for (const cursor of [{ version: 99 }, 'rubbish', 7, []]) {
        const watched = watchSource(kind, peer.options, { cursor });
        await until('it tells something', () => watched.batches.length > 0);
        await within(watched.stop(), 'it ends');
      }
    });
  });
}

async function runOnce(kind: SourceKind, fixture: SourceFixture): Promise<Watched> {
  let result: Watched | null = null;
  await withPeer(fixture, async (peer) => {
    const watched = watchSource(kind, peer.options);
    await peer.speak();
    await until('clients are told', () => watched.batches.flatMap(clientsOf).length > 0);
    await peer.speak();
    const heard = watched.batches.length;
    await until('it goes on telling', () => watched.batches.length > heard + 1);
    await within(watched.stop(), 'it ends');
    result = watched;
  });
  return result!;
}

/** Work is what grows with every batch; an example has a line, and nothing that a terminal or a page would take for more. */
function checkCounts({ counts }: SourceKind, { counters }: Watched): void {
  assert.ok(
    counts.work.some((counter) => counters.get(counter) > 0),
    'it has worked',
  );
  for (const counter of Object.keys(counters.read())) {
    const example = counters.exampleOf(counter);
    if (example === null) continue;
    assert.ok(counter in counts.rejects, `${counter} has an example, and is no reject`);
    assert.equal(example.text, anonymised(example.text), counter);
    assert.ok(Math.abs(example.at - Date.now()) < 3_600_000);
  }
}

function checkBatches(kind: SourceKind, { batches, counters, sessions }: Watched): void {
  assert.ok(sessions().length > 0, 'there are sessions');
  let watermark = Number.NEGATIVE_INFINITY;
  for (const batch of batches) {
    if (batch.watermark !== undefined) {
      assert.ok(Number.isSafeInteger(batch.watermark), 'the watermark is in milliseconds');
      assert.ok(batch.watermark >= watermark, 'the watermark does not go back');
      watermark = batch.watermark;
    }
    if (batch.cursor !== undefined) {
      assert.deepEqual(JSON.parse(JSON.stringify(batch.cursor)), batch.cursor, 'the cursor is plain JSON');
    }
  }
  assert.ok(Number.isFinite(watermark), 'it says what time it is');
  assert.equal(
    batches.some(({ cursor }) => cursor !== undefined),
    kind.traits.resumes,
    'whoever resumes gives cursors, and nobody else',
  );
  // Each peer has shown something broken: it was counted, or it was nothing that a source has to understand.
  const all = counters.read();
  for (const [name, count] of Object.entries(all)) {
    assert.match(name, /^[a-z][A-Za-z0-9]*$/);
    assert.ok(Number.isSafeInteger(count) && count >= 0, `${name}: ${count}`);
  }
  assert.ok(
    Object.values(all).some((count) => count > 0),
    'something is counted',
  );
}

async function withPeer(fixture: SourceFixture, run: (peer: SourcePeer) => Promise<void>): Promise<void> {
  const peer = await fixture.start();
  try {
    await run(peer);
  } finally {
    await peer.stop();
  }
}

function clientsOf({ observations }: { observations: readonly Observation[] }): unknown[] {
  return observations.flatMap((each) => {
    if (each.kind === 'presence') return [each.client];
    return each.kind === 'roster' ? each.present.map(({ client }) => client) : [];
  });
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const late = new AbortController();
  const deadline = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`not in ${SOON_MS} ms: ${what}`)), SOON_MS);
    late.signal.addEventListener('abort', () => clearTimeout(timer));
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    late.abort();
  }
}
