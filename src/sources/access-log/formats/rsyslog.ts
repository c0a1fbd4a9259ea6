/**
 * Lines that a syslog daemon has written into a file, behind what it puts before them (RFC 3164, or with an ISO time as rsyslog and
 * syslog-ng do): `<190>Nov 21 01:19:26 web1 nginx: 192.0.2.1 - - […`. Behind it is a line of the combined format.
 */

import type { Line, LineFormat, Verdict } from '../line.ts';
import { CombinedFormat } from './combined.ts';

const PREFIX =
  /^(?:<\d{1,3}>)?(?:\d{4}-\d\d-\d\dT\S{8,24}|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) [^\s:]{1,128} [^\s:]{1,128}: /;
const LONGEST_PREFIX = 320;

export class RsyslogFormat implements LineFormat {
  readonly name = 'rsyslog';
  readonly #combined = new CombinedFormat();

  read(line: Line): Verdict {
    const { block, start, end } = line;
    const beginning = block.toString('latin1', start, Math.min(end, start + LONGEST_PREFIX));
    const prefix = PREFIX.exec(beginning)?.[0];
    if (prefix === undefined) return line.bad('Format');
    line.start = start + prefix.length;
    const verdict = this.#combined.read(line);
    // Others may be asked for the whole line.
    line.start = start;
    return verdict;
  }
}
