/**
 * A connection as spyserver_monitor posts it to `/ssmon/api/v1/open` and, with its end, to `/close` (the JSON of its
 * class Connection):
 *
 *     {"ip": "192.0.2.40", "port": "5678", "server_instance": "hf.config", "sdr_version": "1700.0.0.1", "os": "Windows",
 *      "start": "2026-11-21 12:00:00.123456", "end": null}
 *
 * Times are UTC without saying so; the fraction is missing where it is nought.
 */

import type { Instant } from '../../core/observation.ts';
import { canonicalIp } from '../../lib/ip.ts';

export interface Connection {
  /** Canonical. */
  readonly address: string;
  readonly port: number;
  /** `server_instance`: the file name of the spyserver's configuration. */
  readonly instance: string;
  readonly version: string | null;
  readonly os: string | null;
  readonly start: Instant;
  /** Null while it is open. */
  readonly end: Instant | null;
}

const LONGEST_TEXT = 255;
const TIME = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:Z|\+00:00)?$/;

/** Null if it is no connection, or says that it ended before it began. */
export function parseConnection(message: unknown): Connection | null {
  if (typeof message !== 'object' || message === null) return null;
  const {
    ip,
    port,
    server_instance: instance,
    sdr_version,
    os,
    start,
    end = null,
  } = message as Record<string, unknown>;
  const address = typeof ip === 'string' ? canonicalIp(ip) : null;
  const began = timeOf(start);
  const ended = end === null ? null : timeOf(end);
  if (address === null || !isPort(port) || !isText(instance) || instance === '' || began === null) return null;
  if (end !== null && (ended === null || ended < began)) return null;
  if (![sdr_version ?? '', os ?? ''].every(isText)) return null;
  const known = { version: orNull(sdr_version), os: orNull(os) };
  return { address, port: Number(port), instance, ...known, start: began, end: ended };
}

function timeOf(written: unknown): Instant | null {
  const match = typeof written === 'string' ? TIME.exec(written) : null;
  if (match === null) return null;
  const [, day, time, fraction = ''] = match;
  const at = Date.parse(`${day}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}Z`);
  return Number.isNaN(at) ? null : at;
}

/** The original writes it as a text. */
function isPort(port: unknown): boolean {
  if (typeof port === 'string') return /^\d{1,5}$/.test(port) && Number(port) <= 65_535;
  return typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65_535;
}

function isText(text: unknown): text is string {
  return typeof text === 'string' && text.length <= LONGEST_TEXT;
}

function orNull(text: unknown): string | null {
  return typeof text === 'string' && text !== '' ? text : null;
}
