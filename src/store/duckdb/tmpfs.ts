/** For tests: a file system of a few megabytes, or of none that can be written, where mounting is allowed. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export interface Tmpfs {
  readonly folder: string;
  /** Changes its options: `ro`, `size=8m`. */
  remount(options: string): void;
}

/** Null, and the test is marked as skipped, where mounting is not allowed. */
export function mountTmpfs(t: TestContext, options: string): Tmpfs | null {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-tmpfs-'));
  const mount = (...args: string[]) => spawnSync('mount', args, { encoding: 'utf8' });
  const mounted = mount('-t', 'tmpfs', '-o', options, 'tmpfs', folder);
  if (mounted.status !== 0) {
    rmSync(folder, { recursive: true });
    t.skip(`NOT TESTED: a small file system cannot be mounted here (${mounted.stderr ?? mounted.error}); run as root`);
    return null;
  }
  t.after(() => {
    spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  });
  return {
    folder,
    remount: (changed) => {
      const { status, stderr } = mount('-o', `remount,${changed}`, folder);
      if (status !== 0) throw new Error(stderr);
    },
  };
}
