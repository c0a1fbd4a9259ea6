/**
 * The history of a Tautulli stand-in (tautulli.ts): rows that tests add, and before them, if it is to be a large one, any
 * number of rows that are made from their number whenever they are asked for. A million of them take no memory.
 */

export interface LabPlayFacts {
  readonly user: string;
  readonly friendlyName: string;
  readonly title: string;
  readonly machineId: string;
  readonly address: string;
  readonly player: string;
  readonly product: string;
  readonly platform: string;
  readonly started: number;
}

export type HistoryRow = ReturnType<typeof historyRow>;

/** Rows of `users` people, `everySeconds` apart, the first one begun at `firstStarted`; row ids are 1, 2, … */
export interface GeneratedRows {
  readonly rows: number;
  readonly users: number;
  readonly firstStarted: number;
  readonly everySeconds: number;
}

export function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

export function playFacts(what: Partial<LabPlayFacts>): LabPlayFacts {
  return {
    user: 'alice',
    friendlyName: 'Alice',
    title: 'A Film',
    machineId: 'machine-1',
    address: '192.0.2.10',
    player: 'Living room',
    product: 'Plex for LG',
    platform: 'webOS',
    started: seconds(),
    ...what,
  };
}

export function userId(user: string): number {
  return [...user].reduce((sum, character) => sum * 31 + character.codePointAt(0)!, 7) % 1_000_000;
}

/** As `get_history` has it, but for what nobody of us reads. Everything may be null in a real one. */
export function historyRow(id: number, facts: LabPlayFacts, started: number | null, stopped: number | null) {
  const played = Math.max((stopped ?? 0) - (started ?? 0), 0) as number | null;
  return {
    reference_id: id as number | null,
    row_id: id as number | null,
    id: id as number | null,
    date: started,
    started,
    stopped,
    duration: played,
    play_duration: played,
    paused_counter: 0 as number | null,
    user_id: userId(facts.user) as number | null,
    user: facts.user as string | null,
    friendly_name: facts.friendlyName as string | null,
    platform: facts.platform as string | null,
    product: facts.product as string | null,
    player: facts.player as string | null,
    ip_address: facts.address as string | null,
    machine_id: facts.machineId as string | null,
    location: 'wan' as string | null,
    media_type: 'movie' as string | null,
    rating_key: 4711 as number | string | null,
    full_title: facts.title as string | null,
    title: facts.title as string | null,
    transcode_decision: 'direct play' as string | null,
    percent_complete: 100 as number | null,
    group_count: 1 as number | null,
    group_ids: String(id) as string | null,
    state: null as string | null,
    session_key: null as string | null,
  };
}

/** The same row whenever it is asked for: numbers as texts here and there, and nulls where real ones have them. */
export function generatedRow({ users, firstStarted, everySeconds }: GeneratedRows, number: number): HistoryRow {
  const who = (number * 7919) % users;
  const started = firstStarted + number * everySeconds;
  const facts = playFacts({
    user: `user-${who}`,
    friendlyName: `User ${who}`,
    title: `Film ${number % 997}`,
    machineId: `machine-${who}-${number % 3}`,
    address: `198.51.${(who >> 8) & 255}.${who & 255}`,
  });
  const row = historyRow(number + 1, facts, started, started + 60 + (number % 5400));
  return {
    ...row,
    rating_key: number % 2 === 0 ? 4711 : '4711',
    machine_id: number % 11 === 0 ? null : row.machine_id,
    platform: number % 13 === 0 ? null : row.platform,
    player: number % 17 === 0 ? null : row.player,
    ip_address: number % 19 === 0 ? null : row.ip_address,
  };
}

export class LabHistory {
  readonly added: HistoryRow[] = [];
  readonly #generated: GeneratedRows | null;

  constructor(generated: GeneratedRows | null) {
    this.#generated = generated;
  }

  get length(): number {
    return (this.#generated?.rows ?? 0) + this.added.length;
  }

  /** Adds a row behind all others; answers its id. */
  add(row: Partial<HistoryRow>): number {
    const id = Math.max(this.#generated?.rows ?? 0, this.added.at(-1)?.row_id ?? 0) + 1;
    this.added.push({ ...historyRow(id, playFacts({}), seconds(), seconds()), ...row, row_id: id, id });
    return id;
  }

  /** All rows that fit, in the order of their ids. */
  all(fits: (row: HistoryRow) => boolean): HistoryRow[] {
    const rows: HistoryRow[] = [];
    for (let i = 0; i < (this.#generated?.rows ?? 0); i++) {
      const row = generatedRow(this.#generated!, i);
      if (fits(row)) rows.push(row);
    }
    return [...rows, ...this.added.filter(fits)];
  }

  /**
   * One page of the generated rows, by their start, of those that began at or after `from`; null if there are others,
   * which must be put in order with them.
   */
  page(from: number, start: number, length: number): { rows: HistoryRow[]; filtered: number } | null {
    const generated = this.#generated;
    if (generated === null || this.added.length > 0) return null;
    const first = Math.max(Math.ceil((from - generated.firstStarted) / generated.everySeconds), 0);
    const filtered = Math.max(generated.rows - first, 0);
    const count = Math.max(Math.min(length, filtered - start), 0);
    return { rows: Array.from({ length: count }, (_, i) => generatedRow(generated, first + start + i)), filtered };
  }

  /** Everybody who is in it, once each. */
  users(): Pick<HistoryRow, 'user_id' | 'user' | 'friendly_name'>[] {
    const users = new Map<number | null, HistoryRow>();
    const { users: count = 0, rows = 0 } = this.#generated ?? {};
    for (let i = 0; i < Math.min(count, rows); i++) {
      const row = generatedRow(this.#generated!, i);
      users.set(row.user_id, row);
    }
    for (const row of this.added) users.set(row.user_id, row);
    return [...users.values()].map(({ user_id, user, friendly_name }) => ({ user_id, user, friendly_name }));
  }
}
