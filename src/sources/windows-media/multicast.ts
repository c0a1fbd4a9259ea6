/**
 * Reports of players of a multicast: there is no server that sees them, so they POST what they have played to a logging URL.
 * Windows has `wmsiislog.dll` for it; here we are it ourselves.
 *
 * A report is `<XML><Summary>the 52 columns</Summary><c-ip>0.0.0.0</c-ip>…</XML>`, each column an element besides: [MS-WMLOG]
 * 3.3. Players say who they are as they like, and send their reports minutes later.
 */

import type { Instant } from '../../core/observation.ts';
import type { AddressMatcher } from '../../lib/cidr.ts';
import { clientBehind } from '../../lib/forwarded.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { decodeText } from '../../transports/poll/decode-text.ts';
import { type Element, parseXml, textOf } from '../../transports/poll/xml.ts';
import type { Post } from '../../transports/posts/posts.ts';
import { Fault } from '../row-reader.ts';
import type { Columns } from '../w3c-rows.ts';
import { type Passed, type Rendering, renderingOf, rowTime, standardRow } from './parse.ts';

export interface ReportOptions {
  readonly isProxy: AddressMatcher;
  /** Times from before count as now. */
  readonly earliest: Instant;
  readonly now: Instant;
  readonly counters: ScopedCounters;
}

/** Null if it is no report. */
export function readReport(post: Post, options: ReportOptions): Rendering | Passed | null {
  const columns = columnsOf(post.body);
  if (columns === null) return null;
  const told = rowTime(columns, (wallClock) => wallClock);
  if (told < 0) return null;
  const { now, earliest } = options;
  const isCredible = told <= now && told >= earliest;
  if (!isCredible) options.counters.add('wrongClocks');
  const address = addressOf(columns, post, options);
  const read = renderingOf((name) => (name === 'c-ip' ? address : columns(name)), isCredible ? told : now, 'end', null);
  return read instanceof Fault ? null : read;
}

function columnsOf(body: Buffer): Columns | null {
  let root: Element;
  try {
    root = parseXml(decodeText(body));
  } catch {
    return null;
  }
  if (root.name !== 'xml') return null;
  const summary = standardRow(textOf(root, 'summary') ?? '');
  return (name) => {
    // Parentheses cannot be in the name of an element.
    const text = textOf(root, name.replace(/\((.*)\)/, '-$1')) ?? summary?.(name) ?? null;
    return text === '-' ? null : text;
  };
}

/** What a player says of its address is worth as much as who brings it; mostly it says 0.0.0.0. */
function addressOf(columns: Columns, { address, forwarded }: Post, { isProxy }: ReportOptions): string {
  if (!isProxy(address)) return address;
  const behind = forwarded === null ? null : clientBehind(forwarded, isProxy);
  const told = columns('c-ip');
  return behind ?? (told === null || told === '0.0.0.0' ? address : told);
}
