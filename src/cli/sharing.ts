/**
 * `headcount sharing`: which accounts are shared, by what was played. The progress and the reports are those of the Plex
 * account-sharing detector for Tautulli; who is judged comes from sharing/, the judgement from insights/sharing.
 */

import { dayOf, daysAfter, timeZoneOf } from '../insights/metrics/time-zone.ts';
import { addressesOf } from '../insights/sharing/classic/addresses.ts';
import { isFlagged, judgeClassic, usesSeveralDevices } from '../insights/sharing/classic/judgement.ts';
import { DEFAULT_THRESHOLDS, type JudgedPlay, judge, SHARED_FROM } from '../insights/sharing/judgement/judgement.ts';
import type { Places } from '../insights/sharing/play.ts';
import { HeadcountError } from '../lib/errors.ts';
import type { Command, Terminal } from './command.ts';
import type { Account, AccountPlay, Accounts } from './sharing/accounts.ts';
import { sharingCsv, topAddressesCsv } from './sharing/csv.ts';
import { shown } from './sharing/figures.ts';
import { sharingJson, topAddressesJson } from './sharing/json.ts';
import { judgedCsv } from './sharing/judged-csv.ts';
import { judgedJson } from './sharing/judged-json.ts';
import { judgedText } from './sharing/judged-text.ts';
import { type Question, readQuestion } from './sharing/question.ts';
import type {
  AccountAddresses,
  FlaggedAccount,
  JudgedAccount,
  JudgedReport,
  SharingReport,
  TopAddresses,
} from './sharing/report.ts';
import { sharingText, topAddressesText } from './sharing/text.ts';

export const sharing: Command = {
  help: `Say which accounts are used by several people.

  headcount sharing --host plex.example:8181 --api-key KEY
  headcount sharing --days 60 --user anna
  headcount sharing --classic --geo --timeline
  headcount sharing --data /var/lib/headcount
  headcount sharing --top-ips --csv > addresses.csv

Reads what every user has played, and tells people of one household, who move
about, from people of several, who use an account at once. Says the evidence,
and why nothing explains it. What the points are for, and why a high score is
no proof: docs/sharing.md.

Whose
      --host HOST          a Tautulli: HOST, HOST:PORT or a URL; default:
                           TAUTULLI_HOST, else TAUTULLI_URL, of the environment
      --api-key KEY        its key; default: TAUTULLI_API_KEY, where no other
                           user of the machine can read it
      --data DIR           instead: Headcount's own history, of every source
                           that knows its users by name
  -c, --config FILE        the same, where this configuration keeps it
      --user NAME          only this one, by either of its names

What
      --days N             how far back; default 30
      --min-score N        from how many points on; default 50 of 100, with
                           --classic 20
      --concurrent-only    only who was there twice at once
      --geo-by WHO         who says where addresses are: headcount, by its own
                           tables (default), or tautulli; the history has its
                           places already
      --classic            judge as the detector for Tautulli does: devices,
                           devices at once, and with --geo jumps
      --geo                with --classic and --top-ips: places of addresses,
                           and jumps between them; by tautulli unless said

How it is told
      --timeline           also the sessions that were at once
      --top-ips            instead: how much was played from which address
      --json, --csv        for programs; then progress goes to standard error
  -z, --time-zone ZONE     of the days and times: Europe/Berlin; default: that
                           of this machine

Exit code: 0, also if somebody is flagged or cannot be read; 1 if nobody can be
read, or there is no such user; 2 for wrong usage.
`,
  run: async (args, terminal) => {
    const asked = readQuestion(args, terminal);
    const { where } = asked;
    if (where === null) {
      terminal.err('Error: provide --host and --api-key (or set TAUTULLI_HOST / TAUTULLI_API_KEY).\n');
      return 1;
    }
    const since = beginningOf(asked, Date.now());
    const accounts = await openAccounts(where, asked, since, terminal);
    try {
      return await report(accounts, asked, since, terminal);
    } catch (error) {
      if (!terminal.signal.aborted) throw error;
      throw new HeadcountError('STOPPED', 'Stopped before the end.');
    } finally {
      await accounts.close();
    }
  },
};

