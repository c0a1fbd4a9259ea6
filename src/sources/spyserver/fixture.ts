/** For the contract test of all sources: a stand-in for a spyserver that prints lines (lab/spyserver.ts). */

import { createSpyServer } from '../../../lab/spyserver.ts';
import type { SourceFixture } from '../fixture.ts';

export const fixture: SourceFixture = {
  urls: [
    {
      url: 'spyserver:/etc/hf.config?exe=/opt/spyserver',
      options: { config: '/etc/hf.config', exe: '/opt/spyserver' },
      name: 'spyserver:/etc/hf.config',
    },
  ],
  refused: [
    {},
    { config: '/etc/hf.config' },
    { exe: '/opt/spyserver' },
    { config: '', exe: '/opt/spyserver' },
    { config: '/etc/hf.config', exe: '/opt/spyserver', arguments: '-v' },
  ],
  start: async () => {
    const server = createSpyServer();
    let clients = 0;
    return {
      options: { config: server.config, exe: server.exe },
      speak: async () => {
        clients++;
        await server.connect('192.0.2.7', 40_000 + clients, 'SDR# 1700.0.0.1 on Windows');
        await server.print('this is no line of a spyserver\nClient disconnected: nobody\n\0\0\u00ff\n');
        if (clients > 1) await server.disconnect('192.0.2.7', 40_000 + clients - 1);
      },
      stop: () => server.stop(),
    };
  },
  unreachable: async () => ({ config: '/dev/null', exe: '/there/is/no/such/spyserver' }),
};
