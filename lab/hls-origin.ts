/**
 * A real HLS origin on loopback: Debian's nginx with a combined access log, and ffmpeg making live streams of one second
 * segments (a sine tone, so that it costs next to nothing). Who listens is players.ts, and crowd/ for many at once.
 *
 *     /hls/STREAM/master.m3u8  → QUALITY.m3u8, …
 *     /hls/STREAM/QUALITY.m3u8 → QUALITY/0.ts, QUALITY/1.ts, …
 *
 * Loopback counts as a trusted proxy: whom it names in X-Forwarded-For is who asked.
 */

import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type LabChild, startChild, until } from './child.ts';
import { type LogFormat, nginxLog } from './log-formats.ts';

export interface HlsOrigin {
  /** `http://127.0.0.1:PORT`, without a slash behind. */
  readonly url: string;
  readonly logPath: string;
  /** Where the log of each further format is, by its name. */
  readonly logs: Readonly<Record<string, string>>;
  readonly streams: readonly string[];
  readonly qualities: readonly string[];
  /** As logrotate does it: renames the log and has nginx open a new one. Answers the new name of the old log. */
  rotate(): Promise<string>;
  stop(): Promise<void>;
}

export interface HlsOriginOptions {
  readonly streams?: readonly string[];
  /** Quality → bits per second. */
  readonly qualities?: Readonly<Record<string, number>>;
  /** Logs to write beside the combined one. */
  readonly formats?: readonly LogFormat[];
}

/** Resolves when every playlist has its first segment. */
export async function startHlsOrigin(options: HlsOriginOptions = {}): Promise<HlsOrigin> {
  const { streams = ['rock'], qualities = { '360p': 24_000, '720p': 48_000 }, formats = [] } = options;
  const folder = mkdtempSync(join(tmpdir(), 'headcount-hls-'));
  const logPath = join(folder, 'access.log');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const logs = Object.fromEntries(formats.map(({ name }) => [name, join(folder, `${name}.log`)]));
  for (const stream of streams) {
    for (const quality of Object.keys(qualities)) mkdirSync(join(folder, 'hls', stream, quality), { recursive: true });
    writeFileSync(join(folder, 'hls', stream, 'master.m3u8'), masterPlaylist(qualities));
  }
  const further = formats.map((format) => nginxLog(format, logs[format.name]!));
  writeFileSync(join(folder, 'nginx.conf'), nginxConfig(folder, port, [`access_log ${logPath} combined;`, ...further]));

  const ffmpeg = startChild('ffmpeg', ffmpegArguments(folder, streams, qualities));
  const nginx = startChild('/usr/sbin/nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr']);
  const children = [nginx, ffmpeg];
  const stop = async () => {
    await Promise.all(children.map((child) => child.stop()));
    rmSync(folder, { recursive: true });
  };
  try {
    for (const stream of streams) {
      for (const quality of Object.keys(qualities)) await isThere(`${url}/hls/${stream}/${quality}.m3u8`, children);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  // Our own questions are no audience.
  for (const path of [logPath, ...Object.values(logs)]) writeFileSync(path, '');
  let rotations = 0;
  return {
    ...{ url, logPath, logs, streams, qualities: Object.keys(qualities) },
    rotate: async () => {
      const old = `${logPath}.${++rotations}`;
      renameSync(logPath, old);
      process.kill(nginx.pid, 'SIGUSR1');
      return old;
    },
    stop,
  };
}

function masterPlaylist(qualities: Readonly<Record<string, number>>): string {
  const variants = Object.entries(qualities).map(
    ([quality, bitrate]) => `#EXT-X-STREAM-INF:BANDWIDTH=${bitrate},CODECS="mp4a.40.2"\n${quality}.m3u8\n`,
  );
  return `#EXTM3U\n${variants.join('')}`;
}

function nginxConfig(folder: string, port: number, logs: readonly string[]): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 4096; }
http {
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; }
  ${logs.join('\n  ')}
  keepalive_requests 1000000;
  keepalive_timeout 1h;
  set_real_ip_from 127.0.0.0/8;
  real_ip_header X-Forwarded-For;
  server {
    listen 127.0.0.1:${port};
    location /hls/ { root ${folder}; add_header Cache-Control no-cache; }
  }
}
`;
}

function ffmpegArguments(
  folder: string,
  streams: readonly string[],
  qualities: Readonly<Record<string, number>>,
): string[] {
  const tone = 'sine=frequency=440:sample_rate=16000';
  const outputs = streams.flatMap((stream) =>
    Object.entries(qualities).flatMap(([quality, bitrate]) => [
      ...['-map', '0:a', '-c:a', 'aac', '-b:a', String(bitrate), '-f', 'hls', '-hls_time', '1', '-hls_list_size', '6'],
      // What is no longer listed stays for a while: a slow player may still ask for it.
      ...['-hls_flags', 'delete_segments+omit_endlist+temp_file', '-hls_delete_threshold', '10'],
      ...['-hls_base_url', `${quality}/`, '-hls_segment_filename', join(folder, 'hls', stream, quality, '%d.ts')],
      join(folder, 'hls', stream, `${quality}.m3u8`),
    ]),
  );
  return ['-hide_banner', '-loglevel', 'error', '-nostdin', '-re', '-f', 'lavfi', '-i', tone, ...outputs];
}

function isThere(playlist: string, children: readonly LabChild[]): Promise<true> {
  const output = () => children.map((child) => child.output()).join('\n');
  const isListed = async () => {
    try {
      const answer = await fetch(playlist);
      return answer.ok && (await answer.text()).includes('.ts');
    } catch {
      return false;
    }
  };
  return until(`the playlist ${playlist}; what nginx and ffmpeg said: ${output()}`, isListed, 20_000);
}
