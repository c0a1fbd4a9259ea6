/**
 * Reads and plays the text scenarios of `test/scenarios/*.scenario`: stories about listeners, told as a radio host would tell
 * them, with what must come out. README.md describes the language.
 */

import { strict as assert } from 'node:assert';
import { Audience } from '../../src/core/audience.ts';
import { type Client, identify, type Place } from '../../src/core/identity.ts';
import {
  clientFacts,
  FOREVER,
  type Instant,
  type Presence,
  presence,
  type QualityPoint,
} from '../../src/core/observation.ts';
import { countSwitches } from '../../src/core/quality.ts';
import type { SessionRecord } from '../../src/core/session.ts';
import { type OpenSession, Snapshots } from '../../src/core/snapshot.ts';
import type { SourceTraits } from '../../src/core/spaces.ts';
import { type Residue, Tracker } from '../../src/core/tracker.ts';

export interface Scenario {
  readonly title: string;
  readonly lines: readonly { readonly number: number; readonly text: string }[];
}

export function parseScenarios(text: string): Scenario[] {
  const scenarios: { title: string; lines: { number: number; text: string }[] }[] = [];
  text.split('\n').forEach((line, i) => {
    if (line.startsWith('## ')) scenarios.push({ title: line.slice(3).trim(), lines: [] });
    else if (line.trim() !== '' && !line.startsWith('#')) scenarios.at(-1)?.lines.push({ number: i + 1, text: line });
  });
  return scenarios;
}

const MIDNIGHT = Date.UTC(2026, 4, 1);
const DAY = 86_400_000;

/** `12:00:05`, `12:00:05.250`; a trailing `+` for each day later. */
function instant(text: string): Instant {
  const match = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?(\+*)$/.exec(text.trim());
  if (match === null) throw new Error(`not a time: "${text}"`);
  const [, h, m, s, ms, days] = match;
  const seconds = Number(h) * 3600 + Number(m) * 60 + Number(s);
  return MIDNIGHT + seconds * 1000 + Number((ms ?? '').padEnd(3, '0')) + days!.length * DAY;
}

function clock(at: Instant): string {
  const days = Math.floor((at - MIDNIGHT) / DAY);
  const text = new Date(at)
    .toISOString()
    .slice(11, 23)
    .replace(/\.000$/, '');
  return text + '+'.repeat(Math.max(days, 0));
}

function milliseconds(text: string): number {
  const match = /^(\d+)(ms|s|m|h)$/.exec(text.trim());
  if (match === null) throw new Error(`not a duration: "${text}"`);
  return Number(match[1]) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] as 'ms' | 's' | 'm' | 'h'];
}

function hash(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x1b873593;
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 16777619);
    b = Math.imul(b ^ text.charCodeAt(i), 0x85ebca6b) ^ (b >>> 13);
  }
  return (a >>> 0).toString(36) + (b >>> 0).toString(36);
}

interface Person {
  ip: string;
  agent: string;
  user: string | null;
  device: string | null;
  city: string | null;
  bot: boolean;
}

/** Plays one scenario; throws an assertion error that names the line where the story goes wrong. */
export function playScenario(scenario: Scenario): void {
  new Stage().play(scenario);
}

class Stage {
  #tracker = new Tracker({ hash });
  #audience = new Audience();
  readonly #sources = new Map<string, SourceTraits>();
  readonly #people = new Map<string, Person>();
  readonly #clients = new Map<string, Client>();
  readonly #closed = new Map<string, SessionRecord>();
  readonly #superseded: string[] = [];
  /** Each id that was ever told to be opened, and for whom. */
  readonly #ids = new Map<string, string>();

  play({ title, lines }: Scenario): void {
    for (let i = 0; i < lines.length; i++) {
      const { number, text } = lines[i]!;
      try {
        if (text.trim() === 'sessions:') {
          const expected = [];
          while (lines[i + 1]?.text.startsWith('  ')) expected.push(lines[++i]!.text.trim());
          this.#expectSessions(expected);
        } else {
          this.#line(text.trim());
        }
      } catch (error) {
        if (error instanceof Error) error.message = `${title}, line ${number}: "${text.trim()}"\n${error.message}`;
        throw error;
      }
    }
  }

