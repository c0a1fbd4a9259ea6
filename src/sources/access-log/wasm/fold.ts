/**
 * Folds the lines that scan.ts has read into runs, as far as that is usual: a request of a client that is known to go on, or to
 * begin, on a stream that is known. It stops at whatever is not, and the reader takes that line. A run is whatever fits together
 * without looking far: where a client goes to and fro it may be several, which are put together later.
 *
 * Times are whole seconds since 1970. Of qualities only the newest is kept.
 */

import {
  block,
  type Code,
  call,
  defineFunction,
  giveBack,
  i32,
  i64,
  jump,
  jumpIf,
  loop,
  plus,
  when,
} from './assembler.ts';
import { FIND, MARKED, PLACE, RECORD, RECORD_BYTES } from './scan.ts';

/** What is known between two calls, in words from `PLACE.state` on. */
export const STATE = { newest: 0, oldest: 1, audience: 2, runsEnd: 3, minute: 4, lateness: 5 } as const;

/** A run, in words; `sent` is two. `quality` is one more than its number, 0 is none. */
export const RUN = { from: 0, to: 1, client: 2, stream: 3, sent: 4, requests: 6, sightAt: 7, quality: 8 } as const;
export const RUN_BYTES = 40;

/** What a path means: the number of its stream, times this, and one more than that of its quality; or one of these two. */
export const STREAM_BITS = 15;
export const NO_AUDIENCE = -1;
export const UNKNOWN = -2;

/** A stream that nobody has asked for during so many seconds is reported again when somebody does. */
export const REPORT_AFTER = 60;

/** Where its tables are. */
export interface FoldPlaces {
  /** By status: 1 if it is audience. */
  readonly audience: number;
  /** By status: requests and bytes, two words each. */
  readonly statuses: number;
  /** By path: what it means. */
  readonly meanings: number;
  /** By client: the run of its last request. By key (client and stream): its newest run. 0 is none. */
  readonly last: number;
  readonly newest: number;
  /** By stream: when it was seen last, and its gap. */
  readonly seen: number;
  readonly gaps: number;
  /** By quality: its place in the order of names. */
  readonly ranks: number;
}

/** Odd, so that different keys stay different. */
const MIX = 0x9e3779b97f4a7c15n;

/** The word with this number of a table. */
const place = (table: number, number: Code): Code => plus(i32.shl(number, i32.const(2)), table);
const state = (which: keyof typeof STATE): Code => i32.load(i32.const(PLACE.state), STATE[which] * 4);
const keep = (which: keyof typeof STATE, value: Code): Code =>
  i32.store(i32.const(PLACE.state), value, STATE[which] * 4);

