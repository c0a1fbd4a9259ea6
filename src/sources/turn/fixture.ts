/** coturn on loopback and a capture of `lo`, for the contract test. Needs the right to capture packets. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { startCoturn } from '../../../lab/coturn.ts';
import type { SourceFixture } from '../fixture.ts';

export const fixture: SourceFixture = {
  urls: [
    { url: 'turn:eth0', options: { interface: 'eth0' }, name: 'turn:eth0' },
    { url: 'turn:any?port=3478,5349', options: { interface: 'any', port: [3478, 5349] }, name: 'turn:any' },
    {
      url: 'turn:eth0,eth1?host=192.0.2.1',
      options: { interface: ['eth0', 'eth1'], host: ['192.0.2.1'] },
      name: 'turn:eth0,eth1',
    },
    { url: '/srv/call.pcapng', options: { file: '/srv/call.pcapng' }, name: 'turn:/srv/call.pcapng' },
    { url: 'turn:call.pcap?port=34780', options: { file: 'call.pcap', port: [34780] }, name: 'turn:call.pcap' },
  ],
  refused: [
    {},
    { interface: 'eth0', file: 'call.pcap' },
    { interface: 'eth0; reboot' },
    { interface: '-w' },
    { interface: 'eth0', host: ['example.org'] },
    { interface: 'eth0', passwords: ['alice'] },
    { interface: 'eth0', port: [] },
    { interface: 'eth0', port: [0] },
    { interface: 'eth0', ports: [3478] },
  ],
  start: async () => {
    const server = await startCoturn();
    return {
      options: { interface: 'lo', port: [server.port] },
      speak: async () => {
        await Promise.all([
          server.crowd({ user: 'alice', by: 'channels', messages: 5, bytes: 100 }),
          // Channel data without a channel, and STUN whose length cannot be true.
          sendRubbish(server.port),
        ]);
      },
      stop: server.stop,
    };
  },
  unreachable: async () => ({ interface: 'nope0' }),
};

async function sendRubbish(port: number): Promise<void> {
  const socket = createSocket('udp4');
  for (const hex of ['4000ffff00', '000100ff2112a442000102030405060708090a0b']) {
    socket.send(Buffer.from(hex, 'hex'), port, '127.0.0.1');
  }
  socket.close();
  await once(socket, 'close');
}
