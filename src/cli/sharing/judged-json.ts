/** The judgement by households for programs, as docs/sharing.md says it. */

import { time, timeOrNull } from '../../http/wire.ts';
import { playOf, written } from './json.ts';
import type { JudgedAccount, JudgedReport } from './report.ts';

export function judgedJson({ flagged, timeline, clock }: JudgedReport): string {
  const users = flagged.map((each) => userOf(each, timeline));
  return written({ judgement: 'households', timeZone: clock.zone, users });
}

function userOf({ account, shared, judgement, places, plays }: JudgedAccount, timeline: boolean): object {
  const { households, findings, ...rest } = shared;
  const sessions = new Map(plays.map((play) => [play.id, play]));
  const sessionOf = (id: string, place: object | null) => {
    const { startedAt, stoppedAt, playSeconds, address, device, platform, player, title, asn, organization } =
      sessions.get(id)!;
    const times = { startedAt: timeOrNull(startedAt), endedAt: timeOrNull(stoppedAt) };
    return { id, ...times, playSeconds, address, device, platform, player, title, asn, organization, place };
  };
  return {
    ...{ id: account.id, name: account.name, classicScore: judgement.score, plays: plays.length },
    ...rest,
    households: households.map((each) => ({ ...each, firstAt: time(each.firstAt), lastAt: time(each.lastAt) })),
    findings: findings.map(({ at, plays: ids, places: where, devices: _, ...finding }) => ({
      ...finding,
      at: time(at),
      sessions: ids.map((id, i) => sessionOf(id, where[i] ?? null)),
    })),
    ...(timeline ? { timeline: judgement.concurrency.plays.map((play) => playOf(play, places)) } : {}),
  };
}
