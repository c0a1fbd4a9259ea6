/**
 * How fast is a capture of a busy TURN server read? Whole processes in turns on the same file: ours (parser, STUN,
 * allocations, presences), tshark, which dissects every packet for a summary, and tcpdump, which prints a line for each.
 * They do not do the same: tshark knows every protocol, tcpdump tells UDP from TCP, we count what a TURN monitor needs.
 * The question is whether one core keeps up with a link, and what watching through one of them would cost.
 */

import { join } from 'node:path';
import type { CaptureTally } from '../src/sources/turn/read-once.ts';
import { type Truth, writeCapture } from './capture-file.ts';
import { megabytes, perSecond, whole } from './format.ts';
import { type Bench, inTurns, ratioOf, runProgram, runScript, temporaryFolder } from './harness.ts';

const TURNS = { rounds: 3, warmUps: 1 };

export const capture: Bench = {
  name: 'capture',
  question: 'how fast is a capture of TURN traffic read? Against tshark and tcpdump, on the same file.',
  run: async (report) => {
    const path = join(temporaryFolder(), 'turn.pcap');
    const truth = await writeCapture(path);
    report.note(`reading ${whole(truth.packets)} packets, ${megabytes(truth.bytes)}, three ways`);
    const times = await inTurns(TURNS, {
      ours: () => readWithHeadcount(path, truth),
      tshark: () => millisecondsOf('/usr/bin/tshark', '-n', '-q', '-z', 'io,phs', '-r', path),
      tcpdump: () => millisecondsOf('/usr/bin/tcpdump', '-nn', '-r', path),
    });
    const ours = perSecond(truth.packets, times.ours);
    for (const name of ['tshark', 'tcpdump'] as const) {
      report.figure({
        what: name === 'tshark' ? 'packets, to a summary' : 'packets, to a line each',
        ours,
        peer: { name, figure: perSecond(truth.packets, times[name]) },
        ratio: ratioOf(times.ours, times[name]),
      });
    }
  },
};

async function readWithHeadcount(path: string, truth: Truth): Promise<number> {
  const { seconds, output } = await runScript('capture-child.ts', path);
  verify(JSON.parse(output) as CaptureTally, truth);
  return seconds * 1000;
}

/** A fast reader that reads wrongly is none. */
function verify({ packets, unreadable, turn }: CaptureTally, truth: Truth): void {
  const messages = turn.channelData.up.messages + turn.channelData.down.messages;
  const bytes = turn.channelData.up.bytes + turn.channelData.down.bytes;
  const isRight =
    packets === truth.packets &&
    unreadable === 0 &&
    messages === truth.channelMessages &&
    bytes === truth.channelBytes &&
    turn.allocations === truth.allocations;
  if (!isRight) throw new Error(`wrong: ${JSON.stringify({ packets, unreadable, turn, truth })}`);
}

async function millisecondsOf(program: string, ...args: string[]): Promise<number> {
  const { seconds } = await runProgram(program, args, 'drop');
  return seconds * 1000;
}
