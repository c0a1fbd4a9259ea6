/**
 * The fast lane for lines in the combined format, as WebAssembly: finds out where the fields of a line stand, sixteen bytes at a
 * time, and gives numbers to its client (address and user agent) and to its path. What is not quite usual it only marks: the
 * reader reads that line itself (quick-lines.ts). It knows no more of a line than that, so both lanes give the same result.
 */

import {
  block,
  type Code,
  call,
  defineFunction,
  type FunctionCode,
  giveBack,
  i8x16,
  i32,
  i64,
  jump,
  jumpIf,
  type Local,
  loop,
  plus,
  when,
} from './assembler.ts';

/** Where things are in its memory. */
export const PLACE = {
  /** 1 for each byte that a plain file name may have. */
  plain: 0,
  /** `21/Nov/2026:01:19:` and, behind the seconds, ` +0000`: the minute that is being read. */
  minute: 256,
  /** What `scan` leaves: where it has stopped, and why. */
  stop: 320,
  /** Which lines are marked because of their query: see `QUERIES`. */
  queries: 328,
  /** Tables: where their places are, the mask of a place, how many strings they have. */
  clients: 336,
  paths: 352,
  /** What fold.ts keeps: its table, and its state. */
  keys: 368,
  state: 384,
  records: 4096,
} as const;

/** Why `scan` has stopped. */
export const STOP = { done: 0, minute: 1 } as const;

/** Queries that may say something: none, those with `CMCD` in them, all. */
export const QUERIES = { none: 0, cmcd: 1, all: 2 } as const;

/** A record: eight integers. `start` and `agent` are where the line begins and its user agent. */
export const RECORD = { start: 0, client: 1, path: 2, seconds: 3, status: 4, sent: 5, folder: 6, agent: 7 } as const;
export const RECORD_BYTES = 32;
/** The client of a line that is only marked. */
export const MARKED = -1;
/** So many bytes behind the block are looked at. */
export const LOOKAHEAD = 64;

/** A place of a table: the hash, number and one, the shape. */
export const TABLE_PLACE_BYTES = 16;
export const TABLE = { places: 0, mask: 4, size: 8 } as const;

/** As clients.ts and paths.ts have them. */
const LONGEST_ADDRESS = 128;
const LONGEST_AGENT = 4096;
const LONGEST_PATH = 2048;

const SPACE = 0x20;
const QUOTE = 0x22;
const QUESTION = 0x3f;
const BACKSLASH = 0x5c;
const SLASH = 0x2f;
const DOT = 0x2e;
const LF = 0x0a;
const ZERO = 0x30;

/** Up to four characters as they stand in memory. */
const word = (text: string): Code =>
  i32.const([...text].reduce((sum, character, i) => sum | (character.charCodeAt(0) << (8 * i)), 0));

const not = i32.eqz;

const HASH = 0;
const SAME = 1;
/** For fold.ts, too. */
export const FIND = 2;

