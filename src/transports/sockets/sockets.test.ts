/** Against real sockets on loopback. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { startListener } from '../../../lab/listener.ts';
import { listenersOf, readSockets } from './sockets.ts';

test('programs by a part of their name, and who is connected to them', async (t) => {
  const ours = await startListener('spyserver_lab');
  t.after(() => ours.stop());
  const other = await startListener('icecast_lab');
  t.after(() => other.stop());
  const ports = async () => (await listenersOf('spyserver_lab', (await readSockets()).sockets)).sockets;
  assert.deepEqual(
    (await ports()).map(({ local }) => local),
    [{ address: '127.0.0.1', port: ours.port }],
  );

  const connected = async () =>
    (await readSockets()).sockets.filter(({ state, local }) => state === 'established' && local.port === ours.port);
  const socket = await ours.connect();
  const [found, ...others] = await connected();
  assert.deepEqual(others, []);
  assert.deepEqual(found!.remote, { address: '127.0.0.1', port: socket.localPort });
  assert.ok(found!.inode !== null);
  socket.destroy();
  // What remains of it waits, and is nobody.
  await until('nobody is connected', async () => (await connected()).length === 0);
});

test('one that listens on IPv6 and IPv4: clients of both, IPv4 as such', async (t) => {
  const ours = await startListener('spyserver_lab', '::');
  t.after(() => ours.stop());
  await ours.connect('127.0.0.1');
  await ours.connect('::1');
  const { sockets } = await readSockets();
  const clients = sockets.filter(({ state, local }) => state === 'established' && local.port === ours.port);
  assert.deepEqual(clients.map(({ remote }) => remote.address).sort(), ['127.0.0.1', '::1']);
});

test('a program of that name that listens nowhere, or is no longer there, is nothing', async () => {
  const gone = await startListener('spyserver_lab');
  await gone.stop();
  const { sockets } = await readSockets();
  assert.deepEqual(await listenersOf('spyserver_lab', sockets), { sockets: [], hidden: 0 });
});
