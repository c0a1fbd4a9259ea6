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
    {
      url: 'spyserver:?port=5020,5040&names=5020:20m_band,5040:40m_band&every=2s',
      options: { port: ['5020', '5040'], names: { 5020: '20m_band', 5040: '40m_band' }, every: '2s' },
      name: 'spyserver:5020,5040',
    },
    {
      url: 'spyserver:?ignore=192.168.*.*,ip_local,ip_global,2001:db8::/32&worldAddress=198.51.100.1',
      options: { ignore: ['192.168.*.*', 'ip_local', 'ip_world', '2001:db8::/32'], worldAddress: '198.51.100.1' },
      name: 'spyserver',
    },
  ],
  refused: [
    { config: '/etc/hf.config' },
    { exe: '/opt/spyserver' },
    { config: '', exe: '/opt/spyserver' },
    { config: '/etc/hf.config', exe: '/opt/spyserver', arguments: '-v' },
    { config: '/etc/hf.config', exe: '/opt/spyserver', port: '5555' },
    { port: '' },
    { port: '70000' },
    { names: '20m_band' },
    { names: { band: '20m' } },
    { ignore: '192.168.*' },
    { ignore: '192.168.256.*' },
    { ignore: 'ip_world' },
    { worldAddress: 'radio.example' },
    { worldService: 'ftp://radio.example/' },
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
