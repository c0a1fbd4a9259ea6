/**
 * What the nginx of the lab can write beside its combined log, each format into a log of its own: the same requests, told
 * in other words. `format` is what an operator has in nginx.conf and tells Headcount.
 */

export interface LogFormat {
  readonly name: string;
  readonly format: string;
  readonly escape: 'default' | 'json';
  /**
   * The log is to look as if the server did not know that a proxy stands in front: in place of `$remote_addr` it then has
   * the proxy's address.
   */
  readonly isBehindProxy?: boolean;
}

const CMCD_HEADERS = ['session', 'object', 'request', 'status'].map((name) => `"$http_cmcd_${name}"`).join(' ');
const COMBINED = '[$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';
const ALL = `$remote_addr - $remote_user ${COMBINED} "$http_x_forwarded_for" ${CMCD_HEADERS} $request_time`;

const JSON_FIELDS = [
  'remote_addr',
  'remote_user',
  'time_iso8601',
  'request',
  'status',
  'body_bytes_sent',
  'http_referer',
  'http_user_agent',
  'http_x_forwarded_for',
  'http_cmcd_session',
  'http_cmcd_object',
  'http_cmcd_request',
  'http_cmcd_status',
  'request_time',
];

export const LOG_FORMATS = {
  /** Combined, but without queries: no id of a player is in it. */
  plain: {
    name: 'plain',
    format:
      '$remote_addr - $remote_user [$time_local] "$request_method $uri $server_protocol" $status $body_bytes_sent "$http_referer" "$http_user_agent"',
    escape: 'default',
  },
  cmcd: { name: 'cmcd', format: ALL, escape: 'default' },
  proxied: { name: 'proxied', format: ALL, escape: 'default', isBehindProxy: true },
  json: {
    name: 'json',
    format: `{${JSON_FIELDS.map((field) => `"${field}":"$${field}"`).join(',')}}`,
    escape: 'json',
  },
} as const satisfies Record<string, LogFormat>;

/** For nginx.conf: the format, and the log that is written in it. */
export function nginxLog(log: LogFormat, path: string): string {
  const { name, format, isBehindProxy = false } = log;
  const text = isBehindProxy ? format.replace('$remote_addr', '$realip_remote_addr') : format;
  return `log_format lab_${name} escape=${log.escape} '${text}';\n  access_log ${path} lab_${name};`;
}
