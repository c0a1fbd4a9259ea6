/**
 * `npm run bench -- NAME…` runs benchmarks one after the other, `all` runs all of them; without a name it lists them.
 * Exit code 0 also where a bar is missed, which the table says; 1 if a benchmark failed, 2 if there is none of that name.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { BENCHES } from './benches.ts';
import { machine } from './machine.ts';

const say = (text: string) => process.stdout.write(text);
const list = BENCHES.map(({ name, question }) => `  ${name.padEnd(17)}${question}\n`).join('');

async function main(asked: readonly string[]): Promise<number> {
  const names = asked.includes('all') ? BENCHES.map(({ name }) => name) : asked;
  const unknown = names.find((name) => !BENCHES.some((bench) => bench.name === name));
  if (unknown !== undefined) {
    process.stderr.write(`There is no benchmark ${unknown}. There are:\n\n${list}`);
    return 2;
  }
  if (names.length === 0) {
    say(`npm run bench -- NAME… | all\n\n${list}`);
    return 0;
  }
  say(`${machine()}\nFigures are medians, in brackets from the worst to the best or from the least to the most.\n`);
  let isInterrupted = false;
  let running: ChildProcess | null = null;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // On a terminal Ctrl+C has reached it already.
      if (!isInterrupted && signal === 'SIGTERM') running?.kill(signal);
      isInterrupted = true;
    });
  }
  let result = 0;
  for (const name of names) {
    const args = ['--expose-gc', fileURLToPath(new URL('run.ts', import.meta.url)), name];
    running = spawn(process.execPath, args, { stdio: 'inherit' });
    const [code] = (await once(running, 'close')) as [number | null];
    if (isInterrupted) return 1;
    if (code !== 0) result = 1;
  }
  return result;
}

process.exitCode = await main(process.argv.slice(2));
