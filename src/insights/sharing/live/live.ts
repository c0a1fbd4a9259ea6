/**
 * Which accounts are shared, in a running Headcount. All that have a user name are judged soon after the start, again when
 * their sessions have changed, and a few times a day as time passes: one after the other, in a thread, and never for more
 * than half of the time. What is found anew is told once.
 *
 * Counters: `accounts` and `waiting` (gauges), `judged`, `told`, `failures`, `cutAccounts` (of which only the newest
 * sessions were judged), `droppedAccounts` (beyond the limit).
 */

import type { SharingFound } from '../../../core/event.ts';
import type { Hash } from '../../../core/identity.ts';
import type { Instant } from '../../../core/observation.ts';
import type { Clock } from '../../../lib/clock.ts';
import { HeadcountError, messageOf } from '../../../lib/errors.ts';
import { DEFAULT_THRESHOLDS, type Finding, type JudgedPlay, type Judgement } from '../judgement/judgement.ts';
import type { AuditLog } from './audit.ts';
import type { Feedback, FeedbackBook, Fine } from './feedback.ts';
import { found } from './found.ts';
import { type AccountName, accountsOf, MOST_ACCOUNTS, type SharingHistory, sessionsOf } from './history.ts';
import { judgedPlay } from './judged-plays.ts';
import { type Judged, Judging } from './judging.ts';
import { type AccountSummary, type Ranked, type RankingQuery, ranked } from './ranking.ts';
import type { ToldFindings } from './told.ts';
import type { Terms, UsedDevice, Verdict } from './verdict.ts';

export interface LiveSharingOptions {
  readonly store: SharingHistory;
  readonly feedback: FeedbackBook;
  readonly told: ToldFindings;
  readonly audit: AuditLog;
  readonly clock: Clock;
  /** Keyed, so that a name cannot be guessed back from it. */
  readonly hash: Hash;
  readonly timeZone: string;
  /** How far back. */
  readonly days: number;
  /** From this score on what is found is told. */
  readonly tellFrom: number;
  /** Resolves once the events are kept. */
  tell(events: readonly SharingFound[]): Promise<void>;
  readonly counters: { add(name: string, amount?: number): void; set(name: string, value: number): void };
  warn(message: string): void;
}

export interface AccountReport extends AccountSummary {
  readonly from: Instant;
  readonly to: Instant;
  readonly judgement: Judgement;
  readonly usedDevices: readonly UsedDevice[];
  /** The newest plays, and older ones that a finding is about; newest first. */
  readonly timeline: readonly JudgedPlay[];
  readonly fine: readonly Feedback[];
}

interface Account {
  readonly id: string;
  readonly name: AccountName;
  summary: AccountSummary | null;
}

/** What an account's sessions say besides its plays. */
interface Reading {
  readonly provisional: ReadonlySet<string>;
  readonly open: number;
  readonly listener: string;
  readonly isCut: boolean;
  readonly from: Instant;
  readonly to: Instant;
}

const DAY = 86_400_000;
/** What has changed is in the store by then, and several changes at once are one. */
const SETTLE = 3000;
/** While somebody is there twice, how long for is news. */
const WHILE_AT_ONCE = 60_000;
/** The period moves on, and what is old leaves it. */
const LIST_EVERY = 6 * 3_600_000;
const RETRY_AFTER = 30_000;
const IDLE = 1000;
const MOST_IN_TIMELINE = 1000;
/** What came to light earlier, or is of an account that was not there since, is shown and not told. */
const NEWS = DAY;
const MOST_REPORTS_AT_ONCE = 20;

