/**
 * What Icecast tells everybody: `/status-json.xsl`, numbers of listeners without the listeners, and no hidden mounts.
 *
 * Icecast 2.4 writes JSON that is none in its first moments (answer.ts mends what can be mended): then it is asked once
 * more, a second later.
 */

import type { StreamReport } from '../../core/observation.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { answeredBadly, fetchText, MAX_ANSWER_BYTES, type Page } from '../../transports/poll/fetch-text.ts';
import { hostAndPort, type PeerAddress, pageUrl } from '../../transports/poll/peer-address.ts';
import { XmlError } from '../../transports/poll/xml.ts';
import type { Poll } from '../polled.ts';
import { MAX_MOUNTS } from './admin.ts';
import { type PublicStats, parseStatus } from './parse.ts';

const PAGE = '/status-json.xsl';
const ASK_AGAIN_AFTER = 1000;

/** Rejects as `fetchText` does, and with `PEER_ANSWERED_BADLY` if there is no such page, or twice no JSON. */
export async function askPublic(
  access: PeerAddress & { readonly timeout: number },
  { at, signal, clock, counters }: Poll,
): Promise<readonly StreamReport[]> {
  let page: Page | undefined;
  const once = async () => {
    const options = { auth: null, timeoutMs: access.timeout, maxBytes: MAX_ANSWER_BYTES, signal };
    page = await fetchText(pageUrl(access, PAGE), options);
    return read(access, page, at);
  };
  let stats = await once();
  if (stats instanceof XmlError) {
    await clock.sleep(ASK_AGAIN_AFTER, signal);
    signal.throwIfAborted();
    stats = await once();
  }
  if (stats instanceof XmlError)
    throw answeredBadly(pageUrl(access, '/'), 'a status page that is no JSON', stats, page);
  const reports = stats.reports.slice(0, MAX_MOUNTS);
  counters.set('mountsIgnored', stats.reports.length - reports.length);
  counters.set('namelessMounts', stats.nameless);
  counters.set('mounts', reports.length);
  return reports;
}

function read(access: PeerAddress, page: Page, at: number): PublicStats | XmlError {
  if (page.status === 404) throw hasNoPage(access);
  if (page.status !== 200) throw answeredBadly(pageUrl(access, '/'), `HTTP ${page.status}`, undefined, page);
  try {
    return parseStatus(page.body.toString('utf8'), at);
  } catch (error) {
    if (error instanceof XmlError) return error;
    throw error;
  }
}

function hasNoPage(access: PeerAddress): HeadcountError {
  const message =
    `${hostAndPort(access)} has no ${PAGE}, which tells everybody the number of listeners. ` +
    "Give the administrator's password, or put the file back into the server's webroot.";
  return new HeadcountError('PEER_ANSWERED_BADLY', message);
}
