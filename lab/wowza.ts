/**
 * A stand-in for Wowza Streaming Engine, which is not free to install: `/serverinfo` and `/connectioncounts` as its
 * documented HTTP providers write them, unescaped where they do not escape, and the REST API v2 as 4.7.0 was recorded.
 * Tests drive it: viewers and encoders come and go, applications are unloaded, providers switched off.
 */

import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { digestGate } from './digest-gate.ts';

export type LabRow = 'Client' | 'HTTPSession' | 'RTPSession';

export interface LabViewer {
  readonly connectedAt: number;
  /** Bytes so far. */
  sent: number;
  received: number;
  leave(): void;
}

export interface LabViewerFacts {
  /** `live/_definst_`; loaded if it is not. */
  readonly instance: string;
  readonly row: LabRow;
  readonly uri: string;
  readonly address: string;
  readonly flashVersion: string;
  /** Given anew after a restart, as ids of real servers may be. */
  readonly id: number;
  readonly sent: number;
  readonly received: number;
}

export interface LabWowza {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Paths that were asked for and let in, in order. */
  readonly asked: string[];
  rootName: string;
  /** Providers that are switched off: 404, or the greeting that answers for every other path. */
  absent: 'none' | 'notFound' | 'greeting';
  /** What becomes of the next answers. */
  mood: 'well' | 'truncated' | 'silent';
  join(facts: Partial<LabViewerFacts>): LabViewer;
  load(instance: string): void;
  /** The application instance ends, with everybody on it. */
  unload(instance: string): void;
  /** Streams that REST lists, by instance, with how many watch; 'broken' has no numbers to tell. */
  readonly incoming: Map<string, Record<string, number | 'broken'>>;
  /** Everybody is gone, and the clock of the server begins anew. */
  restart(): void;
  stop(): Promise<void>;
}

type Row = Omit<LabViewerFacts, 'sent' | 'received'> & LabViewer;

