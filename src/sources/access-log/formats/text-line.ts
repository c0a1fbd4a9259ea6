/** Lines that are read as texts: slower than bytes, for formats in which fields are quoted or encoded in ways of their own. */

import { isUtf8 } from 'node:buffer';
import type { Line } from '../line.ts';

/**
 * Longer ones are refused, since reading takes its time. Hardly a server takes a request of which it could write as much:
 * nginx 32 KiB of headers (`large_client_header_buffers` 4 8k), Apache 8,190 bytes each (`LimitRequestFieldSize`),
 * CloudFront 20,480 bytes in all (its quotas); but servers in Go, Caddy among them, 1 MiB (`http.DefaultMaxHeaderBytes`).
 */
export const LONGEST_TEXT = 256 * 1024;

/** The line; null if it is too long. What is no UTF-8 is Latin-1, so that nothing is lost. */
export function lineText({ block, start, end }: Line): string | null {
  if (end - start > LONGEST_TEXT) return null;
  const bytes = block.subarray(start, end);
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('latin1');
}
