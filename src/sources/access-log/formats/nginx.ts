/** The variables of nginx that a log_format may name (ngx_http_log_module, ngx_http_core_module). */

import type { Field } from './fields.ts';

/** What nginx calls it. What is not here is passed over. */
const NGINX: Readonly<Record<string, Field>> = {
  remote_addr: 'address',
  remote_user: 'user',
  time_local: 'time',
  time_iso8601: 'time',
  msec: 'time',
  request: 'request',
  request_method: 'method',
  request_uri: 'uri',
  uri: 'path',
  document_uri: 'path',
  args: 'query',
  query_string: 'query',
  status: 'status',
  body_bytes_sent: 'bytes',
  bytes_sent: 'allBytes',
  http_user_agent: 'agent',
  http_x_forwarded_for: 'forwarded',
  proxy_add_x_forwarded_for: 'forwarded',
  http_cookie: 'cookie',
  request_time: 'seconds',
  http_cmcd_object: 'cmcdObject',
  http_cmcd_request: 'cmcdRequest',
  http_cmcd_session: 'cmcdSession',
  http_cmcd_status: 'cmcdStatus',
};

/** A variable of nginx; null is one that says nothing to us. */
export function nginxField(name: string, playback: readonly string[]): Field | null {
  const id = /^(?:cookie|arg)_(\w+)$/.exec(name)?.[1];
  if (id !== undefined) return playback.some((each) => each.toLowerCase() === id.toLowerCase()) ? 'playback' : null;
  return NGINX[name] ?? null;
}

/** A format as it is shown in a message. */
export function short(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}
