import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parseScenarios, playScenario } from './play.ts';

const folder = new URL('./', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.scenario'));
let count = 0;

for (const file of files) {
  describe(file, () => {
    for (const scenario of parseScenarios(readFileSync(new URL(file, folder), 'utf8'))) {
      count++;
      test(scenario.title, () => playScenario(scenario));
    }
  });
}

test('there are at least 60 scenarios', () => assert.ok(count >= 60, `there are ${count}`));
