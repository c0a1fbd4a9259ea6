/**
 * Builds the dashboard into web/dist: `node web/build.ts [--if-stale]`. With `--if-stale` it does nothing when neither a
 * source file, nor the lock file, nor this script has changed since the last build. It prints one line. It leaves
 * serving to src/http/dashboard.ts.
 */

import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const WEB = fileURLToPath(new URL('.', import.meta.url));
const DIST = join(WEB, 'dist');
/** Holds the hash of what the last build was made from. Written last: a build that was cut off has none. */
const STAMP = join(DIST, 'built-from.txt');

/** The hash of everything that a build is made from. Test files are no part of it. */
function sourceHash(): string {
  const hash = createHash('sha256');
  const sources = globSync(['index.html', 'build.ts', 'tsconfig.json', 'src/**/*'], { cwd: WEB })
    .map((name) => join(WEB, name))
    .filter((path) => statSync(path).isFile() && !path.endsWith('.test.ts'));
  for (const path of [...sources, join(WEB, '../package-lock.json')].sort()) {
    hash.update(path.slice(WEB.length)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

async function bundle(): Promise<void> {
  // Loaded only when there is something to build: it takes longer than finding out that there is nothing.
  const [{ build }, { svelte }] = await Promise.all([import('vite'), import('@sveltejs/vite-plugin-svelte')]);
  await build({
    root: WEB,
    configFile: false,
    // Relative, so that it works under any base path.
    base: './',
    logLevel: 'error',
    plugins: [svelte({ configFile: false })],
    build: {
      outDir: DIST,
      emptyOutDir: true,
      // The first that know light-dark(), which the palette is written with.
      target: ['chrome123', 'firefox125', 'safari17.5'],
      // The server's policy lets nothing be fetched from data: addresses.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      // The map is a megabyte by nature; it is loaded after everything else.
      chunkSizeWarningLimit: 1200,
    },
    worker: { format: 'es' },
  });
}

/** What a browser that understands gzip transfers: scripts and styles. */
function transferSize(): number {
  return globSync('**/*.{js,css}', { cwd: DIST })
    .map((name) => gzipSync(readFileSync(join(DIST, name))).length)
    .reduce((sum, size) => sum + size, 0);
}

async function main(): Promise<string> {
  const hash = sourceHash();
  const isFresh = existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hash;
  if (isFresh && process.argv.includes('--if-stale')) return 'dashboard: up to date';
  const startedAt = performance.now();
  await bundle();
  writeFileSync(STAMP, hash);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  return `dashboard: built in ${seconds} s, ${Math.round(transferSize() / 1024)} KiB of scripts and styles (gzip)`;
}

process.stdout.write(`${await main()}\n`);
