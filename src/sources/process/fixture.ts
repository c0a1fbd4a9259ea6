/** A program that prints what it is told to, for the contract test and peer.test.ts: `tail`, of a file that we write. */

import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceFixture } from '../fixture.ts';

export interface Daemon {
  /** How it is run. */
  readonly options: { readonly program: string; readonly arguments: readonly string[] };
  /** What it prints stands here, for those who follow files. */
  readonly file: string;
  /** Prints these lines now, or as soon as it runs. */
  print(...lines: string[]): void;
  stop(): void;
}

export function createDaemon(): Daemon {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-process-'));
  const file = join(folder, 'daemon.log');
  writeFileSync(file, '');
  return {
    options: { program: 'tail', arguments: ['-n', '+1', '-f', file] },
    file,
    print: (...lines) => appendFileSync(file, `${lines.join('\n')}\n`),
    stop: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export const PATTERNS = {
  open: 'client (?<id>\\d+) from (?<endpoint>\\S+) as (?<user>\\w+) with (?<userAgent>.*)$',
  close: 'client (?<id>\\d+) left',
  up: 'listening on (?<stream>\\S+)',
  down: 'shutting down',
  ignore: ['debug: '],
};

export const fixture: SourceFixture = {
  urls: [
    {
      url: 'process:/opt/daemon?arguments=-v,--foreground&open=%5Eopen%20(%3F%3Cid%3E%5Cd%2B)&close=close%20(%3F%3Cid%3E%5Cd%2B)',
      options: {
        program: '/opt/daemon',
        arguments: ['-v', '--foreground'],
        open: '^open (?<id>\\d+)',
        close: ['close (?<id>\\d+)'],
      },
      name: 'process:/opt/daemon',
    },
    {
      url: 'process:?file=/var/log/auth.log&from=start&open=a%20(%3F%3Caddress%3E%5CS%2B)&close=b%20(%3F%3Cendpoint%3E%5CS%2B)',
      options: { file: '/var/log/auth.log', from: 'start', open: 'a (?<address>\\S+)', close: 'b (?<endpoint>\\S+)' },
      name: 'process:/var/log/auth.log',
    },
    {
      url: 'process:?journal=ssh.service,_UID=0&open=(%3F%3Cuser%3E%5CS%2B)',
      options: { journal: ['ssh.service', '_UID=0'], open: '(?<user>\\S+)' },
      name: 'process:ssh.service,_UID=0',
    },
  ],
  refused: [
    {},
    { program: '/opt/daemon' },
    { program: '/opt/daemon', open: [] },
    { program: '/opt/daemon', open: '(' },
    { program: '/opt/daemon', open: 'nobody' },
    { program: '/opt/daemon', open: '(?<id>(a+)+)' },
    { program: '/opt/daemon', open: '(?<id>.*) (?<user>.*) x' },
    { program: '/opt/daemon', open: '(?<id>\\d+)', close: '(?<address>\\S+)' },
    { program: '/opt/daemon', file: '/var/log/a', open: '(?<id>\\d+)' },
    { file: '/var/log/a', arguments: '-v', open: '(?<id>\\d+)' },
    { file: '/var/log/a', from: 'start', open: '(?<id>\\d+)' },
    { journal: '--file=x', open: '(?<id>\\d+)' },
    { journal: '', open: '(?<id>\\d+)' },
  ],
  start: async () => {
    const daemon = createDaemon();
    let clients = 0;
    return {
      options: { ...daemon.options, ...PATTERNS },
      speak: async () => {
        clients++;
        daemon.print(`client ${clients} from 192.0.2.7:${40_000 + clients} as anna with some agent`);
        daemon.print('this is nothing', 'client 99 left', '\0\0\u00ff');
        if (clients > 1) daemon.print(`client ${clients - 1} left`);
      },
      stop: async () => daemon.stop(),
    };
  },
  unreachable: async () => ({ program: '/there/is/no/such/daemon', ...PATTERNS }),
};
