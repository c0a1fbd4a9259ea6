/**
 * A server that answers as Icecast 2.4.4 does, with very many listeners: `polled-server-child.ts MOUNTS LISTENERS`, LISTENERS
 * being those of each mount. With every poll one of a hundred has left and another one has come. It prints its port, and
 * then how many polls have begun, each time that one does.
 */

import { createServer } from 'node:http';
import { userAgents } from './people.ts';

const AGENTS = 500;
const STAYS = 100;
const BOOT = Date.now();

const [mounts = 0, listeners = 0] = process.argv.slice(2).map(Number);
const agents = userAgents(AGENTS);
let polls = 0;

const server = createServer((request, response) => {
  const url = new URL(request.url!, 'http://127.0.0.1');
  const isStats = url.pathname === '/admin/stats';
  if (isStats) process.stdout.write(`poll ${++polls}\n`);
  response.setHeader('content-type', 'text/xml; charset=utf-8');
  response.end(isStats ? stats() : listclients(url.searchParams.get('mount')!));
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number };
  process.stdout.write(`port ${port}\n`);
});

function stats(): string {
  const facts = `<genre>Rock</genre><listeners>${listeners}</listeners><server_type>audio/mpeg</server_type>`;
  const sources = Array.from({ length: mounts }, (_, i) => {
    return `<source mount="/${i}.mp3">${facts}<title>Song ${polls} of ${i}</title></source>`;
  });
  const started = new Date(BOOT).toISOString().replace(/\.\d+Z$/, '+0000');
  return `<?xml version="1.0"?><icestats><server_start_iso8601>${started}</server_start_iso8601>${sources.join('')}</icestats>`;
}

function listclients(mount: string): string {
  const number = Number.parseInt(mount.slice(1), 10);
  const all = Array.from({ length: listeners }, (_, place) => {
    const seat = number * listeners + place;
    // Whoever sits in a seat leaves after so many polls, each at another one.
    const sitting = Math.floor((polls + (seat % STAYS)) / STAYS);
    const id = sitting * mounts * listeners + seat;
    const address = `198.${18 + ((id >> 16) & 1)}.${(id >> 8) & 255}.${id & 255}`;
    const agent = `<UserAgent>${escaped(agents[id % AGENTS]!)}</UserAgent>`;
    const connected = ((polls + (seat % STAYS)) % STAYS) * 2 + 1;
    return `<listener><IP>${address}</IP>${agent}<Connected>${connected}</Connected><ID>${id}</ID></listener>`;
  });
  return `<?xml version="1.0"?><icestats><source mount="${mount}"><Listeners>${listeners}</Listeners>${all.join('')}</source></icestats>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