/** Who has as many points in the classic judgement is flagged. */
const CLASSIC_FROM = 20;

/** When the day began, in the zone of the question, that is so many days back; nothing was played before 1970. */
function beginningOf({ days, clock }: Question, now: number): number {
  const zone = timeZoneOf(clock.zone);
  const offset = clock.offsetAt(now);
  const day = daysAfter(dayOf(now + offset), -days);
  // A mere offset has no clock that is set.
  return Math.max(zone === null ? day - offset : zone.startOfDay(day), 0);
}

async function openAccounts(
  where: NonNullable<Question['where']>,
  { geo, geoBy, classic, topIps }: Question,
  since: number,
  { err, signal }: Terminal,
): Promise<Accounts> {
  if ('directory' in where) {
    const { openHistoryAccounts } = await import('./sharing/history-accounts.ts');
    return openHistoryAccounts({ place: where, since, signal, note: (text) => err(`${text}\n`) });
  }
  const { tautulliAccounts } = await import('./sharing/tautulli-accounts.ts');
  const isPlain = classic || topIps;
  const asksTautulli = geoBy === null ? isPlain : geoBy !== 'headcount';
  const needsTables = isPlain ? geo && !asksTautulli : true;
  const tables = needsTables ? await (await import('./sharing/own-places.ts')).openOwnPlaces() : null;
  const accounts = tautulliAccounts({ ...where, signal, tables, asksTautulli });
  return { ...accounts, close: async () => tables?.close() };
}

/** Answers the exit code. */
async function report(accounts: Accounts, asked: Question, since: number, terminal: Terminal): Promise<number> {
  const tell = asked.format === 'text' ? terminal.out : terminal.err;
  tell(`Fetching users from ${accounts.origin}...\n`);
  const all = await accounts.list();
  const chosen = asked.user === null ? all : all.filter((account) => isNamed(account, asked.user!.toLowerCase()));
  if (asked.user !== null && chosen.length === 0) {
    terminal.err(`User '${shown(asked.user)}' not found.\n`);
    return 1;
  }
  tell(`Analyzing ${chosen.length} user(s) over the last ${asked.days} days...\n`);
  if (asked.geo && (asked.classic || asked.topIps)) tell('  (geo lookups enabled — teleportation detection active)\n');
  tell('\n');
  const each = (look: Look) => lookAtEach(chosen, accounts, since, terminal.signal, tell, look);
  terminal.out(
    asked.topIps
      ? await topAddresses(accounts, asked, each, tell)
      : await (asked.classic ? judgementsClassic : judgements)(accounts, asked, each),
  );
  return 0;
}

function isNamed({ aliases }: Account, name: string): boolean {
  return aliases.some((alias) => alias.toLowerCase() === name);
}

/** Answers what its line says of the account, behind a blank. */
type Look = (account: Account, plays: readonly AccountPlay[]) => Promise<string>;

/** One account after the other; what fails of one does not stop the others. */
async function lookAtEach(
  chosen: readonly Account[],
  accounts: Accounts,
  since: number,
  signal: AbortSignal,
  tell: (text: string) => void,
  look: Look,
): Promise<void> {
  for (const [i, account] of chosen.entries()) {
    tell(`  [${i + 1}/${chosen.length}] ${shown(account.name)}...`);
    try {
      tell(` ${await look(account, await accounts.plays(account, since))}\n`);
    } catch (error) {
      tell(` error: ${shown(accounts.explain(error))}\n`);
      signal.throwIfAborted();
    }
  }
}

type EachAccount = (look: Look) => Promise<void>;

