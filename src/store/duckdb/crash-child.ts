/**
 * A process for tests to kill. `crash-child.ts FOLDER hold` opens the store and keeps it; `… commit` commits for ever
 * and says `acknowledged N` after each; `… migrate` migrates and says `migrated`; `… die` kills itself half-way there.
 */

import { silentLog } from '../../telemetry/log.ts';
import { commitNumber, nextStep, SINK } from './crash.ts';
import { openDuckDbStore } from './index.ts';

const [directory, task] = process.argv.slice(2) as [string, string];
const say = (text: string) => process.stdout.write(`${text}\n`);

async function open(interrupt?: () => Promise<void>) {
  const migrations = interrupt === undefined ? {} : { migrations: nextStep(interrupt) };
  return await openDuckDbStore({ directory, log: silentLog, logBytes: 2 ** 20, ...migrations });
}

switch (task) {
  case 'hold':
    await open();
    say('open');
    setInterval(() => {}, 60_000);
    break;
  case 'commit': {
    const store = await open();
    await store.outbox.open([SINK]);
    for (let sequence = (await store.resume()).sequence + 1; ; sequence++) {
      await store.commit(commitNumber(sequence));
      say(`acknowledged ${sequence}`);
    }
  }
  case 'migrate':
    say('migrating');
    await open(async () => {
      say('half-way');
    });
    say('migrated');
    break;
  case 'die':
    await open(async () => {
      process.kill(process.pid, 'SIGKILL');
      await new Promise(() => {});
    });
}
