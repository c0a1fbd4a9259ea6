/**
 * How fast the console of a spyserver becomes sessions, on one core: line by line from memory, through the source that runs
 * the program, and through the source of any program, by patterns. Each goes through a real tracker, and finds every
 * session. Two consoles: of the busy kind, where most lines are about the tuner, and one of nothing but clients who come
 * and go, which begins or ends a session with every line.
 *
 * The peer is awk, which splits the same lines, keeps who is there by address and port, and counts: no session, no time.
 */

import { perSecond } from './format.ts';
import {
  type Bench,
  inTurns,
  ratioOf,
  runProgram,
  type Samples,
  samplesOf,
  scriptResult,
  temporaryFolder,
} from './harness.ts';
import type { Folded } from './process-child.ts';
import { type Console, writeConsole } from './process-lines.ts';
import type { Report } from './report.ts';

const LINES = process.env['HEADCOUNT_BENCH'] === 'small' ? 400_000 : 2_000_000;
const TURNS = { rounds: 3, warmUps: 1 };
const LEAST_RATE = 500_000;
const NOISE = 9;

const AWK = `/^Accepted client / { here[$3] = $0; came++ }
/^Client disconnected: / { if ($3 in here) { delete here[$3]; went++ } }
END { print came, went }`;

const WAYS = {
  lines: 'lines in memory to sessions',
  spyserver: '  by the source, which runs the program',
  process: '  by the source of any program, by patterns',
} as const;
type Way = keyof typeof WAYS;

export const processLines: Bench = {
  name: 'process',
  question: 'how fast are console lines folded into sessions?',
  run: async (report) => {
    const folder = temporaryFolder();
    report.note('writing two consoles');
    const busy = await writeConsole(folder, LINES, NOISE);
    const churn = await writeConsole(folder, LINES, 0);
    await measure(report, `${2 * NOISE} of ${2 * NOISE + 2} lines are about the tuner`, busy, true);
    await measure(report, 'every line begins or ends a session', churn, false);
  },
};

async function measure(report: Report, title: string, console: Console, hasBar: boolean): Promise<void> {
  report.note(`${console.lines} lines, ${console.clients} sessions: ${title}`);
  const processor: Record<Way, number[]> = { lines: [], spyserver: [], process: [] };
  const run = async (way: Way) => {
    const folded = await scriptResult<Folded>('process-child.ts', way, console.path);
    if (folded.sessions !== console.clients) throw new Error(`${way} found ${folded.sessions} sessions`);
    processor[way].push(folded.processor);
    return folded.milliseconds;
  };
  const times = await inTurns(TURNS, {
    lines: () => run('lines'),
    spyserver: () => run('spyserver'),
    process: () => run('process'),
    awk: () => awk(console),
  });
  const peer = (theirs: Samples) => ({ name: 'awk', figure: perSecond(console.lines, theirs) });
  report.figure({ what: `${title}:`, ours: '' });
  for (const way of Object.keys(WAYS) as Way[]) {
    const ours = times[way];
    const isMet = (console.lines / ours.median) * 1000 >= LEAST_RATE;
    report.figure({
      ...{
        what: WAYS[way],
        ours: perSecond(console.lines, ours),
        peer: peer(times.awk),
        ratio: ratioOf(ours, times.awk),
      },
      ...(hasBar ? { bar: { text: '≥ 500,000/s', isMet } } : {}),
    });
    const cpu = samplesOf(processor[way]);
    report.figure({ what: '    a second of processor time', ours: perSecond(console.lines, cpu) });
  }
}

/** Milliseconds, its start included, which is little. */
async function awk({ path, clients }: Console): Promise<number> {
  const { seconds, output } = await runProgram('awk', [AWK, path]);
  if (output.trim() !== `${clients} ${clients}`) throw new Error(`awk found ${output.trim()} instead of ${clients}`);
  return seconds * 1000;
}
