import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startListener } from '../../lab/listener.ts';
import { spyservers } from './spyservers.ts';
import { keptTerminal } from './terminal.fixture.ts';

const NETSTAT = fileURLToPath(new URL('../transports/sockets/testdata/netstat-net-tools-2.10.txt', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'headcount-spyservers-'));
after(() => rmSync(folder, { recursive: true }));

async function printed(...args: string[]): Promise<string> {
  const terminal = keptTerminal();
  assert.equal(await spyservers.run(args, terminal), 0);
  return terminal.written().out;
}

test('ports and users as netstat has them: established only, IPv6 too, unknown names as Unknown', async () => {
  const file = join(folder, 'config.yml');
  writeFileSync(file, 'rrdtool_db: "spyservers.rrd"\nspyservers: { 5020: "20m_band" }\n');
  const expected = `Detected Spyservers: [5020, 5040]
Spyserver Port 5020 (20m_band): 2 users
Spyserver Port 5040 (Unknown): 1 users
`;
  assert.equal(await printed('--netstat', NETSTAT, '--config', file), expected);
  assert.equal(await printed('--netstat', NETSTAT, '--names', '5020:20m_band'), expected);
});

test('a server that runs here, found by its name', async (t) => {
  const server = await startListener('spyserver_lab');
  t.after(() => server.stop());
  await server.connect();
  const lines = (await printed('--names', `${server.port}:40m_band`)).split('\n');
  assert.match(lines[0]!, new RegExp(`^Detected Spyservers: \\[.*\\b${server.port}\\b.*\\]$`));
  assert.ok(lines.includes(`Spyserver Port ${server.port} (40m_band): 1 users`));
});

test('what is wrong is said', async () => {
  const wrong = (...args: string[]) => spyservers.run(args, keptTerminal());
  await assert.rejects(wrong('5555'), { code: 'BAD_USAGE' });
  await assert.rejects(wrong('--names', '20m_band'), { code: 'BAD_USAGE' });
  await assert.rejects(wrong('--config', NETSTAT), /ports and names|YAML/);
  await assert.rejects(wrong('--config', join(folder, 'nothing.yml')), { code: 'BAD_CONFIG' });
  await assert.rejects(wrong('--netstat', join(folder, 'nothing.txt')), { code: 'FILE_UNREADABLE' });
});
