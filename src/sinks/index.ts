/** The registry: every kind of sink there is, sorted. The only way in. */

import { influxdb } from './influxdb/index.ts';
import { jsonFile } from './json-file/index.ts';
import type { SinkKind } from './sink.ts';
import { slack } from './slack/index.ts';
import { sqlite } from './sqlite/index.ts';
import { webhook } from './webhook/index.ts';

export const SINK_KINDS: readonly SinkKind[] = [influxdb, jsonFile, slack, sqlite, webhook];
