/** For tests: servers on loopback that answer as ip-api.com, findip.net and ipgeolocation.io do, and misbehave as they are told to. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface GeoServer {
  /** Where addresses are appended. */
  readonly url: string;
  /** The paths that were asked for, queries included. */
  readonly asked: string[];
  /** How many requests are under way, and the most there were at a time. */
  readonly open: { now: number; most: number };
  /** How it answers from now on. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
}

export async function startGeoServer(t: TestContext, path: string, answer: GeoServer['answer']): Promise<GeoServer> {
  const server = createServer((request, response) => {
    geo.asked.push(request.url!);
    geo.open.most = Math.max(geo.open.most, ++geo.open.now);
    response.on('close', () => geo.open.now--);
    geo.answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  const geo: GeoServer = { url: `http://127.0.0.1:${port}${path}`, asked: [], open: { now: 0, most: 0 }, answer };
  return geo;
}

/** The address that a request is about. */
export function addressOf(request: IncomingMessage): string {
  return request.url!.split('?')[0]!.split('/').filter(Boolean).at(-1)!;
}

export function sendJson(response: ServerResponse, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

/** As ip-api.com answers, field by field. */
export function ipApiAnswer(query: string) {
  return {
    status: 'success',
    country: 'Germany',
    countryCode: 'DE',
    region: 'BE',
    regionName: 'State of Berlin',
    city: 'Berlin',
    zip: '10115',
    lat: 52.52,
    lon: 13.405,
    timezone: 'Europe/Berlin',
    isp: 'Example Carrier',
    org: 'Example Hosting',
    as: 'AS64500 Example Net',
    query,
  };
}

export const IP_API_FAIL = { status: 'fail', message: 'reserved range', query: '198.51.100.1' };

/** As findip.net answers: the layout of GeoIP2, names in several languages. */
export const FIND_IP_ANSWER = {
  city: { geoname_id: 2950159, names: { de: 'Berlin', en: 'Berlin', ja: 'ベルリン' } },
  continent: { code: 'EU', geoname_id: 6255148, names: { de: 'Europa', en: 'Europe' } },
  country: {
    geoname_id: 2921044,
    is_in_european_union: true,
    iso_code: 'DE',
    names: { de: 'Deutschland', en: 'Germany' },
  },
  location: { latitude: 52.52, longitude: 13.405, time_zone: 'Europe/Berlin', weather_code: 'GMXX0007' },
  postal: { code: '10115' },
  subdivisions: [{ geoname_id: 2950157, iso_code: 'BE', names: { de: 'Land Berlin', en: 'State of Berlin' } }],
  traits: {
    autonomous_system_number: 64500,
    autonomous_system_organization: 'Example Net',
    connection_type: 'Cable/DSL',
    isp: 'Example Carrier',
    user_type: 'residential',
  },
};

/** What system 000 makes of it. */
export const FIND_IP_REDUCED = {
  city: 'Berlin',
  continent: 'Europe',
  country: 'Germany',
  location: { latitude: 52.52, longitude: 13.405, time_zone: 'Europe/Berlin', weather_code: 'GMXX0007' },
  postal_code: '10115',
  subdivisions: [{ geoname_id: 2950157, name: 'State of Berlin', iso_code: 'BE' }],
  traits: {
    autonomous_system_number: 64500,
    autonomous_system_organization: 'Example Net',
    connection_type: 'Cable/DSL',
    isp: 'Example Carrier',
    organization: null,
    user_type: 'residential',
  },
};

/** As ipgeolocation.io answers at `/ipgeo`: its own example, with other names. */
export function ipGeolocationAnswer(ip: string) {
  return {
    ip,
    continent_code: 'EU',
    continent_name: 'Europe',
    country_code2: 'DE',
    country_code3: 'DEU',
    country_name: 'Germany',
    state_prov: 'State of Berlin',
    state_code: 'DE-BE',
    district: '',
    city: 'Berlin',
    zipcode: '10115',
    latitude: '52.52000',
    longitude: '13.40500',
    is_eu: true,
    isp: 'Example Carrier',
    connection_type: '',
    organization: 'Example Net',
    asn: 'AS64500',
    currency: { code: 'EUR', name: 'Euro', symbol: '€' },
    time_zone: { name: 'Europe/Berlin', offset: 1, is_dst: false },
  };
}
