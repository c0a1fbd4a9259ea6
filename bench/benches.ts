/** Every benchmark, by name. */

import { accessLog } from './access-log.ts';
import { capture } from './capture.ts';
import { dashboard } from './dashboard.ts';
import { enrich } from './enrich.ts';
import { exporting } from './export.ts';
import type { Bench } from './harness.ts';
import { live } from './live.ts';
import { polled } from './polled.ts';
import { processLines } from './process.ts';
import { sharing } from './sharing.ts';
import { sharingQuality } from './sharing-quality.ts';
import { store } from './store.ts';
import { tracker } from './tracker.ts';

export const BENCHES: readonly Bench[] = [
  accessLog,
  capture,
  dashboard,
  enrich,
  exporting,
  live,
  polled,
  processLines,
  sharing,
  sharingQuality,
  store,
  tracker,
];
