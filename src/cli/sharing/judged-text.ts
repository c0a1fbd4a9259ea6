/** The judgement by households as text: for each account both scores, why, its households, and the evidence. */

import type { Finding, Household, Judgement } from '../../insights/sharing/judgement/judged.ts';
import { householdText } from '../../insights/sharing/judgement/words.ts';
import type { WallClock } from '../../insights/summary/wall-clock.ts';
import { wrap } from '../wrap.ts';
import { day, left, right, shown } from './figures.ts';
import type { JudgedAccount, JudgedReport } from './report.ts';
import { named, section, timelinesText } from './text.ts';

const MOST_HOUSEHOLDS = 8;
const MOST_FINDINGS = 6;

export function judgedText({ flagged, timeline, clock }: JudgedReport): string {
  if (flagged.length === 0) return 'No users flagged for potential account sharing.\n';
  const accounts = section(
    `SHARED ACCOUNTS  —  ${flagged.length} user(s) flagged`,
    flagged.map((each) => linesOf(each, clock)),
  );
  return timeline ? accounts + timelinesText(flagged, clock) : accounts;
}

function linesOf({ account, shared, judgement, plays }: JudgedAccount, clock: WallClock): string[] {
  const { score, signals, households, householdCount, findings, findingCount, droppedPairs } = shared;
  const more = droppedPairs === 0 ? '' : '+';
  const counts = [
    `Score: ${score}${more} of 100`,
    `Classic score: ${judgement.score}`,
    `Households: ${householdCount}`,
    `Devices: ${judgement.devices.length}`,
    `Plays: ${plays.length}`,
  ];
  return [
    named(account),
    `  ${counts.join('  |  ')}`,
    ...(signals.length === 0 ? [] : ['', '    Why']),
    ...signals.map(({ points, most, why }) => `      ${right(points.toFixed(1), 5)} of ${most}  ${shown(why)}`),
    ...block('Households', Math.min(householdCount, MOST_HOUSEHOLDS), householdCount),
    ...households.slice(0, MOST_HOUSEHOLDS).map((household) => householdLine(household, clock)),
    ...(findingCount === 0 ? [] : block('Evidence', Math.min(findingCount, MOST_FINDINGS), findingCount)),
    ...firstOfEach(findings).flatMap((finding, i, all) => findingLines(finding, i + 1, all[i - 1]?.whyNotSuppressed)),
    ...notCounted(shared),
  ];
}

function block(title: string, told: number, count: number): string[] {
  return ['', `    ${title}${told === count ? '' : `  (${told} of ${count})`}`];
}

function householdLine(household: Household, clock: WallClock): string {
  const { kind, days, plays, deviceCount, firstAt, lastAt, networkCount } = household;
  const period = `${day(firstAt, clock)} – ${day(lastAt, clock)}`;
  const networks = networkCount === 1 ? '' : `, ${networkCount} networks`;
  const counts = `${right(days, 4)} day(s) ${right(plays, 5)} play(s) ${right(deviceCount, 3)} device(s)`;
  return `      ${left(kind, 10)} ${counts}  ${period}  ${shown(householdText(household))}${networks}`;
}

/** Of each kind the strongest, then by points. */
function firstOfEach(findings: readonly Finding[]): Finding[] {
  const kinds = new Set<string>();
  const first = findings.filter(({ kind }) => !kinds.has(kind) && kinds.add(kind));
  const others = findings.filter((finding) => !first.includes(finding));
  return [...first, ...others].slice(0, MOST_FINDINGS);
}

/** What the one before said need not be said again. */
function findingLines({ kind, points, why, whyNotSuppressed, id }: Finding, number: number, said?: string): string[] {
  return [
    wrap(`${number}. ${kind}, ${points} points: ${shown(why)}`, 6, 3),
    ...(whyNotSuppressed === said ? [] : [wrap(whyNotSuppressed, 9)]),
    wrap(`id: ${shown(id)}`, 9),
  ];
}

function notCounted({ suppressed }: Judgement): string[] {
  const reasons = Object.entries(suppressed).filter(([, count]) => count > 0);
  if (reasons.length === 0) return [];
  const text = reasons.map(([reason, count]) => `${reason} ${count}`).join(', ');
  return ['', wrap(`Looked at, and no evidence: ${text}`, 4)];
}
