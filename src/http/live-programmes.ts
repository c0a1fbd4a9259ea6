/** The programmes as they are now, on the wire. */

import type { ProgrammeCount, ProgrammesView } from '../core/programmes.ts';
import { bestStatus } from '../core/streams.ts';
import type { ProgrammeDetailWire, ProgrammeWire, StreamWire } from './contract.ts';

/** In the order in which they were configured. `streams` is asked for all there are, unless there are no programmes. */
export function allProgrammes(programmes: ProgrammesView, streams: () => readonly StreamWire[]): ProgrammeWire[] {
  if (programmes.list.length === 0) return [];
  const carrying = new Map<ProgrammeCount, StreamWire[]>(programmes.list.map((programme) => [programme, []]));
  for (const stream of streams()) {
    for (const programme of programmes.ofStream(stream.source, stream.stream)) carrying.get(programme)?.push(stream);
  }
  return [...carrying].map(([programme, own]) => programmeWire(programme, own));
}

export function oneProgramme(
  programmes: ProgrammesView,
  programme: ProgrammeCount,
  streams: readonly StreamWire[],
): ProgrammeDetailWire {
  const own = streams.filter(({ source, stream }) => programmes.ofStream(source, stream).includes(programme));
  return { ...programmeWire(programme, own), streams: own };
}

function programmeWire(programme: ProgrammeCount, streams: readonly StreamWire[]): ProgrammeWire {
  const up = streams.filter(({ status }) => status === 'up');
  const [newest] = up
    .filter(({ title }) => title !== null)
    .sort((a, b) => ((a.titleSince ?? '') < (b.titleSince ?? '') ? 1 : -1));
  const reported = streams.map(({ reportedListeners }) => reportedListeners).filter((count) => count !== null);
  return {
    name: programme.name,
    status: bestStatus(streams.map(({ status }) => status)),
    title: newest?.title ?? null,
    titleSince: newest?.titleSince ?? null,
    sessions: programme.sessions,
    listeners: programme.listeners,
    bots: programme.bots,
    reportedListeners: reported.length === 0 ? null : reported.reduce((sum, count) => sum + count, 0),
    streamCount: streams.length,
    streamsUp: up.length,
  };
}
