/** What the stream of a session played while it was there, by what its sources told of the stream. */

import type { SessionRecord } from '../core/session.ts';
import { type TitleSpan, titlesBetween } from '../core/titles.ts';
import { sourcesOf } from './routes/streams.ts';
import type { Service } from './service.ts';

/** So many reports of each source are looked at: those just before the end. At a title every three minutes, two days. */
const MOST_REPORTS = 1000;
/** A server that remembers what it has played tells of it afterwards. */
const TOLD_WITHIN = 600_000;

export async function titlesHeard(service: Service, session: SessionRecord): Promise<TitleSpan[]> {
  const { source: space, stream, startedAt, lastSeenAt } = session;
  const known = sourcesOf(service, space);
  // One that is no longer configured has left what it told under its name.
  const sources = known.length > 0 ? known : [space];
  const reports = await Promise.all(
    sources.map((source) => service.store.reports(source, stream, MOST_REPORTS, lastSeenAt + TOLD_WITHIN)),
  );
  // Of two at once the one that was told last plays.
  const changes = reports
    .flat()
    .reverse()
    .flatMap(({ report }) => [
      ...(report.titles ?? []),
      ...(report.title === undefined ? [] : [{ at: report.at, title: report.title }]),
    ]);
  return titlesBetween(changes, startedAt, lastSeenAt);
}