/** A hash of the bytes, chained to `seed`: two words at a time, so that one multiplication need not wait for the other. */
const hash = defineFunction('hash', ['i32', 'i32', 'i64'], 'i64', ([at, end, seed], variable) => {
  const [a, b, rest] = [variable('i64'), variable('i64'), variable('i32')];
  const FIRST = i64.const(0x9e3779b97f4a7c15n);
  const SECOND = i64.const(0xc2b2ae3d27d4eb4fn);
  const mixFirst = (bytes: Code) => [
    a!.set(i64.mul(i64.xor(a!.get, bytes), FIRST)),
    a!.set(i64.xor(a!.get, i64.shrU(a!.get, i64.const(32n)))),
  ];
  const mixSecond = (bytes: Code) => [
    b!.set(i64.mul(i64.xor(b!.get, bytes), SECOND)),
    b!.set(i64.xor(b!.get, i64.shrU(b!.get, i64.const(29n)))),
  ];
  /** The first so many bytes of a word, up to seven. */
  const firstBytes = (bytes: Code, count: Code) => {
    const bits = i64.shl(i64.extend(count), i64.const(3n));
    return i64.and(bytes, i64.sub(i64.shl(i64.const(1n), bits), i64.const(1n)));
  };
  return [
    a!.set(i64.xor(seed!.get, i64.extend(i32.sub(end!.get, at!.get)))),
    b!.set(seed!.get),
    block((done) => [
      loop((again) => [
        jumpIf(done, i32.gtU(plus(at!.get, 16), end!.get)),
        mixFirst(i64.load(at!.get)),
        mixSecond(i64.load(at!.get, 8)),
        at!.set(plus(at!.get, 16)),
        jump(again),
      ]),
    ]),
    rest!.set(i32.sub(end!.get, at!.get)),
    when(
      i32.geU(rest!.get, i32.const(8)),
      [mixFirst(i64.load(at!.get)), mixSecond(firstBytes(i64.load(at!.get, 8), plus(rest!.get, -8)))],
      [mixFirst(firstBytes(i64.load(at!.get), rest!.get))],
    ),
    a!.set(i64.mul(i64.xor(a!.get, b!.get), SECOND)),
    i64.xor(a!.get, i64.shrU(a!.get, i64.const(32n))),
  ];
});

/** Are so many bytes the same here and there? */
const same = defineFunction('same', ['i32', 'i32', 'i32'], 'i32', ([a, b, length], variable) => {
  const all = variable('i32');
  const equal = i8x16.bitmask(i8x16.eq(i8x16.load(a!.get), i8x16.load(b!.get)));
  return [
    block((rest) => [
      loop((again) => [
        jumpIf(rest, i32.ltU(length!.get, i32.const(16))),
        when(i32.ne(equal, i32.const(0xffff)), [giveBack(i32.const(0))]),
        a!.set(plus(a!.get, 16)),
        b!.set(plus(b!.get, 16)),
        length!.set(plus(length!.get, -16)),
        jump(again),
      ]),
    ]),
    all.set(plus(i32.shl(i32.const(1), length!.get), -1)),
    i32.eq(i32.and(equal, all.get), all.get),
  ];
});

/**
 * The number of a string, by its hash and its shape; a new one if it is not there yet. There must be room: whoever calls sees to
 * it. Strings of the same shape and the same 64 bits are taken for the same: of 131,072 strings two are so with a probability
 * of 5 in 10^10, and nobody who does not know the seed can have a say in it.
 */
const find = defineFunction('find', ['i32', 'i64', 'i32'], 'i32', ([table, whole, shape], variable) => {
  const [at, place, places, mask, number] = [
    variable('i32'),
    variable('i32'),
    variable('i32'),
    variable('i32'),
    variable('i32'),
  ];
  return [
    places!.set(i32.load(table!.get, TABLE.places)),
    mask!.set(i32.load(table!.get, TABLE.mask)),
    place!.set(i32.and(i32.shl(i32.wrap(whole!.get), i32.const(4)), mask!.get)),
    block((free) => [
      loop((again) => [
        at!.set(i32.add(places!.get, place!.get)),
        jumpIf(free, not(number!.tee(i32.load(at!.get, 8)))),
        when(i32.and(i64.eq(i64.load(at!.get), whole!.get), i32.eq(i32.load(at!.get, 12), shape!.get)), [
          giveBack(plus(number!.get, -1)),
        ]),
        place!.set(i32.and(plus(place!.get, TABLE_PLACE_BYTES), mask!.get)),
        jump(again),
      ]),
    ]),
    number!.set(i32.load(table!.get, TABLE.size)),
    i32.store(table!.get, plus(number!.get, 1), TABLE.size),
    i64.store(at!.get, whole!.get),
    i32.store(at!.get, plus(number!.get, 1), 8),
    i32.store(at!.get, shape!.get, 12),
    number!.get,
  ];
});

/**
 * Reads lines from `at` to `end`, `most` at most, into records, and answers how many it has read. It stops at a line of another
 * minute than the one that it has been given.
 */
