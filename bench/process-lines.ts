/** For bench/process.ts: what a busy spyserver prints, as a file, and what is true of it. */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';

export interface Console {
  readonly path: string;
  readonly lines: number;
  /** Clients that came; all of them went, too. */
  readonly clients: number;
}

/** So many are connected at a time: more than a spyserver has. */
const CONNECTED = 200;
const SOFTWARE = ['SDR# 1700.0.0.1 on Microsoft Windows NT 6.2.9200.0', 'SDR++', 'sdr++', 'SoapySDR', 'gr-osmosdr', ''];
const NOISE = [
  '[R82XX] PLL not locked!',
  'Found Rafael Micro R820T tuner',
  'Exact sample rate is: 250000.000414 Hz',
  'Device was sleeping. Wake up!',
];

/** `noise`: lines about the tuner for each client that comes or goes. */
export async function writeConsole(folder: string, lines: number, noise: number): Promise<Console> {
  const clients = Math.floor(lines / (2 * (1 + noise)));
  const path = join(folder, `console-${noise}.txt`);
  const file = createWriteStream(path);
  const endpoint = (i: number) => `198.51.${(i >> 8) & 255}.${i & 255}:${1024 + (i % 60_000)}`;
  let text = '';
  let written = 0;
  const say = (line: string) => {
    text += `${line}\n`;
    written++;
    for (let i = 0; i < noise; i++) text += `${NOISE[(written + i) % NOISE.length]}\n`;
  };
  for (let i = 0; i < clients + CONNECTED; i++) {
    if (i < clients) say(`Accepted client ${endpoint(i)} running ${SOFTWARE[i % SOFTWARE.length]}`);
    if (i >= CONNECTED) say(`Client disconnected: ${endpoint(i - CONNECTED)}`);
    if (text.length > 1 << 20) {
      if (!file.write(text)) await once(file, 'drain');
      text = '';
    }
  }
  file.end(text);
  await once(file, 'finish');
  return { path, lines: written * (1 + noise), clients };
}
