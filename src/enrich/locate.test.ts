import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Client, Place } from '../core/identity.ts';
import { identify } from '../core/identity.ts';
import type { ClientFacts } from '../core/observation.ts';
import { createClient } from './client.ts';
import { createLocator } from './locate.ts';

const PLACE: Place = { geo: null, asn: 64_496, organization: 'Example' };

/** A client whose place is found once the clock has moved so far; time moves with those who sleep. */
function locator(foundAt: number, isWeb: boolean) {
  let passed = 0;
  const found: { client: Client | null } = { client: null };
  const tick = () => {
    if (passed >= foundAt && found.client !== null) found.client.place = PLACE;
  };
  const clock = {
    now: () => passed,
    elapsed: () => passed,
    sleep: async (ms: number) => {
      passed += ms;
      tick();
    },
  };
  const identifying = (_: string, facts: ClientFacts) => {
    const identity = identify(facts, facts.address, true, (text) => text);
    found.client = createClient({ identity, address: facts.address, facts, place: null, player: null, bot: false });
    tick();
    return found.client;
  };
  const locate = createLocator({ identify: identifying }, { clock, isWeb });
  return { locate, passed: () => passed };
}

test('what a database knows is answered at once, and so is what it does not know', async () => {
  const known = locator(0, false);
  assert.equal(await known.locate('192.0.2.1'), PLACE);
  const unknown = locator(100, false);
  assert.equal(await unknown.locate('192.0.2.1'), null);
  assert.equal(unknown.passed(), 0);
});

test('a web service is waited for, and not for ever', async () => {
  const { locate } = locator(500, true);
  assert.equal(await locate('192.0.2.1'), PLACE);
  const silent = locator(1e9, true);
  assert.equal(await silent.locate('192.0.2.1'), null);
  assert.equal(silent.passed(), 2000);
});
