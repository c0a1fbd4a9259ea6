/**
 * How the transports that give lines speak to who reads them: blocks of whole lines as bytes, and word of a pause.
 * A transport that can go on where it stopped has a cursor; for the others it is null.
 */

/** One of the logs that lines come from, with those that were rotated away: each has its own order of time. */
export interface LineFile {
  /** The same while it is followed; never given again. */
  readonly id: number;
  /** Of a log its path, by which it is known again after a restart. */
  readonly path: string;
}

export interface LineFileState extends LineFile {
  /** There was nothing more in it when it was looked at last: it does not hold the others up. */
  readonly isAtEnd: boolean;
}

/** `end`: there is nothing more at the moment in any of them. It is told again and again, some times a second. */
export type LineStep<Cursor> =
  | {
      readonly kind: 'lines';
      readonly file: LineFile;
      /** Valid until the next step is asked for; at least eight bytes behind it are readable. */
      readonly bytes: Buffer;
      /** All that are followed now, this one among them. */
      readonly files: readonly LineFileState[];
      /** What to go on with behind these lines. Ask before the next step. */
      cursor(): Cursor;
    }
  | {
      readonly kind: 'end';
      /** Is there anything to read from at all? */
      readonly isThere: boolean;
      readonly files: readonly LineFileState[];
      cursor(): Cursor;
    };
