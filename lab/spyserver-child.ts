/** The stand-in itself: see spyserver.ts. Its argument is the configuration, which names the socket to obey. */

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import type { SpyOrder } from './spyserver.ts';

const [config] = process.argv.slice(2);
if (config === undefined) throw new Error('usage: spyserver CONFIG');
const [, control] = /^lab_control = (.*)$/m.exec(readFileSync(config, 'utf8')) ?? [];
if (control === undefined) throw new Error(`${config} does not say whom to obey`);

process.on('SIGINT', () => {
  process.stdout.write('Caught signal 2\nClosing all connections...\nTerminating...\n', () => process.exit(0));
});
// Who reads us is gone.
process.stdout.on('error', () => process.exit(1));

process.stdout.write(`SPY Server v2.0.1700
Copyright (C) 2016-2018 Youssef Touil - https://airspy.com
Reading the configuration file: ${basename(config)}
Listening for connections on 0.0.0.0:5555
`);

const socket = connect(control);
socket.on('error', () => process.exit(1));
socket.on('close', () => process.exit(1));
socket.write(`pid ${process.pid}\n`);
for await (const line of createInterface({ input: socket })) {
  const order = JSON.parse(line) as SpyOrder;
  if ('exit' in order) process.exit(order.exit);
  process[order.where].write(order.print, () => socket.write('done\n'));
}
