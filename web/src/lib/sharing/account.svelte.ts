/** The report of the account that is shown: asked for anew now and then, and replaced by what feedback answers. */

import type { SharingReportWire } from '../../../../src/http/contract.ts';
import { type ApiError, askAccount, sendFeedback } from '../api.ts';
import { polled } from '../polled.svelte.ts';

export type Feedback = Parameters<typeof sendFeedback>[1];

/** What every part of a report is given. */
export interface ReportPart {
  readonly report: SharingReportWire;
  readonly mayWrite: boolean;
  /** Feedback is taken now. */
  readonly canSay: boolean;
  readonly onsay: (feedback: Feedback) => void;
}

/** Must be called while a component is created. */
export function accountReport(idOf: () => string) {
  let said = $state.raw<{ report: SharingReportWire; over: SharingReportWire | null } | null>(null);
  let failure = $state.raw<ApiError | null>(null);
  let isSending = $state(false);
  const asked = polled(
    (signal) => askAccount(idOf(), signal),
    60_000,
    () => idOf() !== '',
  );
  return {
    /** Null while another account's is asked for. */
    get value(): SharingReportWire | null {
      // What feedback answered is newer than what was asked for before it.
      const newest = said !== null && said.over === asked.value ? said.report : asked.value;
      return newest?.id === idOf() ? newest : null;
    },
    get error(): ApiError | null {
      return asked.error;
    },
    /** Why the newest feedback was not taken. */
    get failure(): ApiError | null {
      return failure;
    },
    get isSending(): boolean {
      return isSending;
    },
    async say(feedback: Feedback): Promise<boolean> {
      isSending = true;
      const over = asked.value;
      try {
        said = { report: await sendFeedback(idOf(), feedback), over };
        failure = null;
        return true;
      } catch (error) {
        failure = error as ApiError;
        return false;
      } finally {
        isSending = false;
      }
    },
  };
}
