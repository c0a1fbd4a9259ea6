/** The thread that finds out players' names: a user agent comes in, a `Finding` goes out, in the same order. */

import { parentPort } from 'node:worker_threads';
import { createDetector } from './detector.ts';

const detect = createDetector();

parentPort?.on('message', (userAgent: string) => parentPort?.postMessage(detect(userAgent)));
