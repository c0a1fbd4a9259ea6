#!/usr/bin/env node
// Plain JavaScript on purpose: an old Node must be able to read this file and to say so.
import { mkdirSync, statSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Headcount needs Node.js 22.18 or newer; this is ${process.versions.node}. In the repository, "npm start" finds the right one.\n`,
  );
  process.exitCode = 1;
} else {
  // Before that: kept code is only good for the same flags.
  if (process.argv[2] === 'analyze') optimizeLater();
  keepCompiledCode();
  await import(new URL('../src/main.ts', import.meta.url).href);
}

/**
 * Without it every start strips and compiles hundreds of files anew. What is kept is code that will be run: so it goes
 * into a folder of the user's own, never into a temporary one that others may write to. Where there is no such folder,
 * or it cannot be written, all goes on as before. NODE_DISABLE_COMPILE_CACHE=1 switches it off.
 */
function keepCompiledCode() {
  const { XDG_CACHE_HOME, HOME, NODE_COMPILE_CACHE } = process.env;
  if (NODE_COMPILE_CACHE !== undefined || process.getuid === undefined) return;
  const caches = XDG_CACHE_HOME?.startsWith('/') ? XDG_CACHE_HOME : HOME?.startsWith('/') ? join(HOME, '.cache') : null;
  if (caches === null) return;
  try {
    const folder = join(caches, 'headcount');
    for (const each of [caches, folder]) makeFolder(each);
    const { uid, mode } = statSync(folder);
    if (uid === process.getuid() && (mode & 0o022) === 0) module.enableCompileCache(folder);
  } catch {
    // It is only a matter of speed.
  }
}

/**
 * Most logs are read in about a second. To optimize all that runs for so long takes a fifth of it, and pays off only later. What is
 * WebAssembly is optimized as ever.
 */
function optimizeLater() {
  setFlagsFromString('--no-turbofan');
  setTimeout(() => setFlagsFromString('--turbofan'), 2000).unref();
}

/** Not with all that lead to it: a home that does not exist is not to be made. */
function makeFolder(path) {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}
