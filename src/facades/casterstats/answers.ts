/**
 * What can be answered: names and shapes of everything that docs/facades/casterstats.md promises. The names are ours, in
 * the manner of the product; those of the original were never published.
 */

import { decimal, flag, list, maybe, record, status, text, time, type ValueOf, whole } from './shape.ts';

const Properties = record({
  Title: maybe(text),
  Description: maybe(text),
  Genre: maybe(text),
  ContentType: maybe(text),
  /** Kilobits per second. */
  Bitrate: maybe(decimal),
  CurrentMedia: maybe(text),
  MediaHistory: list('Media', record({ At: time, Title: text })),
  /** When the stream began. */
  StartedAt: maybe(time),
  /** Seconds that listeners stay, by the server's own reckoning. */
  AverageTime: maybe(decimal),
  PeakUsers: maybe(whole),
  UniqueUsers: maybe(whole),
  MaxUsers: maybe(whole),
});

/** What every answer says of a stream first. */
const stream = {
  Name: text,
  Status: status,
  /** Seconds since its server last told something; null if it never has. */
  Age: maybe(whole),
  /** The server cannot be reached: this is what it told last. */
  Stale: flag,
  CurrentUsers: whole,
  /** The server's own count. */
  ReportedUsers: maybe(whole),
  Properties: maybe(Properties),
} as const;

const User = record({
  IpAddress: maybe(text),
  /** Seconds. */
  TimeConnected: whole,
  Player: maybe(record({ Name: maybe(text), Version: maybe(text), Type: maybe(text), Platform: maybe(text) })),
  Location: maybe(
    record({
      Latitude: maybe(decimal),
      Longitude: maybe(decimal),
      PostalCode: maybe(text),
      City: maybe(text),
      RegionCode: maybe(text),
      Region: maybe(text),
      CountryCode: maybe(text),
      Country: maybe(text),
    }),
  ),
});

const Country = record({ CountryCode: maybe(text), Country: maybe(text), Count: whole });

const City = record({
  City: maybe(text),
  RegionCode: maybe(text),
  Region: maybe(text),
  CountryCode: maybe(text),
  Country: maybe(text),
  Count: whole,
});

const Player = record({ Code: text, Name: maybe(text), Type: maybe(text), Platform: maybe(text), Count: whole });

const totals = { At: time, CurrentUsers: whole } as const;

/** By the name of the root element in XML; in JSON there is none. */
export const ANSWERS = {
  UserList: record({
    ...totals,
    /** All that match, on all pages. */
    TotalUsers: whole,
    Page: whole,
    PageSize: whole,
    Pages: whole,
    Streams: list('Stream', record({ ...stream, Users: list('User', User) })),
  }),
  Countries: record({ ...totals, Streams: list('Stream', record({ ...stream, Countries: list('Country', Country) })) }),
  Cities: record({ ...totals, Streams: list('Stream', record({ ...stream, Cities: list('City', City) })) }),
  Players: record({ ...totals, Streams: list('Stream', record({ ...stream, Players: list('Player', Player) })) }),
  StatusList: record({
    ...totals,
    Summary: record({ Up: whole, Down: whole, Unreachable: whole, Unknown: whole }),
    Streams: list('Stream', record(stream)),
  }),
  Refusal: record({ Error: record({ Code: text, Status: whole, Message: text }) }),
} as const;

export type AnswerName = keyof typeof ANSWERS;
export type Answer<Name extends AnswerName> = ValueOf<(typeof ANSWERS)[Name]>;

type Streams<Name extends AnswerName> =
  Answer<Name> extends { readonly Streams: readonly (infer Each)[] } ? Each : never;

export type StreamHead = Streams<'StatusList'>;
export type PropertiesValue = ValueOf<typeof Properties>;
export type UserValue = ValueOf<typeof User>;
export type CountryValue = ValueOf<typeof Country>;
export type CityValue = ValueOf<typeof City>;
export type PlayerValue = ValueOf<typeof Player>;