async function judgements(accounts: Accounts, asked: Question, each: EachAccount): Promise<string> {
  const flagged: JudgedAccount[] = [];
  const { clock, timeline, format, minScore, concurrentOnly } = asked;
  const allowed = { devices: [], networks: [], users: [] };
  const options = { user: null, allowed, dismissed: [], clock, thresholds: DEFAULT_THRESHOLDS };
  await each(async (account, all) => {
    if (!usesSeveralDevices(all)) return 'skip (0-1 devices)';
    const plays = await withSurroundings(accounts, all);
    const places = new Map(plays.flatMap(({ address, place }) => (place === null ? [] : [[address!, place]])));
    const judgement = judgeClassic(plays, places)!;
    const shared = judge(plays, options);
    const isAtOnce = shared.signals.some(({ kind }) => kind === 'simultaneous');
    const isFound = shared.score >= (minScore ?? SHARED_FROM) && (isAtOnce || !concurrentOnly);
    if (isFound) flagged.push({ account, judgement, places, shared, plays });
    return `${judgement.devices.length} devices, score ${shared.score} (classic ${judgement.score})`;
  });
  flagged.sort((a, b) => b.shared.score - a.shared.score || b.judgement.score - a.judgement.score);
  const found: JudgedReport = { flagged, timeline, clock };
  return { text: judgedText, json: judgedJson, csv: judgedCsv }[format](found);
}

const NOWHERE = { place: null, asn: null, organization: null };

async function withSurroundings(accounts: Accounts, plays: readonly AccountPlay[]): Promise<JudgedPlay[]> {
  const known = await accounts.surroundings(addressesIn(plays));
  return plays.map((play) => ({ ...play, ...(known.get(play.address ?? '') ?? NOWHERE), networkKind: null }));
}

async function judgementsClassic(accounts: Accounts, asked: Question, each: EachAccount): Promise<string> {
  const flags = { minScore: asked.minScore ?? CLASSIC_FROM, concurrentOnly: asked.concurrentOnly };
  const flagged: FlaggedAccount[] = [];
  await each(async (account, plays) => {
    if (!usesSeveralDevices(plays)) return 'skip (0-1 devices)';
    const places = asked.geo ? await accounts.places(addressesIn(plays)) : null;
    const judgement = judgeClassic(plays, places)!;
    if (isFlagged(judgement, flags)) flagged.push({ account, judgement, places });
    const jumps = judgement.jumps.length;
    const more = jumps === 0 ? '' : `, ${jumps} teleportation(s)!`;
    return `${judgement.devices.length} devices, score ${judgement.score}${more}`;
  });
  flagged.sort((a, b) => b.judgement.score - a.judgement.score);
  const found: SharingReport = { flagged, timeline: asked.timeline, clock: asked.clock };
  return { text: sharingText, json: sharingJson, csv: sharingCsv }[asked.format](found);
}

async function topAddresses(
  accounts: Accounts,
  asked: Question,
  each: EachAccount,
  tell: (text: string) => void,
): Promise<string> {
  const all: AccountAddresses[] = [];
  await each(async (account, plays) => {
    if (plays.length === 0) return 'no history';
    const report = addressesOf(plays);
    all.push({ account, report });
    return `${report.plays} plays, ${report.addresses.length} IP(s)`;
  });
  const places = asked.geo ? await placesOf(all, accounts, tell) : null;
  all.sort((a, b) => b.report.playSeconds - a.report.playSeconds);
  const found: TopAddresses = { accounts: all, places };
  return { text: topAddressesText, json: topAddressesJson, csv: topAddressesCsv }[asked.format](found);
}

function placesOf(all: readonly AccountAddresses[], accounts: Accounts, tell: (text: string) => void): Promise<Places> {
  const addresses = new Set(all.flatMap(({ report }) => report.addresses.map(({ address }) => address)));
  tell(`\n  Resolving ${addresses.size} IP(s)...\n`);
  return accounts.places(addresses);
}

function addressesIn(plays: readonly AccountPlay[]): Set<string> {
  return new Set(plays.flatMap(({ address }) => (address === null ? [] : [address])));
}
