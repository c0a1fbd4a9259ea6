/** On what it was measured: without this line no figure means anything. */

import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';

export function machine(): string {
  const [cpu] = cpus();
  const parts = [
    `${cpu?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores`,
    `${Math.round(totalmem() / 1e9)} GB`,
    `load ${loadavg()[0]!.toFixed(1)} before`,
    `node ${process.version}`,
    `commit ${commit()}`,
    new Date().toISOString(),
  ];
  return parts.join(' · ');
}

function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    return `${git('rev-parse', '--short', 'HEAD').trim()}${git('status', '--porcelain') === '' ? '' : ' with changes'}`;
  } catch {
    return 'unknown';
  }
}
