/**
 * Debian's Icecast on loopback: a server on a free port, source feeds of silent MP3 (our own, or a real encoder's) and
 * listeners that come and leave on command. What a test compares with is known from both ends: the server's own counters,
 * and when each connection was really opened and closed. A crowd for it is icecast-crowd.ts.
 */

import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type LabChild, startChild, until } from './child.ts';

export interface LabIcecast {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Its access.log. */
  readonly logPath: string;
  /** Connects a source; resolves when the mount is on the air. */
  feed(mount: string, properties?: FeedProperties): Promise<LabFeed>;
  /** The same from ffmpeg: 128 kbit/s, so that a connection that has closed is noticed soon. */
  broadcast(mount: string): Promise<LabFeed>;
  /** Connects a listener; resolves when it hears something. */
  listen(mount: string, userAgent?: string | Buffer | null): Promise<LabListener>;
  /** Stops the server with everybody on it, and starts it again on the same port: ids begin anew. */
  restart(): Promise<void>;
  /** Stops only the server. */
  halt(): Promise<void>;
  /** The same by `kill -9`: it writes no more lines. */
  kill(): Promise<void>;
  /** Stops its time, and lets it go on. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** What icecast.xml says of a mount. */
export interface LabMount {
  readonly name: string;
  readonly hidden?: boolean;
  /** Where listeners are while it has no source; they come back to it. */
  readonly fallback?: string;
}

/** Sent as `Ice-…` headers. */
export interface FeedProperties {
  readonly name?: string;
  readonly genre?: string;
  readonly bitrate?: number;
}

export interface LabFeed {
  /** Changes the title, as an encoder does. */
  title(text: string): Promise<void>;
  stop(): Promise<void>;
}

export interface LabListener {
  readonly connectedAt: number;
  /** By then it heard something. */
  readonly heardAt: number;
  /** Closes the connection; answers when that was. */
  leave(): number;
}

const HOST = '127.0.0.1';
const SOURCE_PASSWORD = 'feed';
const ADMIN_PASSWORD = 'lab-password';

/** A frame of silence, MPEG-1 layer III, 32 kbit/s, 44.1 kHz mono: 104 bytes for 26.1 ms. */
const SILENCE = Buffer.concat([Buffer.from('fffb10c4', 'hex'), Buffer.alloc(100)]);
const FRAMES_PER_BEAT = 4;
const BEAT_MS = 104;

export async function startIcecast(mounts: readonly LabMount[] = []): Promise<LabIcecast> {
  const folder = await mkdtemp(join(tmpdir(), 'headcount-icecast-'));
  await chmod(folder, 0o777);
  const config = join(folder, 'icecast.xml');
  const open = new Set<Socket>();
  let port = 0;
  // A port that is free may be somebody's the next moment.
  let server = await anew(async () => {
    port = await freePort();
    await writeFile(config, configuration(port, folder, mounts));
    return launch(config, port);
  });

  const encoders = new Set<LabChild>();

  const end = async (signal: NodeJS.Signals) => {
    for (const socket of open) socket.destroy();
    await Promise.all([...encoders].map((encoder) => encoder.stop('SIGKILL')));
    encoders.clear();
    await server.stop(signal);
  };
  const halt = () => end('SIGTERM');
  return {
    host: HOST,
    port,
    user: 'admin',
    password: ADMIN_PASSWORD,
    logPath: join(folder, 'access.log'),
    broadcast: (mount) => startEncoder(port, mount, encoders),
    feed: (mount, properties = {}) => startFeed(port, mount, properties, open),
    listen: (mount, userAgent = 'headcount-lab-listener') => startListener(port, mount, userAgent, open),
    halt,
    kill: async () => {
      await server.stop('SIGKILL');
      await halt();
    },
    pause: () => process.kill(server.pid, 'SIGSTOP'),
    resume: () => process.kill(server.pid, 'SIGCONT'),
    restart: async () => {
      await halt();
      server = await anew(() => launch(config, port));
    },
    stop: async () => {
      await halt();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const ATTEMPTS = 3;

async function anew(start: () => Promise<LabChild>): Promise<LabChild> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

/** Rejects with what it says if it ends before it answers: somebody else may have taken the port. */
async function launch(config: string, port: number): Promise<LabChild> {
  const server = startChild('/usr/bin/icecast2', ['-c', config]);
  const ended = server.ended.then((code) => {
    throw new Error(`icecast2 ended with ${code}; it says: ${server.output()}`);
  });
  ended.catch(() => {});
  await Promise.race([until('icecast2 answers', () => answers(port), 20_000), ended]);
  return server;
}

async function answers(port: number): Promise<boolean> {
  const { status } = await askOnce(port, '/status-json.xsl').catch(() => ({ status: 0 }));
  return status === 200;
}

/** A busy Icecast resets some connections: null of these. */
async function unlessReset<T>(speaking: Promise<T>): Promise<T | null> {
  try {
    return await speaking;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') return null;
    throw error;
  }
}

function ask(port: number, path: string, auth?: string): Promise<{ status: number; body: string }> {
  return until(`Icecast answers ${path}`, () => unlessReset(askOnce(port, path, auth)));
}

/** One request with an answer that ends. */
async function askOnce(port: number, path: string, auth?: string): Promise<{ status: number; body: string }> {
  const asked = request({ host: HOST, port, path, agent: false, ...(auth === undefined ? {} : { auth }) });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk as string;
  return { status: response.statusCode ?? 0, body };
}

async function startFeed(
  port: number,
  mount: string,
  { name, genre, bitrate }: FeedProperties,
  open: Set<Socket>,
): Promise<LabFeed> {
  const headers = {
    Authorization: `Basic ${Buffer.from(`source:${SOURCE_PASSWORD}`).toString('base64')}`,
    'Content-Type': 'audio/mpeg',
    Expect: '100-continue',
    'User-Agent': 'headcount-lab',
    'Ice-Name': name,
    'Ice-Genre': genre,
    'Ice-Bitrate': bitrate,
  };
  const offer = async () => {
    const dialled = await dial(port, open);
    const status = await speak(dialled, `PUT ${mount} HTTP/1.1`, headers);
    if (status !== 100) throw new Error(`Icecast refused the feed with ${status}`);
    return dialled;
  };
  const socket = await until(`Icecast takes the feed ${mount}`, () => unlessReset(offer()));
  const beat = setInterval(() => {
    for (let i = 0; i < FRAMES_PER_BEAT; i++) socket.write(SILENCE);
  }, BEAT_MS);
  socket.once('close', () => clearInterval(beat));
  await isOnAir(port, mount, true);
  return {
    title: (text) => setTitle(port, mount, text),
    stop: async () => {
      socket.destroy();
      await isOnAir(port, mount, false);
    },
  };
}

async function startEncoder(port: number, mount: string, encoders: Set<LabChild>): Promise<LabFeed> {
  const silence = ['-re', '-f', 'lavfi', '-i', 'anullsrc=r=44100:cl=mono'];
  const url = `icecast://source:${SOURCE_PASSWORD}@${HOST}:${port}${mount}`;
  const mp3 = ['-c:a', 'libmp3lame', '-b:a', '128k', '-content_type', 'audio/mpeg', '-f', 'mp3', url];
  const encoder = startChild('ffmpeg', ['-hide_banner', '-loglevel', 'error', ...silence, ...mp3]);
  encoders.add(encoder);
  await isOnAir(port, mount, true);
  return {
    title: (text) => setTitle(port, mount, text),
    stop: async () => {
      encoders.delete(encoder);
      await encoder.stop('SIGKILL');
      await isOnAir(port, mount, false);
    },
  };
}

async function isOnAir(port: number, mount: string, expected: boolean): Promise<void> {
  // A mount that is configured is listed in any case; only one with a source has a type.
  const pattern = new RegExp(`<source mount="${mount}">(?:(?!</source>).)*<server_type>`);
  await until(
    `${mount} is ${expected ? 'on' : 'off'} the air`,
    async () => pattern.test(await stats(port)) === expected,
  );
}

async function setTitle(port: number, mount: string, text: string): Promise<void> {
  const query = new URLSearchParams({ mode: 'updinfo', mount, song: text, charset: 'UTF-8' });
  const { status } = await ask(port, `/admin/metadata?${query}`, `admin:${ADMIN_PASSWORD}`);
  if (status !== 200) throw new Error(`Icecast refused the title with ${status}`);
}

async function stats(port: number): Promise<string> {
  return (await ask(port, '/admin/stats', `admin:${ADMIN_PASSWORD}`)).body;
}

async function startListener(
  port: number,
  mount: string,
  userAgent: string | Buffer | null,
  open: Set<Socket>,
): Promise<LabListener> {
  const { connectedAt, socket } = await until(`Icecast lets somebody listen to ${mount}`, () =>
    unlessReset(tuneIn(port, mount, userAgent, open)),
  );
  return {
    connectedAt,
    heardAt: Date.now(),
    leave: () => {
      socket.destroy();
      return Date.now();
    },
  };
}

async function tuneIn(port: number, mount: string, userAgent: string | Buffer | null, open: Set<Socket>) {
  const connectedAt = Date.now();
  const socket = await dial(port, open);
  const status = await speak(socket, `GET ${mount} HTTP/1.0`, { 'User-Agent': userAgent });
  if (status !== 200) throw new Error(`Icecast refused the listener with ${status}`);
  await once(socket, 'data');
  return { connectedAt, socket };
}

async function dial(port: number, open: Set<Socket>): Promise<Socket> {
  const socket = connect(port, HOST);
  open.add(socket);
  socket.once('close', () => open.delete(socket));
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
}

/** Sends a request, byte for byte as it is given, and answers the status; the socket then flows. */
async function speak(
  socket: Socket,
  line: string,
  headers: Readonly<Record<string, string | number | Buffer | null | undefined>>,
): Promise<number> {
  const parts = [Buffer.from(`${line}\r\nHost: localhost\r\n`)];
  for (const [name, value] of Object.entries(headers)) {
    if (value === null || value === undefined) continue;
    parts.push(Buffer.from(`${name}: `), Buffer.from(typeof value === 'number' ? String(value) : value));
    parts.push(Buffer.from('\r\n'));
  }
  socket.write(Buffer.concat([...parts, Buffer.from('\r\n')]));
  let answer = '';
  while (!answer.includes('\r\n\r\n')) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    answer += chunk.toString('latin1');
  }
  return Number(/^HTTP\/1\.\d (\d+)/.exec(answer)?.[1] ?? 0);
}

/** Icecast refuses to run as root: it changes to a user of its own where it was started as root. */
function configuration(port: number, folder: string, mounts: readonly LabMount[]): string {
  const isRoot = process.getuid?.() === 0;
  const owner = isRoot ? '<changeowner><user>nobody</user><group>nogroup</group></changeowner>' : '';
  return `<icecast>
  <limits><clients>500</clients><sources>10</sources><burst-size>4096</burst-size></limits>
  <authentication>
    <source-password>${SOURCE_PASSWORD}</source-password>
    <admin-user>admin</admin-user><admin-password>${ADMIN_PASSWORD}</admin-password>
  </authentication>
  <hostname>localhost</hostname>
  <listen-socket><port>${port}</port><bind-address>${HOST}</bind-address></listen-socket>
  <fileserve>1</fileserve>
  ${mounts.map(mountOf).join('\n  ')}
  <paths>
    <basedir>/usr/share/icecast2</basedir><logdir>${folder}</logdir>
    <webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot>
  </paths>
  <logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog><loglevel>2</loglevel></logging>
  <security><chroot>0</chroot>${owner}</security>
</icecast>
`;
}

function mountOf({ name, hidden = false, fallback }: LabMount): string {
  const parts = [
    `<mount-name>${name}</mount-name>`,
    ...(hidden ? ['<hidden>1</hidden>'] : []),
    ...(fallback === undefined
      ? []
      : [`<fallback-mount>${fallback}</fallback-mount><fallback-override>1</fallback-override>`]),
  ];
  return `<mount type="normal">${parts.join('')}</mount>`;
}