/** `fold(at, end)`: takes records from `at` on, and answers where it has stopped: at `end`, or at one that is the reader's. */
export function foldFunction(places: FoldPlaces) {
  return defineFunction('fold', ['i32', 'i32'], 'i32', ([at, end], variable) => {
    const time = variable('i32');
    const client = variable('i32');
    const status = variable('i32');
    const meaning = variable('i32');
    const stream = variable('i32');
    const run = variable('i32');
    const key = variable('i32');
    const newest = variable('i32');
    const oldest = variable('i32');
    const audience = variable('i32');

    const field = (name: keyof typeof RECORD): Code => i32.load(at!.get, RECORD[name] * 4);
    const ofRun = (name: keyof typeof RUN): Code => i32.load(run.get, RUN[name] * 4);
    const setOfRun = (name: keyof typeof RUN, value: Code): Code => i32.store(run.get, value, RUN[name] * 4);
    const seenAt = place(places.seen, stream.get);
    const ofStatus = (offset: number): Code => plus(i32.shl(status.get, i32.const(4)), places.statuses + offset);
    const more = (at: Code, value: Code): Code => i64.store(at, i64.add(i64.load(at), value));

    const doesNotGoOn: Code = i32.or(
      i32.ltU(time.get, ofRun('from')),
      i32.gtU(time.get, i32.add(ofRun('to'), i32.load(place(places.gaps, stream.get)))),
    );

    const addRun: Code = [
      run.set(state('runsEnd')),
      keep('runsEnd', plus(run.get, RUN_BYTES)),
      setOfRun('from', time.get),
      setOfRun('to', time.get),
      setOfRun('client', client.get),
      setOfRun('stream', stream.get),
      i64.store(run.get, i64.const(0n), RUN.sent * 4),
      setOfRun('requests', i32.const(0)),
      setOfRun('sightAt', i32.const(0)),
      setOfRun('quality', i32.const(0)),
      i32.store(place(places.newest, key.get), run.get),
    ];

    const findRun: Code = [
      run.set(i32.load(place(places.last, client.get))),
      block((found) => [
        when(run.get, [
          when(i32.eq(ofRun('stream'), stream.get), [
            // Nearly always it goes on where the client's last request was.
            jumpIf(found, i32.eqz(doesNotGoOn)),
          ]),
        ]),
        key.set(
          call(
            FIND,
            i32.const(PLACE.keys),
            i64.mul(i64.or(i64.extend(client.get), i64.shl(i64.extend(stream.get), i64.const(32n))), i64.const(MIX)),
            i32.const(0),
          ),
        ),
        run.set(i32.load(place(places.newest, key.get))),
        when(run.get, [when(doesNotGoOn, [addRun])], [addRun]),
        i32.store(place(places.last, client.get), run.get),
      ]),
    ];

    const see: Code = [
      meaning.set(i32.and(meaning.get, i32.const((1 << STREAM_BITS) - 1))),
      when(meaning.get, [
        when(
          i32.or(
            i32.gtU(time.get, ofRun('sightAt')),
            i32.and(
              i32.eq(time.get, ofRun('sightAt')),
              i32.gtU(i32.load(place(places.ranks, meaning.get)), i32.load(place(places.ranks, ofRun('quality')))),
            ),
          ),
          [setOfRun('sightAt', time.get), setOfRun('quality', meaning.get)],
        ),
      ]),
    ];

    return [
      newest.set(state('newest')),
      oldest.set(state('oldest')),
      audience.set(state('audience')),
      block((stopped) => [
        loop((next) => [
          jumpIf(stopped, i32.geU(at!.get, end!.get)),
          client.set(field('client')),
          jumpIf(stopped, i32.eq(client.get, i32.const(MARKED))),
          time.set(i32.add(state('minute'), field('seconds'))),
          jumpIf(stopped, i32.ltU(i32.add(time.get, state('lateness')), newest.get)),
          status.set(field('status')),
          meaning.set(i32.const(NO_AUDIENCE)),
          when(i32.load8(status.get, places.audience), [
            meaning.set(i32.load(place(places.meanings, field('path')))),
            jumpIf(stopped, i32.eq(meaning.get, i32.const(UNKNOWN))),
          ]),
          when(i32.ne(meaning.get, i32.const(NO_AUDIENCE)), [
            stream.set(i32.shrU(meaning.get, i32.const(STREAM_BITS))),
            jumpIf(stopped, i32.gtU(time.get, plus(i32.load(seenAt), REPORT_AFTER))),
            when(i32.gtU(time.get, i32.load(seenAt)), [i32.store(seenAt, time.get)]),
            audience.set(plus(audience.get, 1)),
            findRun,
            when(i32.gtU(time.get, ofRun('to')), [setOfRun('to', time.get)]),
            i64.store(run.get, i64.add(i64.load(run.get, RUN.sent * 4), i64.extend(field('sent'))), RUN.sent * 4),
            setOfRun('requests', plus(ofRun('requests'), 1)),
            see,
          ]),
          more(ofStatus(0), i64.const(1n)),
          more(ofStatus(8), i64.extend(field('sent'))),
          when(i32.gtU(time.get, newest.get), [newest.set(time.get)]),
          when(i32.ltU(time.get, oldest.get), [oldest.set(time.get)]),
          at!.set(plus(at!.get, RECORD_BYTES)),
          jump(next),
        ]),
      ]),
      keep('newest', newest.get),
      keep('oldest', oldest.get),
      keep('audience', audience.get),
      giveBack(at!.get),
    ];
  });
}