const scan = defineFunction('scan', ['i32', 'i32', 'i32', 'i64'], 'i32', ([at, end, most, seed], variable) => {
  const count = variable('i32');
  const record = variable('i32');
  const start = variable('i32');
  const p = variable('i32');
  const mask = variable('i32');
  const addressEnd = variable('i32');
  const pathStart = variable('i32');
  const pathEnd = variable('i32');
  const keyEnd = variable('i32');
  const isFolder = variable('i32');
  const seconds = variable('i32');
  const status = variable('i32');
  const sent = variable('i32');
  const digits = variable('i32');
  const agent = variable('i32');
  const agentEnd = variable('i32');
  const client = variable('i32');
  /** Of the last line that was not only marked. */
  const before = {
    start: variable('i32'),
    length: variable('i32'),
    agent: variable('i32'),
    agentLength: variable('i32'),
  };
  const isBefore = variable('i32');

  /** Moves `p` to the next of these bytes. What is behind the end of the block is left by `otherwise`. */
  const seek = (bytes: readonly number[], otherwise: Parameters<typeof jump>[0]): Code => {
    const some = bytes.map((byte) => i8x16.eq(i8x16.load(p.get), i8x16.const(byte))).reduce((a, b) => i8x16.or(a, b));
    return [
      block((found) => [
        loop((again) => [
          jumpIf(found, mask.tee(i8x16.bitmask(some))),
          p.set(plus(p.get, 16)),
          jumpIf(otherwise, i32.geU(p.get, end!.get)),
          jump(again),
        ]),
      ]),
      p.set(i32.add(p.get, i32.ctz(mask.get))),
    ];
  };
  const isDigit = (value: Code): Code => i32.ltU(value, i32.const(10));
  const digitAt = (place: Code, offset: number): Code => plus(i32.load8(place, offset), -ZERO);
  const length = (from: Local, to: Local): Code => i32.sub(to.get, from.get);

  const readAddress = (slow: Parameters<typeof jump>[0]): Code => [
    isBefore.set(i32.const(0)),
    when(before.length.get, [isBefore.set(call(SAME, start.get, before.start.get, plus(before.length.get, 1)))]),
    when(
      isBefore.get,
      [p.set(i32.add(start.get, before.length.get))],
      [
        p.set(start.get),
        seek([SPACE, LF], slow),
        jumpIf(slow, i32.eq(p.get, start.get)),
        jumpIf(slow, i32.gtU(length(start, p), i32.const(LONGEST_ADDRESS))),
      ],
    ),
    addressEnd.set(p.get),
    jumpIf(slow, i32.ne(i32.load(p.get), word(' - -'))),
    jumpIf(slow, i32.ne(i32.load16(p.get, 4), word(' ['))),
    p.set(plus(p.get, 6)),
  ];

  const minute = i32.const(PLACE.minute);
  const isMinute = i32.and(
    i32.and(
      i32.eq(i8x16.bitmask(i8x16.eq(i8x16.load(p.get), i8x16.load(minute))), i32.const(0xffff)),
      i32.eq(i32.load16(p.get, 16), i32.load16(minute, 16)),
    ),
    i32.and(i32.eq(i32.load(p.get, 20), i32.load(minute, 20)), i32.eq(i32.load16(p.get, 24), i32.load16(minute, 24))),
  );
  const readTime = (slow: Parameters<typeof jump>[0]): Code => [
    when(not(isMinute), [
      jumpIf(slow, i32.ne(i32.load16(p.get, 26), word('] '))),
      jumpIf(slow, i32.gtU(plus(p.get, 28), end!.get)),
      i32.store(i32.const(0), start.get, PLACE.stop),
      i32.store(i32.const(0), p.get, PLACE.stop + 4),
      giveBack(count.get),
    ]),
    jumpIf(slow, i32.geU(digitAt(p.get, 18), i32.const(6))),
    jumpIf(slow, not(isDigit(digitAt(p.get, 19)))),
    seconds.set(i32.add(i32.mul(digitAt(p.get, 18), i32.const(10)), digitAt(p.get, 19))),
    jumpIf(slow, i32.ne(i32.load(p.get, 26), word('] "G'))),
    jumpIf(slow, i32.ne(i32.load(p.get, 30), word('ET /'))),
    p.set(plus(p.get, 33)),
  ];

  const readRequest = (slow: Parameters<typeof jump>[0]): Code => [
    pathStart.set(p.get),
    seek([SPACE, QUESTION, QUOTE, BACKSLASH, LF], slow),
    pathEnd.set(p.get),
    jumpIf(slow, i32.gtU(length(pathStart, pathEnd), i32.const(LONGEST_PATH))),
    when(i32.eq(i32.load8(p.get), i32.const(QUESTION)), [
      seek([SPACE, QUOTE, BACKSLASH, LF], slow),
      when(i32.load(i32.const(0), PLACE.queries), [
        jumpIf(slow, i32.eq(i32.load(i32.const(0), PLACE.queries), i32.const(QUERIES.all))),
        digits.set(pathEnd.get),
        loop((again) => [
          jumpIf(slow, i32.eq(i32.load(digits.get), word('CMCD'))),
          jumpIf(again, i32.ltU(digits.tee(plus(digits.get, 1)), p.get)),
        ]),
      ]),
    ]),
    jumpIf(slow, i32.ne(i32.load8(p.get), i32.const(SPACE))),
    jumpIf(slow, i32.ne(i32.load(p.get, 1), word('HTTP'))),
    jumpIf(slow, i32.ne(i32.load8(p.get, 5), i32.const(SLASH))),
    jumpIf(slow, not(isDigit(digitAt(p.get, 6)))),
    jumpIf(slow, i32.ne(i32.load8(p.get, 7), i32.const(DOT))),
    jumpIf(slow, not(isDigit(digitAt(p.get, 8)))),
    jumpIf(slow, i32.ne(i32.load16(p.get, 9), word('" '))),
  ];

  const readNumbers = (slow: Parameters<typeof jump>[0]): Code => [
    status.set(i32.const(0)),
    [11, 12, 13].map((offset) => [
      digits.set(digitAt(p.get, offset)),
      jumpIf(slow, not(isDigit(digits.get))),
      status.set(i32.add(i32.mul(status.get, i32.const(10)), digits.get)),
    ]),
    jumpIf(slow, i32.ne(i32.load8(p.get, 14), i32.const(SPACE))),
    p.set(plus(p.get, 15)),
    agent.set(p.get),
    sent.set(i32.const(0)),
    block((done) => [
      loop((again) => [
        jumpIf(done, not(isDigit(digits.tee(digitAt(p.get, 0))))),
        sent.set(i32.add(i32.mul(sent.get, i32.const(10)), digits.get)),
        p.set(plus(p.get, 1)),
        // One digit more would not fit.
        jumpIf(slow, i32.gtU(length(agent, p), i32.const(9))),
        jump(again),
      ]),
    ]),
    jumpIf(slow, i32.eq(p.get, agent.get)),
    jumpIf(slow, i32.ne(i32.load16(p.get), word(' "'))),
    p.set(plus(p.get, 2)),
  ];

  const readAgent = (slow: Parameters<typeof jump>[0]): Code => [
    when(
      i32.eq(i32.load(p.get), word('-" "')),
      [p.set(plus(p.get, 4))],
      [
        seek([QUOTE, BACKSLASH, LF], slow),
        jumpIf(slow, i32.ne(i32.and(i32.load(p.get), i32.const(0xffffff)), word('" "'))),
        p.set(plus(p.get, 3)),
      ],
    ),
    agent.set(p.get),
    seek([QUOTE, BACKSLASH, LF], slow),
    agentEnd.set(p.get),
    jumpIf(slow, i32.ne(i32.load16(p.get), word('"\n'))),
    jumpIf(slow, i32.gtU(plus(p.get, 2), end!.get)),
    jumpIf(slow, i32.gtU(length(agent, agentEnd), i32.const(LONGEST_AGENT))),
  ];

  /** The client of the line before, or whoever it is. */
  const findClient: Code = [
    block((known) => [
      when(i32.and(isBefore.get, i32.eq(length(agent, agentEnd), before.agentLength.get)), [
        jumpIf(known, call(SAME, agent.get, before.agent.get, before.agentLength.get)),
      ]),
      client.set(
        call(
          FIND,
          i32.const(PLACE.clients),
          call(HASH, agent.get, agentEnd.get, call(HASH, start.get, addressEnd.get, seed!.get)),
          i32.or(length(start, addressEnd), i32.shl(length(agent, agentEnd), i32.const(13))),
        ),
      ),
    ]),
    before.start.set(start.get),
    before.length.set(length(start, addressEnd)),
    before.agent.set(agent.get),
    before.agentLength.set(length(agent, agentEnd)),
  ];

  /** The path; of a segment with a plain name only its folder: see paths.ts. */
  const findPathEnd: Code = [
    isFolder.set(i32.const(0)),
    keyEnd.set(pathEnd.get),
    block((whole) => [
      jumpIf(whole, i32.ltU(length(pathStart, pathEnd), i32.const(6))),
      mask.set(i32.load(plus(pathEnd.get, -4))),
      when(i32.ne(mask.get, word('.m4s')), [
        jumpIf(whole, i32.ne(i32.and(mask.get, i32.const(-256)), i32.and(word('x.ts'), i32.const(-256)))),
      ]),
      digits.set(plus(pathEnd.get, -1)),
      loop((again) => [
        when(i32.load8(i32.load8(digits.get), PLACE.plain), [digits.set(plus(digits.get, -1)), jump(again)]),
      ]),
      jumpIf(whole, i32.ne(i32.load8(digits.get), i32.const(SLASH))),
      jumpIf(whole, i32.eq(i32.load8(digits.get, 1), i32.const(DOT))),
      keyEnd.set(plus(digits.get, 1)),
      isFolder.set(i32.const(1)),
    ]),
  ];

  const write: Code = [
    i32.store(record.get, start.get, RECORD.start * 4),
    i32.store(record.get, client.get, RECORD.client * 4),
    i32.store(
      record.get,
      call(
        FIND,
        i32.const(PLACE.paths),
        call(HASH, pathStart.get, keyEnd.get, seed!.get),
        i32.or(length(pathStart, keyEnd), i32.shl(isFolder.get, i32.const(13))),
      ),
      RECORD.path * 4,
    ),
    i32.store(record.get, seconds.get, RECORD.seconds * 4),
    i32.store(record.get, status.get, RECORD.status * 4),
    i32.store(record.get, sent.get, RECORD.sent * 4),
    i32.store(record.get, isFolder.get, RECORD.folder * 4),
    i32.store(record.get, agent.get, RECORD.agent * 4),
  ];

  return [
    record.set(i32.const(PLACE.records)),
    block((done) => [
      loop((nextLine) => [
        jumpIf(done, i32.geU(at!.get, end!.get)),
        jumpIf(done, i32.geU(count.get, most!.get)),
        start.set(at!.get),
        block((read) => [
          block((slow) => [
            readAddress(slow),
            readTime(slow),
            readRequest(slow),
            readNumbers(slow),
            readAgent(slow),
            findClient,
            findPathEnd,
            write,
            at!.set(plus(agentEnd.get, 2)),
            jump(read),
          ]),
          i32.store(record.get, start.get, RECORD.start * 4),
          i32.store(record.get, i32.const(MARKED), RECORD.client * 4),
          p.set(start.get),
          block((last) => [seek([LF], last)]),
          // The very last line may have no end.
          at!.set(plus(p.get, 1)),
        ]),
        record.set(plus(record.get, RECORD_BYTES)),
        count.set(plus(count.get, 1)),
        jump(nextLine),
      ]),
    ]),
    i32.store(i32.const(0), at!.get, PLACE.stop),
    i32.store(i32.const(0), i32.const(STOP.done), PLACE.stop + 4),
    count.get,
  ];
});

/** What a module over an imported memory begins with: it exports `scan(at, end, most, seed)`. */
export const SCAN_FUNCTIONS: readonly FunctionCode[] = [hash, same, find, scan];
