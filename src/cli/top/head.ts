/** The lines above the tables: where, how many, the last ten minutes, and what is not as it should be. */

import { number } from '../report/figures.ts';
import { widthOf } from '../text-width.ts';
import { duration } from './columns.ts';
import type { Line, Span } from './paint.ts';
import { flowOf, isInTrouble, lastTenMinutes, type Picture, serverTime } from './picture.ts';

export interface Moment {
  /** By our clock. */
  readonly now: number;
  readonly columns: number;
}

const NARROW = 72;
const WIDEST_SPARKLINE = 60;
const BLOCKS = '▁▂▃▄▅▆▇█';

export function titleLine(picture: Picture, isPaused: boolean, { now, columns }: Moment): Line {
  const state = stateOf(picture, isPaused);
  const clock = new Date(serverTime(picture, now)).toTimeString().slice(0, 8);
  const right = ` ${state.text}  ${clock}`;
  const left = `Headcount ${picture.status?.demo === true ? '(demo) ' : ''}`;
  const room = Math.max(columns - widthOf(left) - right.length, 0);
  return [
    { text: left, tone: 'strong' },
    { text: picture.name, width: room, tone: 'quiet' },
    { text: ` ${state.text}`, tone: state.tone },
    { text: `  ${clock}` },
  ];
}

function stateOf({ phase }: Picture, isPaused: boolean): { text: string; tone: NonNullable<Span['tone']> } {
  if (phase.name === 'lost') return { text: '✕ lost', tone: 'bad' };
  if (isPaused) return { text: '‖ paused', tone: 'warn' };
  return phase.name === 'live' ? { text: '● live', tone: 'good' } : { text: '· connecting', tone: 'quiet' };
}

export function countsLine(picture: Picture, { columns }: Moment): Line {
  const { audience, peak } = picture;
  if (audience === null) return [{ text: 'Nothing is known yet.', tone: 'quiet' }];
  const flow = flowOf(picture);
  const isNarrow = columns < NARROW;
  const period = flow === null || flow.seconds >= 60 ? 'in the last minute' : `in ${flow.seconds} s`;
  const facts = [
    ...(isNarrow ? [] : [`${number(audience.listeners)} ${audience.listeners === 1 ? 'listener' : 'listeners'}`]),
    ...(flow === null ? [] : [`+${number(flow.joined)} −${number(flow.left)}${isNarrow ? '' : ` ${period}`}`]),
    ...(peak === null ? [] : [`peak${isNarrow ? '' : ' today'} ${number(peak.count)} at ${minuteOf(peak.at)}`]),
    ...(audience.bots === 0 ? [] : [`${number(audience.bots)} ${audience.bots === 1 ? 'bot' : 'bots'}`]),
  ];
  return [
    { text: number(audience.sessions), tone: 'strong' },
    { text: isNarrow ? ' now' : ' listening now' },
    { text: facts.map((fact) => ` · ${fact}`).join(''), tone: 'quiet' },
  ];
}

function minuteOf(at: number): string {
  return new Date(at).toTimeString().slice(0, 5);
}

export function sparkLine(picture: Picture, { now, columns }: Moment): Line {
  const parts = Math.max(Math.min(WIDEST_SPARKLINE, columns - 22), 1);
  const counts = lastTenMinutes(picture, parts, serverTime(picture, now));
  const known = counts.filter((count) => count !== null);
  const most = Math.max(...known, 0);
  const words = known.length === 0 ? '' : ` ${number(Math.min(...known))}…${number(most)} in 10 min`;
  return [{ text: sparkline(counts, most) }, { text: words, tone: 'quiet' }];
}

/** From nothing to the greatest; a blank where nothing is known. */
export function sparkline(counts: readonly (number | null)[], most: number): string {
  return counts
    .map((count) => {
      if (count === null) return ' ';
      return most === 0 ? BLOCKS[0] : BLOCKS[Math.min(Math.floor((count / most) * BLOCKS.length), BLOCKS.length - 1)];
    })
    .join('');
}

/** At most one line: the gravest. */
export function troubleLine({ phase, audience, status, sources, failure }: Picture, { now }: Moment): Line | null {
  if (phase.name === 'lost') {
    const ago = duration((now - phase.since) / 1000);
    const again = Math.max(Math.ceil((phase.retryAt - now) / 1000), 0);
    return [{ text: `No connection for ${ago}; trying again in ${again} s. ${phase.why}`, tone: 'bad' }];
  }
  if (audience?.stalled === true) {
    const why = status?.stalled?.message ?? 'The store has no room.';
    return [{ text: `Reading has stopped. ${why}`, tone: 'bad' }];
  }
  const failing = sources.filter(isInTrouble);
  const [first] = failing;
  if (first !== undefined) {
    const more = failing.length === 1 ? '' : `${failing.length} sources are in trouble. `;
    return [{ text: `${more}${first.name}: ${first.lastError?.message}`, tone: 'bad' }];
  }
  return failure === null ? null : [{ text: failure, tone: 'warn' }];
}
