/** A thread for tests: does what the user agent asks for. */

import { parentPort } from 'node:worker_threads';

parentPort?.on('message', (userAgent: string) => {
  if (userAgent.startsWith('die')) process.exit(1);
  if (userAgent.startsWith('throw')) throw new Error('thrown on purpose');
  if (userAgent.startsWith('loop')) for (;;);
  parentPort?.postMessage({
    player: { name: userAgent, version: null, type: 'player', platform: null },
    bot: userAgent.startsWith('automaton'),
  });
});
