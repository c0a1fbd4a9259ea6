/**
 * Installs what tests, benches and `npm run lab` run against, as Debian packages: the real servers and a browser. Does
 * nothing where all of them are there already. Needs root (or sudo) and Debian or one of its children; anywhere else it
 * says what is missing.
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Program, or the path of what is none → package. */
const NEEDED: Readonly<Record<string, string>> = {
  nginx: 'nginx',
  '/usr/lib/nginx/modules/ngx_rtmp_module.so': 'libnginx-mod-rtmp',
  ffmpeg: 'ffmpeg',
  icecast2: 'icecast2',
  turnserver: 'coturn',
  turnutils_uclient: 'coturn',
  tcpdump: 'tcpdump',
  tshark: 'tshark',
  goaccess: 'goaccess',
  wrk: 'wrk',
  chromium: 'chromium',
  xmllint: 'libxml2-utils',
};

const PLACES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export function missingPrograms(): string[] {
  const isThere = (program: string) =>
    program.startsWith('/') ? existsSync(program) : PLACES.some((place) => existsSync(`${place}/${program}`));
  return Object.keys(NEEDED).filter((program) => !isThere(program));
}

function install(): number {
  const missing = missingPrograms();
  if (missing.length === 0) return 0;
  const packages = [...new Set(missing.map((program) => NEEDED[program]!))];
  if (!PLACES.some((place) => existsSync(`${place}/apt-get`))) {
    say(`The tests run against real servers. Please install: ${packages.join(', ')}.`);
    return 1;
  }
  say(`Installing what the tests run against: ${packages.join(' ')}`);
  const sudo = process.getuid?.() === 0 ? [] : ['sudo'];
  // No service is started by being installed: the tests start their own, on loopback.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const apt = (...args: string[]) => {
    const [program, ...rest] = [...sudo, 'apt-get', ...args] as [string, ...string[]];
    const { status } = spawnSync(program, rest, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    return status === 0;
  };
  if (!apt('update', '-q') || !apt('install', '-y', '-q', '--no-install-recommends', ...packages)) {
    say('apt-get failed; its own words stand above.');
    return 1;
  }
  const still = missingPrograms();
  if (still.length > 0) say(`Still missing: ${still.join(', ')}.`);
  return still.length === 0 ? 0 : 1;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

if (process.argv[1] === new URL(import.meta.url).pathname) process.exitCode = install();
