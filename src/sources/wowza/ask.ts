/** One question to a Wowza, on either of its ports; credentials go out when it asks for them, by Digest or Basic. */

import { fetchText, MAX_ANSWER_BYTES, type Page } from '../../transports/poll/fetch-text.ts';
import { type PeerAddress, pageUrl } from '../../transports/poll/peer-address.ts';

export interface WowzaAccess extends PeerAddress {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly timeout: number;
}

/** Rejects as `fetchText` does. */
export function ask(access: WowzaAccess, signal: AbortSignal, page: string, accept = '*/*'): Promise<Page> {
  const { user, password = '', timeout } = access;
  return fetchText(pageUrl(access, page), {
    auth: user === undefined ? null : { user, password, whenAsked: true },
    timeoutMs: timeout,
    maxBytes: MAX_ANSWER_BYTES,
    signal,
    headers: { accept },
  });
}
