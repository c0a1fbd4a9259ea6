/**
 * HAProxy's `option httplog` (HAProxy configuration manual §8.2.3), with or without what syslog writes before it:
 *
 *     … CLIENT:PORT [06/Feb/2009:12:14:14.655] FRONTEND BACKEND/SERVER TR/Tw/Tc/Tr/Ta STATUS BYTES - - ---- 1/1/1/1/0 0/0
 *     {CAPTURED|HEADERS} {…} "GET /PATH HTTP/1.1"
 *
 * The time is that of the beginning, to the millisecond, in the zone of the server, which is not written. Headers are only
 * there if the frontend captures them (`capture request header User-Agent len 256`), in the order of its lines.
 */

import type { Line, LineFormat, Verdict } from '../line.ts';
import { FIELD_NUMBER, FIELDS, type Field, Fields, HEADERS } from './fields.ts';
import { lineText } from './text-line.ts';
import type { LocalTime } from './times.ts';

/** Behind `CLIENT:PORT [`. */
const REST =
  /^(\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d\.\d{3})\] \S{1,256} \S{1,256} (?:-?\d+\/){4}\+?(-?\d+) (\d{3}|-1) \+?(\d+) \S+ \S+ \S{4} [\d/+]+ [\d/]+ (?:\{([^}]*)\} )?(?:\{[^}]*\} )?"([^"]*)"?$/;

export class HaproxyFormat implements LineFormat {
  readonly name = 'haproxy';
  readonly #fields: Fields;
  readonly #captures: readonly (Field | null)[];
  readonly #texts: (string | null)[] = new Array(FIELDS.length).fill(null);

  /** `captures`: the request headers that are captured, in their order. */
  constructor(local: LocalTime, captures: readonly string[]) {
    this.#fields = new Fields({ local, isBegin: true });
    this.#captures = captures.map((name) => HEADERS.get(name.toLowerCase()) ?? null);
  }

  read(line: Line): Verdict {
    const text = lineText(line);
    const open = text === null ? -1 : text.indexOf(' [');
    if (text === null || open === -1) return line.bad('Format');
    const client = text.slice(text.lastIndexOf(' ', open - 1) + 1, open);
    const port = client.lastIndexOf(':');
    const match = REST.exec(text.slice(open + 2));
    if (match === null || port < 1) return line.bad('Format');
    const [, time, total, status, bytes, captured, request] = match;
    this.#texts.fill(null);
    const put = (field: Field, value: string | undefined) => {
      if (value !== undefined) this.#texts[FIELD_NUMBER[field]] = value;
    };
    put('address', client.slice(0, port));
    put('time', time);
    put('milliseconds', total!.startsWith('-') ? undefined : total);
    // The client has gone before there was an answer.
    put('status', status === '-1' ? '000' : status);
    put('bytes', bytes);
    put('request', request);
    captured?.split('|', this.#captures.length).forEach((value, i) => {
      const field = this.#captures[i];
      if (field != null && value !== '') put(field, value);
    });
    return this.#fields.readTexts(line, this.#texts);
  }
}
