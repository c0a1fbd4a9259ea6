/** From streams and sessions to the answers (answers.ts). Translation only. */

import type { Geo, Player } from '../../core/identity.ts';
import type { Instant } from '../../core/observation.ts';
import { facetOf } from '../../core/query.ts';
import type { Session } from '../../core/session.ts';
import type { StreamState } from '../../core/streams.ts';
import { countryName } from '../../lib/country.ts';
import { formatIp, maskIp, parseIp } from '../../lib/ip.ts';
import type { FacadeContext, TitleSince } from '../facade.ts';
import type {
  Answer,
  AnswerName,
  CityValue,
  CountryValue,
  PlayerValue,
  PropertiesValue,
  StreamHead,
  UserValue,
} from './answers.ts';
import type { Filters, Question } from './question.ts';
import { clean, cleanOrNull } from './shape.ts';
import type { ListedStream } from './stream-list.ts';

/** A stream that somebody may see. */
export interface SeenStream {
  readonly stream: ListedStream;
  /** False masks addresses. */
  readonly seesAddresses: boolean;
}

export interface TellingContext {
  readonly now: Instant;
  readonly titles: FacadeContext['titles'];
}

const MOST_TITLES = 50;

/** Answers what is asked, and under which name. */
export function tell(
  question: Question,
  seen: readonly SeenStream[],
  context: TellingContext,
): { name: AnswerName; value: Answer<AnswerName> } {
  const total = {
    At: timeOf(context.now) as string,
    CurrentUsers: seen.reduce((sum, { stream }) => sum + stream.sessions().length, 0),
  };
  const head = (stream: ListedStream) => headOf(stream, question.properties, context);
  const each = <Rows>(rows: (sessions: readonly Session[]) => Rows) =>
    seen.map(({ stream }) => ({ ...head(stream), ...rows(stream.sessions()) }));
  switch (question.subject) {
    case 'userlist':
      return { name: 'UserList', value: userList(question, seen, context, total) };
    case 'countries':
      return {
        name: 'Countries',
        value: { ...total, Streams: each((sessions) => ({ Countries: countriesOf(sessions) })) },
      };
    case 'cities':
      return { name: 'Cities', value: { ...total, Streams: each((sessions) => ({ Cities: citiesOf(sessions) })) } };
    case 'players':
      return { name: 'Players', value: { ...total, Streams: each((sessions) => ({ Players: playersOf(sessions) })) } };
    case 'status': {
      const count = (status: StreamHead['Status']) => seen.filter(({ stream }) => stream.status === status).length;
      const Summary = {
        Up: count('Up'),
        Down: count('Down'),
        Unreachable: count('Unreachable'),
        Unknown: count('Unknown'),
      };
      return { name: 'StatusList', value: { ...total, Summary, Streams: seen.map(({ stream }) => head(stream)) } };
    }
  }
}

/** The page is cut from the users of all streams, one stream behind the other. */
function userList(
  { filters, geolocate, page, pageSize, properties }: Question,
  seen: readonly SeenStream[],
  context: TellingContext,
  total: { readonly At: string; readonly CurrentUsers: number },
): Answer<'UserList'> {
  const isWanted = wanted(filters);
  const from = (page - 1) * pageSize;
  let before = 0;
  const Streams = seen.map(({ stream, seesAddresses }) => {
    const all = stream.sessions();
    const matching = isWanted === null ? all : all.filter(isWanted);
    const slice = matching.slice(Math.max(0, from - before), Math.max(0, from + pageSize - before));
    before += matching.length;
    return {
      ...headOf(stream, properties, context),
      Users: slice.map((session) => userOf(session, context.now, seesAddresses, geolocate)),
    };
  });
  const Pages = Math.max(1, Math.ceil(before / pageSize));
  return { ...total, TotalUsers: before, Page: page, PageSize: pageSize, Pages, Streams };
}

function wanted({ player, country, city }: Filters): ((session: Session) => boolean) | null {
  if ((player ?? country ?? city) === null) return null;
  return (session) => {
    const geo = session.place?.geo ?? null;
    if (country !== null && geo?.countryCode !== country) return false;
    if (city !== null && geo?.city?.toLowerCase() !== city) return false;
    const name = session.player?.name ?? null;
    return player === null || name?.toLowerCase() === player || codeOf(name) === player;
  };
}

function headOf(stream: ListedStream, properties: boolean, { now, titles }: TellingContext): StreamHead {
  const { status, toldAt, states, parts } = stream;
  return {
    Name: clean(stream.name),
    Status: status,
    Age: toldAt === null ? null : Math.max(0, Math.round((now - toldAt) / 1000)),
    Stale: status === 'Unreachable',
    CurrentUsers: stream.sessions().length,
    ReportedUsers: sumOf(states, 'reportedListeners'),
    Properties: properties
      ? propertiesOf(
          states,
          parts.flatMap((part) => titles(part.source, part.stream)),
        )
      : undefined,
  };
}

