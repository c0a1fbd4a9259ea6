/** From the judgements of insights/sharing to the wire shapes of sharing-contract.ts. Translation only. */

import type { z } from 'zod';
import type { Finding, Household, JudgedPlay } from '../insights/sharing/judgement/judgement.ts';
import type { AccountReport, AccountSummary, AuditEntry } from '../insights/sharing/live/index.ts';
import type { AuditWire, FindingWire, SharedAccountWire, SharingReportWire } from './sharing-contract.ts';
import { time, timeOrNull } from './wire.ts';

export function accountWire(account: AccountSummary): SharedAccountWire {
  const { findingCount, newest, lastAt, judgedAt, signals, ...rest } = account;
  return {
    ...rest,
    signals: [...signals],
    findings: findingCount,
    newestFinding: newest === null ? null : findingWire(newest),
    lastSeenAt: timeOrNull(lastAt),
    judgedAt: time(judgedAt),
  };
}

export function reportWire(report: AccountReport): z.input<typeof SharingReportWire> {
  const { judgement, usedDevices, timeline, fine, from, to, ...account } = report;
  const { findings, suppressed, droppedPairs, households } = judgement;
  return {
    ...accountWire(account),
    from: time(from),
    to: time(to),
    allFindings: findings.map(findingWire),
    suppressed: { ...suppressed },
    droppedPairs,
    allHouseholds: households.map(householdWire),
    usedDevices: usedDevices.map((used) => ({ ...used, firstAt: time(used.firstAt), lastAt: time(used.lastAt) })),
    timeline: timeline.map(playWire),
    fine: fine.map((each) => ({ ...each, at: time(each.at) })),
  };
}

export function auditWire({ entries, next }: { entries: readonly AuditEntry[]; next: number | null }): AuditWire {
  const items = entries.map((entry) => ({ ...entry, at: time(entry.at) }));
  return { items, nextCursor: next === null ? null : String(next) };
}

function findingWire(finding: Finding): FindingWire {
  const { plays, places, devices, at, ...rest } = finding;
  return { ...rest, at: time(at), plays: [...plays], devices: [...devices], places: [...places] };
}

function householdWire({ networks, devices, firstAt, lastAt, ...rest }: Household) {
  return { ...rest, networks: [...networks], devices: [...devices], firstAt: time(firstAt), lastAt: time(lastAt) };
}

function playWire({ startedAt, stoppedAt, networkKind: _, ...rest }: JudgedPlay) {
  return { ...rest, startedAt: timeOrNull(startedAt), stoppedAt: timeOrNull(stoppedAt) };
}