  #line(text: string): void {
    const [, word, rest] = /^(\w+)(?::| |$)\s*(.*)$/.exec(text) ?? [];
    if (word === 'source') this.#source(rest!);
    else if (word === 'client') this.#client(rest!);
    else if (word === 'now') this.#expectNow(rest!);
    else if (word === 'counters') this.#expectCounters(rest!);
    else if (word === 'superseded') this.#expectSuperseded(rest!);
    else if (word === 'cities') this.#expectCities(rest!);
    else if (word === 'answers') this.#expectAnswers(rest!);
    else if (word === 'restart') this.#restart(rest!);
    else if (word === 'found') this.#find(rest!);
    else this.#event(text);
  }

  /** `radio: never, gap 40s, audience cdn, provisional` */
  #source(text: string): void {
    const [name, traits] = text.split(':') as [string, string];
    const source = {
      name: name.trim(),
      audience: null as string | null,
      gap: 40_000,
      departures: 'never',
      provisional: false,
    };
    for (const trait of traits.split(',').map((each) => each.trim())) {
      const [key, value] = trait.split(' ') as [string, string];
      if (key === 'gap') source.gap = milliseconds(value);
      else if (key === 'audience') source.audience = value;
      else if (key === 'provisional') source.provisional = true;
      else source.departures = key;
    }
    this.#sources.set(source.name, source as SourceTraits);
    this.#tracker.attach(source as SourceTraits);
  }

  /** `anna: ip 192.0.2.1, agent VLC, user anna, city Paris` */
  #client(text: string): void {
    const [name, facts] = text.split(':') as [string, string];
    const person = { ...this.#person(name.trim()) };
    for (const fact of facts.split(',').map((each) => each.trim())) {
      const [key, value] = fact.split(' ') as [keyof Person, string];
      Object.assign(person, { [key]: key === 'bot' ? true : value });
    }
    this.#people.set(name.trim(), person);
    for (const key of this.#clients.keys()) if (key.split(/[#?!]/)[0] === name.trim()) this.#clients.delete(key);
  }

  #person(name: string): Person {
    return (
      this.#people.get(name) ?? {
        ip: `ip-of-${name}`,
        agent: `agent-of-${name}`,
        user: null,
        device: null,
        city: null,
        bot: false,
      }
    );
  }

  /** `anna`, on connection 17 `anna#17`, with a declared id `anna?abc`, with an issued id `anna!abc`. */
  #who(text: string): Client {
    const known = this.#clients.get(text);
    if (known !== undefined) return known;
    const [, name, sign, id] = /^(\w+)(?:([#?!])(\w+))?$/.exec(text) ?? [];
    if (name === undefined) throw new Error(`not a client: "${text}"`);
    const person = this.#person(name);
    const facts = clientFacts({
      address: person.ip,
      userAgent: person.agent,
      user: person.user,
      device: person.device,
      connection: sign === '#' ? id! : null,
      playback: sign === '?' || sign === '!' ? { id: id!, issued: sign === '!' } : null,
    });
    const client: Client = {
      session: null,
      ...identify(facts, person.ip, true, hash),
      address: person.ip,
      port: null,
      userAgent: person.agent,
      user: person.user,
      device: person.device,
      place: person.city === null ? null : placeIn(person.city),
      player: null,
      bot: person.bot,
    };
    this.#clients.set(text, client);
    return client;
  }

  /** `anna in Paris`: enrichment has found out where she is, and tells of each of her clients. */
  #find(text: string): void {
    const [, name, city] = /^(\S+) in (\S+)$/.exec(text) ?? [];
    if (name === undefined) throw new Error('who was found where?');
    for (const [written, client] of this.#clients) {
      if (written.split(/[#?!]/)[0] !== name) continue;
      client.place = placeIn(city!);
      for (const source of this.#sources.keys()) this.#tracker.touch(source, client);
    }
    this.#listen();
  }

  #event(text: string): void {
    const prefixed = /^(\w+)> (.*)$/.exec(text);
    const source = prefixed?.[1] ?? [...this.#sources.keys()][0]!;
    const told = prefixed?.[2] ?? text;
    const [, until] = /^until (\S+)$/.exec(told) ?? [];
    const leaves = /^(?<time>\S+) (?<who>\S+) leaves (?<stream>\S+)$/.exec(told)?.groups;
    const roster = /^(?<time>\S+) roster(?: of (?<streams>[^:]+))?: (?<list>.*)$/.exec(told)?.groups;
    const hears = /^(?<times>\S+) (?<row>row )?(?<who>\S+) (?:hears|on) (?<stream>\S+?)(?<more>,.*)?$/.exec(
      told,
    )?.groups;
    if (until !== undefined) {
      this.#tracker.advance(source, instant(until));
    } else if (told === 'silence') {
      this.#tracker.lose(source);
    } else if (told === 'gone') {
      this.#tracker.detach(source);
    } else if (leaves) {
      const client = this.#who(leaves['who']!);
      this.#tracker.observe(source, {
        kind: 'departure',
        stream: leaves['stream']!,
        client,
        at: instant(leaves['time']!),
      });
    } else if (roster) {
      const at = instant(roster['time']!);
      const list = roster['list'] === 'nobody' ? [] : roster['list']!.split(';');
      this.#tracker.observe(source, {
        kind: 'roster',
        at,
        streams: roster['streams']?.split(',').map((each) => each.trim()) ?? null,
        present: list.map((each) => this.#listed(at, each.trim())),
      });
    } else if (hears) {
      const [from, to] = hears['times']!.split('-').map(instant) as [Instant, Instant | undefined];
      const fixed = hears['row'] === undefined ? {} : { over: true };
      const p = this.#presence(hears['who']!, hears['stream']!, from, to ?? from, hears['more'] ?? '', fixed);
      this.#tracker.observe(source, p);
    } else {
      throw new Error('this line is not understood');
    }
    this.#listen();
  }

  /** `anna#17 on rock, since 11:59:00` */
  #listed(at: Instant, text: string): Presence<Client> {
    const [, who, stream, more] = /^(\S+) on (\S+?)((?:,.*)?)$/.exec(text)!;
    return this.#presence(who!, stream!, at, at, more!, { until: FOREVER });
  }

  #presence(
    who: string,
    stream: string,
    from: Instant,
    to: Instant,
    more: string,
    fixed: Partial<Presence<Client>>,
  ): Presence<Client> {
    const fields: { -readonly [K in keyof Presence<Client>]?: Presence<Client>[K] } = { ...fixed };
    for (const phrase of more
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '')) {
      const [word, value = '', ...rest] = phrase.split(' ');
      if (rest[0] === undefined && value === 'bytes') fields.bytes = Number(word);
      else if (value === 'requests') fields.requests = Number(word);
      else if (word === 'in') fields.qualities = value.split('/').map((each) => quality(each, to));
      else if (word === 'since') fields.since = instant(value);
      else if (word === 'stays') fields.until = value === 'until' ? instant(rest[0]!) : FOREVER;
      else if (word === 'provisional') fields.provisional = true;
      else if (word === 'title') fields.title = value;
      else if (word === 'up')
        fields.traffic = { up: { packets: 1, bytes: Number(value) }, down: { packets: 0, bytes: 0 } };
      else if (word === 'detail') fields.details = { [value.split('=')[0]!]: value.split('=')[1]! };
      else throw new Error(`not understood: "${phrase}"`);
    }
    return presence({ stream, client: this.#who(who), from, to, ...fields });
  }

  #listen(): void {
    const changes = this.#tracker.changes();
    for (const { id } of changes.superseded) {
      this.#superseded.push(id);
      this.#closed.delete(id);
    }
    for (const session of changes.opened) {
      const owner = `${session.client.key}|${session.stream}`;
      assert.equal(this.#ids.get(session.id) ?? owner, owner, 'two sessions have one id');
      this.#ids.set(session.id, owner);
    }
    for (const session of changes.closed) {
      assert.equal(this.#closed.has(session.id), false, 'a session was closed twice');
      this.#closed.set(session.id, this.#tracker.describe(session));
    }
    this.#audience.apply(changes);
  }

  /** Everything that was stored comes back as it was, through JSON. */
  #restart(text: string): void {
    if (text !== '') this.#sources.delete(text.replace('without ', ''));
    const sessions = [...this.#tracker.sessions()];
    const open = new Snapshots(sessions.length);
    for (const session of sessions) this.#tracker.keep(session, open);
    const kept = JSON.stringify({ open: [...open], residue: this.#tracker.residue() });
    const stored = JSON.parse(kept) as { open: OpenSession[]; residue: Residue };
    this.#tracker = new Tracker({ hash });
    this.#audience = new Audience();
    this.#clients.clear();
    for (const traits of this.#sources.values()) this.#tracker.attach(traits);
    this.#tracker.restore(stored.open, stored.residue);
    this.#audience.apply({
      opened: [...this.#tracker.sessions()],
      updated: [],
      regrouped: [],
      closed: [],
      superseded: [],
    });
    this.#listen();
  }

  #nameOf(record: { listener: string; address: string | null; userAgent: string | null; user: string | null }): string {
    for (const [written, client] of this.#clients) {
      if (client.listener === record.listener) return written.split(/[#?!]/)[0]!;
    }
    const mine = [...this.#people].find(([, { ip, user }]) => user === record.user && ip === record.address);
    return (
      mine?.[0] ?? (record.userAgent === null ? `crowd at ${record.address}` : record.address!.replace('ip-of-', ''))
    );
  }

  #expectNow(text: string): void {
    const expected = text === 'nobody' ? [] : text.split(',').map((each) => each.trim());
    const actual = [...this.#audience.sessions.values()].map(
      (session) => `${this.#nameOf(this.#tracker.describe(session))} on ${session.stream}`,
    );
    assert.deepEqual(actual.sort(), expected.sort());
    const counted = this.#audience.counts('stream').reduce((sum, { sessions, bots }) => sum + sessions + bots, 0);
    assert.equal(counted, actual.length, 'the live counters disagree with the sessions');
  }

  #expectCities(text: string): void {
    const counts = this.#audience.counts('city').map(({ value, sessions }) => `${value ?? 'nowhere'} ${sessions}`);
    assert.deepEqual(
      counts.sort(),
      text
        .split(',')
        .map((each) => each.trim())
        .sort(),
    );
  }

  /** How many open sessions have what a web service answered. */
  #expectAnswers(text: string): void {
    const answers = [...this.#audience.sessions.values()].filter(({ place }) => place?.answer !== undefined);
    assert.equal(answers.length, Number(text));
  }

  #expectCounters(text: string): void {
    const expected = Object.fromEntries(
      text.split(',').map((each) => [each.trim().split(' ')[0], Number(each.trim().split(' ')[1])]),
    );
    for (const [name, value] of Object.entries(expected)) {
      assert.equal((this.#tracker.counters as unknown as Record<string, number>)[name], value, name);
    }
  }

  #expectSuperseded(text: string): void {
    assert.equal(this.#superseded.length, Number(text));
  }

  #expectSessions(expected: readonly string[]): void {
    const open = [...this.#tracker.sessions()].filter((session) => session.rare?.replacedBy == null);
    const records = [...this.#closed.values(), ...open.map((session) => this.#tracker.describe(session))];
    const actual = records.map((record) => this.#tell(record)).sort();
    // An expectation names what matters to the story: compare each line as far as it goes.
    const left = [...actual];
    for (const line of [...expected].sort((a, b) => b.length - a.length)) {
      const wanted = line.split(',').map((each) => each.trim());
      const i = left.findIndex((each) => {
        const told = each.split(',').map((part) => part.trim());
        return wanted[0] === told[0] && wanted.every((part) => told.includes(part));
      });
      assert.notEqual(i, -1, `expected\n  ${line}\nbut there is\n  ${actual.join('\n  ')}`);
      left.splice(i, 1);
    }
    assert.deepEqual(left, [], 'there are more sessions than expected');
  }

  #tell(record: SessionRecord): string {
    const end = record.endedAt === null ? `${clock(record.lastSeenAt)}…` : clock(record.endedAt);
    const told = [`${this.#nameOf(record)} on ${record.stream} ${clock(record.startedAt)}-${end}`];
    if (record.reason !== null) told.push(record.reason);
    told.push(record.identity);
    if (record.provisional) told.push('provisional');
    if (record.bot) told.push('bot');
    told.push(`${record.bytes} bytes`, `${record.requests} requests`);
    if (record.quality !== null) told.push(`in ${record.quality}`, `${countSwitches(record.qualities)} switches`);
    if (record.title !== null) told.push(`title ${record.title}`);
    if (record.user !== null) told.push(`user ${record.user}`);
    if (record.address !== null) told.push(`ip ${record.address}`);
    if (record.userAgent !== null) told.push(`agent ${record.userAgent}`);
    if (record.place?.geo?.city) told.push(`city ${record.place.geo.city}`);
    if (record.traffic !== null) told.push(`up ${record.traffic.up.bytes}`);
    for (const [name, value] of Object.entries(record.details)) told.push(`detail ${name}=${value}`);
    told.push(`of ${record.source}`);
    return told.join(', ');
  }
}

function placeIn(city: string): Place {
  const unknown = { countryCode: null, regionCode: null, region: null, postalCode: null };
  const nowhere = { latitude: null, longitude: null, accuracyKm: null, timeZone: null };
  return { geo: { ...unknown, city, ...nowhere }, asn: null, organization: null, answer: { city } };
}

/** `720p@12:00:05`, or `720p` at the end of the presence. */
function quality(text: string, to: Instant): QualityPoint {
  const [value, at] = text.split('@') as [string, string | undefined];
  return { at: at === undefined ? to : instant(at), value };
}
