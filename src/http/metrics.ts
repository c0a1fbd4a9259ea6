/**
 * `/metrics`: Prometheus text format 0.0.4. Labels are bounded: sources are configured, of streams there are the 200
 * greatest, and no series is ever about one client.
 */

import type { StreamState } from '../core/streams.ts';
import type { LiveFeed } from './live.ts';
import type { Service } from './service.ts';

const MOST_STREAMS = 200;

/** `live` is null for whoever may not see all streams: then nothing is told that is about the process as a whole. */
export function metricsText(service: Service, live: LiveFeed | null): string {
  const { audience, clock } = service;
  const { sessions, listeners, bots } = audience.total;
  const page = new Page();
  page.metric('headcount_build_info', 'gauge', 'The version that runs.', [[{ version: service.version }, 1]]);
  page.metric('headcount_sessions', 'gauge', 'Open sessions of people, bots left out.', [[{}, sessions]]);
  page.metric('headcount_listeners', 'gauge', 'Distinct listeners among them.', [[{}, listeners]]);
  page.metric('headcount_bot_sessions', 'gauge', 'Open sessions of bots.', [[{}, bots]]);
  page.metric('headcount_stream_sessions', 'gauge', 'Open sessions of people by stream.', streamSamples(service));
  const spokenOf = greatestStreams(service);
  page.metric(
    'headcount_stream_up',
    'gauge',
    'Is the stream on air, as its server says?',
    spokenOf.map((state) => [labelsOf(state), state.status === 'up' ? 1 : 0]),
  );
  page.metric(
    'headcount_stream_reported_listeners',
    'gauge',
    'What the server itself counts.',
    gaugeSamples(spokenOf, 'reportedListeners'),
  );
  page.metric(
    'headcount_stream_max_listeners',
    'gauge',
    'How many the server lets in.',
    gaugeSamples(spokenOf, 'maxListeners'),
  );
  const programmes = audience.programmes.list;
  page.metric(
    'headcount_programme_sessions',
    'gauge',
    'Open sessions of people on the streams of a programme.',
    programmes.map(({ name, sessions: count }) => [{ programme: name }, count]),
  );
  page.metric(
    'headcount_programme_listeners',
    'gauge',
    'Distinct listeners among them.',
    programmes.map(({ name, listeners: count }) => [{ programme: name }, count]),
  );
  const countries = audience.counts('country').filter((count) => count.sessions > 0);
  page.metric(
    'headcount_country_sessions',
    'gauge',
    'Open sessions of people by country; empty is unknown.',
    countries.map(({ value, sessions: count }) => [{ country: value ?? '' }, count]),
  );
  page.metric(
    'headcount_source_up',
    'gauge',
    'Is the source running?',
    service.sources().map(({ name, kind, status }) => [{ source: name, kind }, status === 'running' ? 1 : 0]),
  );
  page.metric(
    'headcount_source_lag_seconds',
    'gauge',
    'How far the watermark of the source is behind the clock.',
    service
      .sources()
      .filter(({ watermark }) => watermark !== null)
      .map(({ name, watermark }) => [{ source: name }, Math.max((clock.now() - watermark!) / 1000, 0)]),
  );
  page.metric(
    'headcount_events_total',
    'counter',
    'Everything that is counted, by scope and name.',
    counterSamples(service),
  );
  page.metric('headcount_store_stalled', 'gauge', 'Has reading stopped for want of room?', [
    [{}, service.stall() === null ? 0 : 1],
  ]);
  page.metric('process_start_time_seconds', 'gauge', 'Start, since the Unix epoch.', [[{}, service.startedAt / 1000]]);
  if (live === null) return page.text;
  page.metric('headcount_live_readers', 'gauge', 'Who follows the live events.', [[{}, live.readers]]);
  page.metric('headcount_live_dropped_total', 'counter', 'Readers let go because they could not keep up.', [
    [{}, live.dropped],
  ]);
  page.metric('process_resident_memory_bytes', 'gauge', 'Resident memory.', [[{}, process.memoryUsage.rss()]]);
  return page.text;
}

type Samples = readonly (readonly [Readonly<Record<string, string>>, number])[];

class Page {
  text = '';

  metric(name: string, type: 'gauge' | 'counter', help: string, samples: Samples): void {
    if (samples.length === 0) return;
    this.text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    // UTF-8 cannot write every name: those that are written alike are one series.
    const series = new Map<string, number>();
    for (const [labels, value] of samples) {
      const list = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
      const written = `${name}${list.length === 0 ? '' : `{${list.join(',')}}`}`;
      series.set(written, (series.get(written) ?? 0) + value);
    }
    for (const [written, value] of series) this.text += `${written} ${value}\n`;
  }
}

function escapeLabel(text: string): string {
  return text.toWellFormed().replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function streamSamples({ audience }: Service): Samples {
  const streams = audience.streams().sort((a, b) => b.sessions - a.sessions);
  const samples: [Record<string, string>, number][] = streams
    .slice(0, MOST_STREAMS)
    .map(({ source, stream, sessions }) => [{ source, stream }, sessions]);
  const rest = streams.slice(MOST_STREAMS).reduce((sum, { sessions }) => sum + sessions, 0);
  if (streams.length > MOST_STREAMS) samples.push([{ source: '', stream: '(others)' }, rest]);
  return samples;
}

/** Those of which a source has spoken, with the greatest audience by its count or ours. */
function greatestStreams({ audience, streams }: Service): StreamState[] {
  return streams
    .list()
    .filter(({ status }) => status !== 'unknown')
    .map((state) => {
      const { sessions } = audience.countOfStream(state.source, state.stream);
      return { state, size: Math.max(sessions, state.reportedListeners ?? 0) };
    })
    .sort((a, b) => b.size - a.size)
    .slice(0, MOST_STREAMS)
    .map(({ state }) => state);
}

function labelsOf({ source, stream }: StreamState): { source: string; stream: string } {
  return { source, stream };
}

function gaugeSamples(states: readonly StreamState[], gauge: 'reportedListeners' | 'maxListeners'): Samples {
  return states.flatMap((state) => {
    const value = state[gauge];
    return value === null ? [] : [[labelsOf(state), value] as const];
  });
}

function counterSamples(service: Service): Samples {
  return Object.entries(service.counters()).flatMap(([scope, counters]) =>
    Object.entries(counters).map(([name, value]) => [{ scope, name }, value] as const),
  );
}
