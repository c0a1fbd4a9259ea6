/** The contract of facade.ts, for every registered kind. */

import { strict as assert } from 'node:assert';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../../lab/child.ts';
import { readFacades } from '../config/outputs.ts';
import type { Mistake } from '../config/sources.ts';
import { Audience } from '../core/audience.ts';
import { Streams } from '../core/streams.ts';
import { systemClock } from '../lib/clock.ts';
import { Inboxes } from '../lib/inboxes.ts';
import { isSecret } from '../lib/options.ts';
import { Counters } from '../telemetry/counters.ts';
import { silentLog } from '../telemetry/log.ts';
import { type FacadeFixture, NO_ACCOUNTS, NO_HISTORY } from './fixture.ts';
import { FACADE_KINDS } from './index.ts';
import { RunningFacades } from './running.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

test('every folder is a registered kind, and every kind is a folder', () => {
  const folders = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(folders.map(({ name }) => name).sort(), FACADE_KINDS.map(({ kind }) => kind).sort());
});

for (const kind of FACADE_KINDS) {
  const { fixture } = (await import(`./${kind.kind}/fixture.ts`)) as { fixture: FacadeFixture };
  const read = (written: unknown, env = {}) => {
    const mistakes: Mistake[] = [];
    return { facades: readFacades(written, FACADE_KINDS, env, mistakes), mistakes };
  };

  test(`${kind.kind}: has a page with all its counters, and every option has a sentence`, () => {
    const page = `${ROOT}/docs/facades/${kind.kind}.md`;
    assert.ok(existsSync(page));
    for (const [name, option] of Object.entries(kind.config.shape)) {
      assert.match(option.description ?? '', /^[A-Z].*[.:)]$/s, `the option ${name}`);
      // A switch or a list that is called so holds none by itself.
      const isText = option.safeParse('a text of some length').success;
      const isCalledSo = /password|key|token|secret/i.test(name);
      assert.equal(isSecret(option), isText && isCalledSo, `is the option ${name} a secret?`);
    }
    const files = readdirSync(`${FOLDER}/${kind.kind}`, { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => /\.ts$/.test(name) && !/\.test\.ts$|fixture/.test(name))) {
      const code = readFileSync(`${FOLDER}/${kind.kind}/${file}`, 'utf8');
      for (const [, counter] of code.matchAll(/counters\.(?:add|set)\('(\w+)'/g)) {
        assert.ok(readFileSync(page, 'utf8').includes(`\`${counter}\``), `the counter ${counter}`);
      }
    }
  });

  test(`${kind.kind}: refuses options that cannot be right`, () => {
    assert.ok(fixture.refused.length > 0);
    for (const options of fixture.refused) {
      const { facades, mistakes } = read([{ kind: kind.kind, ...options }]);
      assert.deepEqual(facades, [], JSON.stringify(options));
      assert.equal(mistakes.length, 1, JSON.stringify(options));
    }
  });

  test(`${kind.kind}: variables of the original mean what they meant; what is written takes their place`, () => {
    for (const { env, options, implied } of fixture.environments) {
      const [written] = read([{ kind: kind.kind }], env).facades;
      assert.deepEqual(written!.options, kind.config.parse(options), JSON.stringify(env));
      const alone = read(undefined, env).facades;
      assert.deepEqual(
        alone.map(({ options: own }) => own),
        implied === null ? [] : [kind.config.parse(implied)],
      );
      assert.deepEqual(read([], env).facades, [], 'an empty list is none');
    }
  });

  test(`${kind.kind}: answers, runs, and leaves nothing behind`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'headcount-facade-'));
    try {
      // Whatever is loaded late must not look like a leak.
      await runOnce(folder);
      const before = process.getActiveResourcesInfo().length;
      await runOnce(folder);
      await until('everything is closed', () => process.getActiveResourcesInfo().length <= before);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  async function runOnce(folder: string): Promise<void> {
    const facades = new RunningFacades({
      settings: [{ kind, options: kind.config.parse(fixture.running(folder)) }],
      audience: new Audience(),
      streams: new Streams((text) => text),
      titles: () => [],
      sources: () => [],
      describe: () => assert.fail('there is nobody'),
      accounts: NO_ACCOUNTS,
      ...NO_HISTORY,
      inboxes: new Inboxes(),
      clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 5), signal) },
      ...{ log: silentLog, counters: new Counters(), random: () => 0.5 },
    });
    const { routes, endpoints } = facades;
    assert.ok(routes.length + endpoints.length > 0);
    for (const { summary, path } of [...routes, ...endpoints]) {
      assert.match(summary, /^[A-Z].*\.$/);
      assert.match(path, /^\//);
    }
    facades.start(() => true);
    await until('it answers', () => routes.every(({ answer }) => answer() !== null));
    for (const { methods, path, answer } of endpoints) {
      const asked = { path, params: {}, parameters: [], json: null, headers: {}, address: '192.0.2.1' };
      for (const method of methods) {
        const { status, headers } = await answer({ ...asked, method });
        assert.ok(status >= 200 && status < 500, `${method} ${path}: ${status}`);
        assert.ok(status === 204 || headers['content-type'] !== undefined, path);
      }
    }
    await facades.stop();
  }
}