export async function startWowza(options: { readonly algorithm?: string } = {}): Promise<LabWowza> {
  const user = 'admin';
  const password = 'hackme';
  const gate = digestGate({ user, password, ...options });
  const instances = new Map<string, Set<Row>>();
  const held = new Set<ServerResponse>();
  let startedAt = Date.now() - 3_600_000;

  const page = (path: string): { status: number; type: string; body: string } => {
    const xml = (body: string) => ({ status: 200, type: 'text/xml', body });
    if (path === '/serverinfo' && lab.absent === 'none') return xml(serverInfo(lab.rootName, instances, startedAt));
    if (path === '/connectioncounts') return xml(connectionCounts(lab.rootName, instances, startedAt));
    const rest = restAnswer(path, lab.incoming);
    if (rest !== null) return { ...rest, type: 'application/json' };
    const greeting =
      '<html><head><title>Wowza Streaming Engine</title></head><body>Wowza Streaming Engine 4</body></html>';
    if (lab.absent === 'greeting') return { status: 200, type: 'text/html', body: greeting };
    return { status: 404, type: 'text/html', body: '<html><body>404</body></html>' };
  };

  const server = createServer((request, response) => {
    if (!gate.lets(request, response)) return;
    lab.asked.push(request.url!);
    held.add(response.on('close', () => held.delete(response)));
    if (lab.mood === 'silent') return;
    const { status, type, body } = page(request.url!);
    const sent = lab.mood === 'truncated' ? body.slice(0, -30) : body;
    response.writeHead(status, { 'content-type': type }).end(sent);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  const lab: LabWowza = {
    host: '127.0.0.1',
    port: (server.address() as { port: number }).port,
    user,
    password,
    asked: [],
    rootName: 'WowzaStreamingEngine',
    absent: 'none',
    mood: 'well',
    incoming: new Map(),
    join: (facts) => {
      const row = rowOf(facts, () => instances.get(row.instance)?.delete(row));
      lab.load(row.instance);
      instances.get(row.instance)!.add(row);
      return row;
    },
    load: (instance) => {
      if (!instances.has(instance)) instances.set(instance, new Set());
    },
    unload: (instance) => {
      instances.delete(instance);
    },
    restart: () => {
      for (const rows of instances.values()) rows.clear();
      startedAt = Date.now();
    },
    stop: async () => {
      for (const response of held) response.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return lab;
}

let ids = 1_000_000;

function rowOf(facts: Partial<LabViewerFacts>, leave: () => void): Row {
  return {
    instance: 'live/_definst_',
    row: 'HTTPSession',
    uri: 'live/_definst_/cam/playlist.m3u8',
    address: '192.0.2.1',
    flashVersion: 'WIN 32,0,0,371',
    id: ++ids,
    sent: 0,
    received: 0,
    ...facts,
    connectedAt: Date.now(),
    leave,
  };
}

const seconds = (since: number) => ((Date.now() - since) / 1000).toFixed(3);

type Instances = ReadonlyMap<string, ReadonlySet<Row>>;

function whole(
  root: string,
  instances: Instances,
  startedAt: number,
  inner: (rows: ReadonlySet<Row>) => string,
): string {
  const applications = [...new Set([...instances.keys()].map((name) => name.split('/')[0]!))].map((application) => {
    const own = [...instances].filter(([name]) => name.startsWith(`${application}/`));
    const parts = own.map(
      ([name, rows]) =>
        `<ApplicationInstance><Name><![CDATA[${name.split('/')[1]}]]></Name><TimeRunning>${seconds(startedAt)}</TimeRunning>${inner(rows)}</ApplicationInstance>`,
    );
    return `<Application><Name><![CDATA[${application}]]></Name><Status>loaded</Status>${parts.join('')}</Application>`;
  });
  const vhost = `<VHost><Name>_defaultVHost_</Name><TimeRunning>${seconds(startedAt)}</TimeRunning>${applications.join('')}</VHost>`;
  return `<?xml version="1.0"?>\n<${root}>${vhost}</${root}>`;
}

function serverInfo(root: string, instances: Instances, startedAt: number): string {
  return whole(root, instances, startedAt, (rows) =>
    [...rows]
      .map((row) => {
        const id = row.row === 'Client' ? 'ClientId' : 'SessionId';
        // Wowza does not escape it.
        const flash = row.row === 'Client' ? `<FlashVersion>${row.flashVersion}</FlashVersion>` : '';
        const type = row.row === 'HTTPSession' ? '<SessionType>cupertino</SessionType>' : '';
        const started = new Date(row.connectedAt).toUTCString();
        return [
          `<${row.row}><${id}>${row.id}</${id}>${flash}<IpAddress>${row.address}</IpAddress>`,
          '<Referrer><![CDATA[]]></Referrer><QueryString><![CDATA[]]></QueryString>',
          `<TimeRunning>${seconds(row.connectedAt)}</TimeRunning><DateStarted>${started}</DateStarted>`,
          `<URI><![CDATA[${row.uri}]]></URI>${type}<Port>1935</Port>`,
          `<IoBytesSent>${row.sent}</IoBytesSent><IoBytesReceived>${row.received}</IoBytesReceived></${row.row}>`,
        ].join('');
      })
      .join(''),
  );
}

/** Streams by the part of the URI behind the instance. */
function connectionCounts(root: string, instances: Instances, startedAt: number): string {
  return whole(root, instances, startedAt, (rows) => {
    const counts = new Map<string, number>();
    for (const { uri } of rows) {
      const name = /_definst_\/([^/]+)/.exec(uri)?.[1];
      if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const streams = [...counts].map(
      ([name, count]) =>
        `<Stream><Name>${encodeURIComponent(name)}</Name><SessionsCupertino>${count}</SessionsCupertino><SessionsTotal>${count}</SessionsTotal></Stream>`,
    );
    return streams.join('');
  });
}

const REST = '/v2/servers/_defaultServer_/vhosts/_defaultVHost_/applications';

function restAnswer(path: string, incoming: LabWowza['incoming']): { status: number; body: string } | null {
  if (!path.startsWith(REST)) return null;
  const [application, , instance, , stream] = path
    .slice(REST.length + 1)
    .split('/')
    .map(decodeURIComponent);
  const found = (body: unknown) => ({ status: 200, body: JSON.stringify(body) });
  const missing = { status: 404, body: '{"message":"Not Found","code":"404","success":false}' };
  const names = [...incoming.keys()].map((name) => name.split('/'));
  if (!application) return found({ applications: [...new Set(names.map(([id]) => id))].map((id) => ({ id })) });
  const own = names.filter(([name]) => name === application).map(([, name]) => name!);
  if (instance === undefined) {
    const instanceList = own.map((name) => ({
      name,
      incomingStreams: Object.keys(incoming.get(`${application}/${name}`)!).map((each) => ({
        name: each,
        isConnected: !each.startsWith('ended'),
      })),
    }));
    return found({ instanceList });
  }
  const count = incoming.get(`${application}/${instance}`)?.[stream ?? ''];
  if (count === undefined) return missing;
  return count === 'broken' ? { status: 500, body: '{}' } : found({ connectionCount: { RTMP: 0, WEBRTC: count } });
}
