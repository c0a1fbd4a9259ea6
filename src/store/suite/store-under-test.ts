/** The store that a test asks: opened in a fresh folder, closed and removed when the test is over. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Store } from '../store.ts';

export interface StoreUnderTest {
  /** Opens the store of this folder, or what an earlier opening has left in it. */
  open(directory: string): Promise<Store>;
}

export async function freshFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headcount-store-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function freshStore(t: TestContext, { open }: StoreUnderTest): Promise<Store> {
  const store = await open(await freshFolder(t));
  t.after(() => store.close());
  return store;
}
