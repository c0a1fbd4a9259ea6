/** The thread in which accounts are judged (judging.ts): page by page it is given their plays, then it answers. */

import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../../lib/errors.ts';
import type { JudgedPlay } from '../judgement/judgement.ts';
import { type Terms, timelineOf, type Verdict, verdictOf } from './verdict.ts';

/** `timeline`: so many of the newest plays are wanted back. */
export type JudgingRequest =
  | { readonly plays: readonly JudgedPlay[] }
  | { readonly terms: Terms; readonly timeline: number }
  /** The rest does not come: what came is dropped. */
  | { readonly drop: true };

export type JudgingAnswer =
  | { readonly verdict: Verdict; readonly timeline: readonly JudgedPlay[] }
  | { readonly error: string };

let plays: JudgedPlay[] = [];

parentPort!.on('message', (request: JudgingRequest) => {
  if ('plays' in request) {
    plays.push(...request.plays);
    return;
  }
  const taken = plays;
  plays = [];
  if ('drop' in request) return;
  parentPort!.postMessage(answerOf(taken, request.terms, request.timeline));
});

function answerOf(taken: readonly JudgedPlay[], terms: Terms, most: number): JudgingAnswer {
  try {
    const verdict = verdictOf(taken, terms);
    return { verdict, timeline: most === 0 ? [] : timelineOf(taken, verdict.judgement, most) };
  } catch (error) {
    return { error: messageOf(error) };
  }
}