function propertiesOf(states: readonly StreamState[], titles: readonly TitleSince[]): PropertiesValue {
  const first = <K extends keyof StreamState>(property: K) =>
    states.find((state) => state[property] !== null)?.[property] ?? null;
  const text = (property: 'name' | 'description' | 'genre' | 'contentType' | 'title') => cleanOrNull(first(property));
  return {
    Title: text('name'),
    Description: text('description'),
    Genre: text('genre'),
    ContentType: text('contentType'),
    Bitrate: numberOf(first('bitrate')),
    CurrentMedia: text('title'),
    MediaHistory: titles
      .toSorted((a, b) => a.at - b.at)
      .slice(-MOST_TITLES)
      .flatMap(({ at, title }) => {
        const At = timeOf(at);
        return At === null ? [] : [{ At, Title: clean(title) }];
      }),
    StartedAt: timeOf(first('startedAt')),
    AverageTime: numberOf(first('averageSeconds')),
    PeakUsers: sumOf(states, 'peakListeners'),
    UniqueUsers: sumOf(states, 'uniqueListeners'),
    MaxUsers: sumOf(states, 'maxListeners'),
  };
}

type Countable = 'reportedListeners' | 'peakListeners' | 'uniqueListeners' | 'maxListeners';

/** What servers say may be anything: what is no count is not known. */
function sumOf(states: readonly StreamState[], property: Countable): number | null {
  const known = states.flatMap((state) => {
    const value = state[property];
    return value !== null && Number.isSafeInteger(value) && value >= 0 ? [value] : [];
  });
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}

function numberOf(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

const EARLIEST = Date.parse('0001-01-01T00:00:00Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

function timeOf(at: Instant | null): string | null {
  return at === null || !(at >= EARLIEST && at <= LATEST) ? null : new Date(at).toISOString();
}

function userOf(session: Session, now: Instant, seesAddresses: boolean, geolocate: boolean): UserValue {
  const { address, player, place } = session;
  return {
    IpAddress: address === null || seesAddresses ? cleanOrNull(address) : maskedOf(address),
    TimeConnected: Math.max(0, Math.floor((now - session.start) / 1000)),
    Player: player === null ? null : playerFields(player),
    Location: geolocate ? locationOf(place?.geo ?? null) : undefined,
  };
}

/** The IPv4 /24, the IPv6 /48; what is no address, such as the token of a server that hides them, is left out. */
function maskedOf(address: string): string | null {
  const bytes = parseIp(address);
  return bytes === null ? null : formatIp(maskIp(bytes, bytes.length === 4 ? 24 : 48));
}

function playerFields({ name, version, type, platform }: Player) {
  return {
    Name: cleanOrNull(name),
    Version: cleanOrNull(version),
    Type: cleanOrNull(type),
    Platform: cleanOrNull(platform),
  };
}

function locationOf(geo: Geo | null): UserValue['Location'] {
  if (geo === null) return null;
  return {
    Latitude: numberOf(geo.latitude),
    Longitude: numberOf(geo.longitude),
    PostalCode: cleanOrNull(geo.postalCode),
    City: cleanOrNull(geo.city),
    RegionCode: cleanOrNull(geo.regionCode),
    Region: cleanOrNull(geo.region),
    CountryCode: cleanOrNull(geo.countryCode),
    Country: countryName(geo.countryCode),
  };
}

function countriesOf(sessions: readonly Session[]): CountryValue[] {
  return counted(sessions, (session) => facetOf(session, 'country')).map(({ example, count }) => {
    const code = facetOf(example, 'country');
    return { CountryCode: cleanOrNull(code), Country: countryName(code), Count: count };
  });
}

function citiesOf(sessions: readonly Session[]): CityValue[] {
  const placeOf = ({ place }: Session) => {
    const { countryCode = null, region = null, regionCode = null, city = null } = place?.geo ?? {};
    return keyOf([countryCode, region, regionCode, city]);
  };
  return counted(sessions, placeOf).map(({ example, count }) => {
    const geo = example.place?.geo ?? null;
    return {
      City: cleanOrNull(geo?.city ?? null),
      RegionCode: cleanOrNull(geo?.regionCode ?? null),
      Region: cleanOrNull(geo?.region ?? null),
      CountryCode: cleanOrNull(geo?.countryCode ?? null),
      Country: countryName(geo?.countryCode ?? null),
      Count: count,
    };
  });
}

function playersOf(sessions: readonly Session[]): PlayerValue[] {
  const kindOf = ({ player }: Session) => keyOf([player?.name ?? null, player?.type ?? null, player?.platform ?? null]);
  return counted(sessions, kindOf).map(({ example: { player }, count }) => ({
    Code: codeOf(player?.name ?? null),
    Name: cleanOrNull(player?.name ?? null),
    Type: cleanOrNull(player?.type ?? null),
    Platform: cleanOrNull(player?.platform ?? null),
    Count: count,
  }));
}

/** `Apple Music` is `apple-music`. */
export function codeOf(name: string | null): string {
  const code = clean(name ?? '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '');
  return code === '' ? 'unknown' : code;
}

interface Group {
  readonly key: string | null;
  /** One of them: they are alike in all that is told. */
  readonly example: Session;
  count: number;
}

/** Null if nothing of it is known. */
function keyOf(parts: readonly (string | null)[]): string | null {
  return parts.every((part) => part === null) ? null : JSON.stringify(parts);
}

/** The greatest first, equal ones by what they are counted by, unknown last. */
function counted(sessions: readonly Session[], keyOf: (session: Session) => string | null): Group[] {
  const groups = new Map<string | null, Group>();
  for (const session of sessions) {
    const key = keyOf(session);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { key, example: session, count: 1 });
    else group.count++;
  }
  return [...groups.values()].sort(
    (a, b) => b.count - a.count || Number(a.key === null) - Number(b.key === null) || (a.key! < b.key! ? -1 : 1),
  );
}
