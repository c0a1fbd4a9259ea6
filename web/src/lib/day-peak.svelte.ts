/** The greatest number at once since midnight by the viewer's clock, from the history. */

import { ask } from './api.ts';
import { clock } from './clock.svelte.ts';
import { type Peak, peakOf } from './curve.ts';
import { type Polled, polled } from './polled.svelte.ts';

/** 288 steps a day; the one with the peak is then looked at closely. */
const STEP_SECONDS = 300;
const EXACT_STEP_SECONDS = 10;

/** Must be called while a component is created. Of which sessions is said as the API asks for them. */
export function dayPeak(only: Readonly<Record<string, string>> = {}): Polled<{ peak: Peak | null }> {
  return polled(async (signal) => {
    const midnight = new Date(clock.now);
    midnight.setHours(0, 0, 0, 0);
    const asked = { ...only, from: midnight.toISOString(), step: STEP_SECONDS };
    const day = peakOf(await ask('timeline', asked, signal));
    if (day === null) return { peak: null };
    const from = new Date(day.at).toISOString();
    const to = new Date(Math.min(day.at + day.stepSeconds * 1000, clock.now)).toISOString();
    if (from >= to) return { peak: day };
    return { peak: peakOf(await ask('timeline', { ...only, from, to, step: EXACT_STEP_SECONDS }, signal)) ?? day };
  }, 60_000);
}
