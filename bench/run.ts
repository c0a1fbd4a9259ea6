/** One benchmark in a process of its own, so that none inherits the heap of another: `run.ts NAME`. See main.ts. */

import { BENCHES } from './benches.ts';
import { Report } from './report.ts';

const [name] = process.argv.slice(2);
const bench = BENCHES.find((each) => each.name === name);
if (bench === undefined) throw new Error(`there is no benchmark ${name}`);

process.stdout.write(`\n${bench.name}: ${bench.question}\n`);
const report = new Report((text) => process.stderr.write(`  … ${text}\n`));
const show = (more: string) => process.stdout.write(`\n${report.text}${more}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // By `exit`, which takes temporary folders and children with it.
  process.once(signal, () => show('  broken off\n') && process.exit(1));
}
await bench.run(report);
show('');
