/**
 * Debian's nginx with its RTMP module on loopback: publishers and players are ffmpeg, over real connections. Its
 * statistics are served twice: `/stat` with every client, `/counts` with numbers only.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type LabChild, startChild, until } from './child.ts';

export interface LabNginxRtmp {
  readonly host: string;
  /** Where the statistics are. */
  readonly port: number;
  /** Sends a tone to `APP/NAME`; resolves when it is on the air. */
  publish(stream: string): Promise<LabRtmpClient>;
  /** Plays `APP/NAME`; resolves when it has got something. `vod/tone.flv` is a file. */
  play(stream: string, facts?: LabPlayerFacts): Promise<LabRtmpClient>;
  /** Has it read its configuration again: another worker takes over, and the old one keeps its clients. */
  reload(): Promise<void>;
  /** Stops the server with everybody on it, and starts it again on the same ports. */
  restart(): Promise<void>;
  /** Stops only the server. */
  halt(): Promise<void>;
  stop(): Promise<void>;
}

export interface LabRtmpClient {
  readonly connectedAt: number;
  /** Resolves when it has ended. */
  leave(): Promise<void>;
}

export interface LabPlayerFacts {
  readonly flashVersion?: string;
  readonly pageUrl?: string;
}

const HOST = '127.0.0.1';
const MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so';

/** `pushTo` is a port of another one, to which everything in `relayed` is handed on. */
export async function startNginxRtmp(options: { readonly pushTo?: number } = {}): Promise<LabNginxRtmp & Ports> {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-rtmp-'));
  const [port, rtmpPort] = [await freePort(), await freePort()];
  mkdirSync(join(folder, 'vod'));
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, { port, rtmpPort }, options.pushTo ?? null));
  await makeTone(join(folder, 'vod', 'tone.flv'));
  const clients = new Set<LabChild>();
  let server = await launch(folder, port);

  const halt = async () => {
    await Promise.all([...clients].map((client) => client.stop()));
    clients.clear();
    await server.stop();
  };
  const client = async (args: readonly string[], isThere: RegExp): Promise<LabRtmpClient> => {
    const connectedAt = Date.now();
    const child = startChild('ffmpeg', ['-nostdin', '-hide_banner', ...args]);
    clients.add(child);
    await child.printed(isThere);
    return {
      connectedAt,
      leave: async () => {
        clients.delete(child);
        await child.stop();
      },
    };
  };
  const url = (stream: string) => `rtmp://${HOST}:${rtmpPort}/${stream}`;
  return {
    host: HOST,
    port,
    rtmpPort,
    publish: (stream) => client(['-re', '-f', 'lavfi', '-i', 'sine', ...TONE, url(stream)], /size= *[1-9]\d*/),
    play: (stream, { flashVersion = 'LNX 9,0,124,2', pageUrl } = {}) => {
      const page = pageUrl === undefined ? [] : ['-rtmp_pageurl', pageUrl];
      const input = ['-rtmp_flashver', flashVersion, ...page, ...AT_ONCE, '-re', '-i', url(stream)];
      return client([...input, '-c', 'copy', '-f', 'null', '-'], /time=\d/);
    },
    reload: async () => {
      const before = await workerOf(port);
      process.kill(server.pid, 'SIGHUP');
      await until('another worker answers', async () => (await workerOf(port)) !== before);
    },
    halt,
    restart: async () => {
      await halt();
      server = await launch(folder, port);
    },
    stop: async () => {
      await halt();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Ports {
  readonly port: number;
  readonly rtmpPort: number;
}

/** ffmpeg looks at five seconds of a stream before it begins, unless told otherwise. */
const AT_ONCE = ['-analyzeduration', '200000', '-probesize', '4096'];
const TONE = ['-c:a', 'aac', '-b:a', '32k', '-f', 'flv'];

async function makeTone(path: string): Promise<void> {
  const child = startChild('ffmpeg', ['-nostdin', '-f', 'lavfi', '-i', 'sine=duration=120', ...TONE, path]);
  if ((await child.ended) !== 0) throw new Error(`ffmpeg made no tone:\n${child.output()}`);
}

async function launch(folder: string, port: number): Promise<LabChild> {
  const server = startChild('/usr/sbin/nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr']);
  const answers = async () => (await fetch(`http://${HOST}:${port}/stat`).catch(() => null))?.ok === true;
  await until(`nginx answers; it says: ${server.output()}`, answers);
  return server;
}

async function workerOf(port: number): Promise<string> {
  const page = await (await fetch(`http://${HOST}:${port}/stat`, { headers: { connection: 'close' } })).text();
  return /<pid>(\d+)/.exec(page)![1]!;
}

function configuration(folder: string, { port, rtmpPort }: Ports, pushTo: number | null): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const relayed = pushTo === null ? '' : `application relayed { live on; push rtmp://${HOST}:${pushTo}/live; }`;
  return `
load_module ${MODULE};
daemon off;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 512; }
rtmp {
  access_log off;
  server {
    listen ${HOST}:${rtmpPort};
    application live { live on; }
    application vod { play ${folder}/vod; }
    ${relayed}
  }
}
http {
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  access_log off;
  server {
    listen ${HOST}:${port};
    location /stat { rtmp_stat all; }
    location /counts { rtmp_stat live; }
  }
}
`;
}