export class LiveSharing {
  readonly audit: AuditLog;
  readonly #options: LiveSharingOptions;
  readonly #judging = new Judging();
  readonly #accounts = new Map<string, Account>();
  /** When each is to be judged, by elapsed time. */
  readonly #due = new Map<string, number>();
  readonly #reports = new Map<string, Promise<AccountReport>>();
  readonly #listeners = new Set<(event: SharingFound) => void>();
  readonly #stopping = new AbortController();
  #listAt = Number.NEGATIVE_INFINITY;
  #isCut = false;
  #trouble: string | null = null;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: LiveSharingOptions) {
    this.#options = options;
    this.audit = options.audit;
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#judging.close();
    await this.#loop;
  }

  /** Days that are judged, and how far it has come. */
  get state(): { days: number; accounts: number; judged: number; isCut: boolean } {
    let judged = 0;
    for (const { summary } of this.#accounts.values()) if (summary !== null) judged++;
    return { days: this.#options.days, accounts: this.#accounts.size, judged, isCut: this.#isCut };
  }

  /** Throws `BAD_CURSOR`. */
  list(query: RankingQuery): Ranked {
    const summaries = [...this.#accounts.values()].flatMap(({ summary }) => (summary === null ? [] : [summary]));
    return ranked(summaries, query);
  }

  /** As it is now. Null if there is no such account; rejects as the store does, and with `SHARING_BUSY`. */
  async report(id: string): Promise<AccountReport | null> {
    const account = this.#accounts.get(id);
    if (account === undefined) return null;
    const known = this.#reports.get(id);
    if (known !== undefined) return await known;
    if (this.#reports.size >= MOST_REPORTS_AT_ONCE) {
      throw new HeadcountError('SHARING_BUSY', 'Too many reports are being made: ask again in a moment.');
    }
    const made = this.#reportOf(account).finally(() => this.#reports.delete(id));
    this.#reports.set(id, made);
    return await made;
  }

  /** The names of the account with this id; null if there is none. */
  nameOf(id: string): AccountName | null {
    return this.#accounts.get(id)?.name ?? null;
  }

  /** Rejects as the feedback does, and `report`. */
  async setFine(id: string, fine: Fine & { about: string }, isFine: boolean, by: string | null): Promise<void> {
    const { feedback, clock } = this.#options;
    const name = this.nameOf(id)!;
    if (isFine) await feedback.add(name, { ...fine, by, at: clock.now() });
    else await feedback.remove(name, fine);
    // A report that is under way does not know of it.
    await this.#reports.get(id)?.catch(() => {});
  }

  /** Sessions have come, or are over: those of a batch at once. */
  sessionsChanged(sessions: Iterable<{ source: string; user: string | null; bot: boolean }>): void {
    const names = new Map<string, AccountName>();
    for (const { source, user, bot } of sessions) {
      if (user !== null && !bot) names.set(`${source}\n${user}`, { source, user });
    }
    for (const name of names.values()) {
      const id = this.#know(name);
      if (id !== null) this.#judgeIn(id, SETTLE);
    }
  }

  /** Somebody has been erased from the history: what is remembered of it may be about them. */
  async forgotten(user: string | null): Promise<void> {
    this.#accounts.clear();
    this.#due.clear();
    this.#listAt = Number.NEGATIVE_INFINITY;
    if (user !== null) await this.#options.feedback.forget(user);
  }

  onFound(listener: (event: SharingFound) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // Which, and when

  async #run(): Promise<void> {
    const { clock, counters } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const began = clock.elapsed();
      const hasWorked = await this.#step();
      counters.set('accounts', this.#accounts.size);
      counters.set('waiting', this.#due.size);
      await clock.sleep(hasWorked ? clock.elapsed() - began : IDLE, signal);
    }
  }

  /** False if there is nothing to do. */
  async #step(): Promise<boolean> {
    const { clock, counters } = this.#options;
    let id: string | null = null;
    try {
      if (clock.elapsed() >= this.#listAt) await this.#listAll();
      id = this.#nextDue();
      if (id === null) return false;
      this.#due.delete(id);
      await this.#judgeAndTell(this.#accounts.get(id)!);
      this.#trouble = null;
      return true;
    } catch (error) {
      if (this.#stopping.signal.aborted) return false;
      counters.add('failures');
      const message = messageOf(error);
      if (message !== this.#trouble) this.#options.warn(`accounts cannot be judged: ${message}`);
      this.#trouble = message;
      if (id === null) this.#listAt = clock.elapsed() + RETRY_AFTER;
      else if (this.#accounts.has(id)) this.#judgeIn(id, RETRY_AFTER);
      return false;
    }
  }

  async #listAll(): Promise<void> {
    const { store, clock } = this.#options;
    const to = clock.now();
    this.#listAt = clock.elapsed() + LIST_EVERY;
    const { items, isCut } = await accountsOf(store, to - this.#options.days * DAY, to + 1);
    this.#isCut = isCut;
    const ids = new Set(items.map((name) => this.#idOf(name)));
    for (const id of this.#accounts.keys()) {
      // Who has come this moment may not be in the history yet.
      if (!ids.has(id) && !this.#due.has(id)) this.#accounts.delete(id);
    }
    for (const name of items) {
      const id = this.#know(name);
      if (id !== null && !this.#due.has(id)) this.#judgeIn(id, 0);
    }
  }

  #nextDue(): string | null {
    const now = this.#options.clock.elapsed();
    for (const [id, due] of this.#due) if (due <= now) return id;
    return null;
  }

  #judgeIn(id: string, ms: number): void {
    const due = this.#options.clock.elapsed() + ms;
    const known = this.#due.get(id);
    // Whoever comes and goes all the time is judged nonetheless.
    if (known !== undefined && known <= due) return;
    this.#due.delete(id);
    this.#due.set(id, due);
  }

  /** Null if there is no room for it. */
  #know(name: AccountName): string | null {
    const id = this.#idOf(name);
    if (this.#accounts.has(id)) return id;
    if (this.#accounts.size >= MOST_ACCOUNTS) {
      this.#options.counters.add('droppedAccounts');
      return null;
    }
    this.#accounts.set(id, { id, name: { source: name.source, user: name.user }, summary: null });
    return id;
  }

  #idOf({ source, user }: AccountName): string {
    return this.#options.hash(`account|${JSON.stringify([source, user])}`).slice(0, 20);
  }

  // Judging

  async #judgeAndTell(account: Account): Promise<void> {
    const { counters } = this.#options;
    const { judged, reading } = await this.#judge(account, 0);
    counters.add('judged');
    if (reading.isCut) counters.add('cutAccounts');
    // Somebody may have been forgotten meanwhile.
    if (this.#accounts.get(account.id) !== account) return;
    if (judged.verdict.plays === 0) {
      this.#accounts.delete(account.id);
      return;
    }
    account.summary = summaryOf(account, judged.verdict, reading);
    if (reading.open > 1) this.#judgeIn(account.id, WHILE_AT_ONCE);
    await this.#tell(account, judged.verdict, reading);
  }

  async #reportOf(account: Account): Promise<AccountReport> {
    const { judged, reading } = await this.#judge(account, MOST_IN_TIMELINE);
    const { verdict, timeline } = judged;
    const summary = summaryOf(account, verdict, reading);
    if (this.#accounts.get(account.id) === account) account.summary = summary;
    const { from, to } = reading;
    const fine = this.#options.feedback.of(account.name);
    return { ...summary, from, to, judgement: verdict.judgement, usedDevices: verdict.devices, timeline, fine };
  }

  async #judge({ name }: Account, timeline: number): Promise<{ judged: Judged; reading: Reading }> {
    const { store, clock, days } = this.#options;
    const to = clock.now();
    const from = to - days * DAY;
    let reading: Reading | null = null;
    const judged = await this.#judging.judge(
      async (take) => {
        const provisional = new Set<string>();
        let open = 0;
        let listener = '';
        const isCut = await sessionsOf(store, name, from, (sessions) => {
          for (const session of sessions) {
            if (session.provisional) provisional.add(session.id);
            if (session.endedAt === null) open++;
            listener ||= session.listener;
          }
          take(sessions.map(judgedPlay));
        });
        reading = { provisional, open, listener, isCut, from, to };
      },
      this.#termsOf(name),
      timeline,
    );
    return { judged, reading: reading! };
  }

  #termsOf(name: AccountName): Terms {
    const fine = this.#options.feedback.of(name);
    const values = (kind: Feedback['kind']) => fine.filter((each) => each.kind === kind).map(({ value }) => value);
    return {
      user: name.user,
      allowed: {
        devices: values('device'),
        networks: values('network'),
        users: values('user').length > 0 ? [name.user] : [],
      },
      dismissed: values('finding'),
      timeZone: this.#options.timeZone,
      thresholds: DEFAULT_THRESHOLDS,
    };
  }

  /** What is still provisional is not told: its session will have another id. */
  async #tell({ id, name }: Account, { judgement, lastAt }: Verdict, reading: Reading): Promise<void> {
    const { provisional, listener } = reading;
    const { told, clock, tellFrom, counters } = this.#options;
    if (judgement.score < tellFrom) return;
    const now = clock.now();
    const certain = judgement.findings.filter(
      (finding) =>
        (isOfPeriod(finding) ? (lastAt ?? 0) : finding.at) >= now - NEWS &&
        !finding.plays.some((play) => provisional.has(play)),
    );
    const keyOf = (finding: Finding) => (isOfPeriod(finding) ? `${id} ${finding.pattern}` : finding.id);
    const fresh = told.unknown(certain, keyOf, now);
    if (fresh.length === 0) return;
    const events = fresh.map((finding) => found({ id, ...name, score: judgement.score, listener }, finding));
    await this.#options.tell(events);
    await told.remember(fresh.map(keyOf), now);
    counters.add('told', events.length);
    for (const event of events) for (const listen of this.#listeners) listen(event);
  }
}

/** It is about all that was played: its id moves as the period does, its pattern stays. */
function isOfPeriod({ kind }: Finding): boolean {
  return kind !== 'simultaneous' && kind !== 'travel';
}

function summaryOf({ id, name }: Account, verdict: Verdict, { isCut, to }: Reading): AccountSummary {
  const { judgement, classicScore, plays, deviceCount, lastAt } = verdict;
  const newest = judgement.findings.toSorted((a, b) => b.at - a.at)[0] ?? null;
  return {
    ...name,
    ...{ id, score: judgement.score, classicScore, signals: judgement.signals, newest },
    ...{ findingCount: judgement.findingCount, plays, devices: deviceCount, households: judgement.householdCount },
    ...{ lastAt, judgedAt: to, isCut },
  };
}
