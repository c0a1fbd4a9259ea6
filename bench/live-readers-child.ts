/**
 * Many who have the dashboard open, as far as the server can tell: `live-readers-child.ts URL COUNT` opens so many streams
 * of live events and reads what comes. It says once when all have had their first event, then every second how many
 * bytes have come in all. It ends with its parent.
 */

import { get } from 'node:http';

export interface ReadersNews {
  readonly bytes: number;
  readonly open: number;
}

const [url, count] = process.argv.slice(2) as [string, string];
const news = { bytes: 0, open: 0 };

for (let i = 0; i < Number(count); i++) {
  const request = get(url, (response) => {
    response.once('data', () => {
      news.open++;
    });
    response.on('data', (chunk: Buffer) => {
      news.bytes += chunk.length;
    });
    response.on('close', () => {
      news.open--;
    });
  });
  request.on('error', (error) => {
    throw error;
  });
}
setInterval(() => process.send!(news satisfies ReadersNews), 1000);
process.once('disconnect', () => process.exit());
