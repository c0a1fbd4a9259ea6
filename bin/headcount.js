#!/usr/bin/env node
// Plain JavaScript on purpose: an old Node must be able to read this file and to say so.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Headcount needs Node.js 22.18 or newer; this is ${process.versions.node}. In the repository, "npm start" finds the right one.\n`,
  );
  process.exitCode = 1;
} else {
  await import(new URL('../src/main.ts', import.meta.url).href);
}
