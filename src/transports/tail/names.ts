/**
 * What log rotation calls the files of a log: `access.log.1`, `access.log-20261121`, with logrotate's `extension`
 * `access.1.log` and `access-20261121.log`, all of them also with `.gz` behind; and the dated files that a program such
 * as cronolog writes behind one symbolic link.
 */

export interface Age {
  /** The greater, the older, in no unit: 0 is the file that is written to now. */
  readonly age: number;
  /** Dates grow with time, mere numbers shrink. A log has one of both, and files of the other kind are not compared. */
  readonly isDate: boolean;
}

/** `20261121`, `2026-11-21`, `20261121-1530`, `1795267201`, or a count of rotations. */
const STAMP = /^\d+(?:[-_.T:]?\d+)*$/;
const SUFFIX = /^(.+?)[-._](\d+(?:[-_.T:]?\d+)*)$/;
const DATE_DIGITS = 6;
const COUNT_DIGITS = 4;
/** A date to the second; what is less exact is the beginning of its day. */
const MOST_DIGITS = 14;
const LATEST = 10 ** MOST_DIGITS;

/** How old the file called `name` is among those of the log called `log`; null if it is none of them. Both without folder. */
export function ageOf(log: string, name: string): Age | null {
  if (name === log) return { age: 0, isDate: false };
  const plain = withoutGz(name);
  // Packed by hand, for the server to begin anew.
  if (plain === log) return { age: 0.5, isDate: false };
  if (plain.startsWith(log)) return ageOfStamp(plain.slice(log.length));
  const dot = log.lastIndexOf('.');
  const [stem, extension] = [log.slice(0, dot), log.slice(dot)];
  if (dot < 1 || !plain.startsWith(stem) || !plain.endsWith(extension)) return null;
  const stamp = plain.slice(stem.length, plain.length - extension.length);
  const age = ageOfStamp(stamp);
  // `edge-1.log` is rather another log beside `edge.log`.
  return age === null || age.isDate || stamp.startsWith('.') ? age : null;
}

function ageOfStamp(stamp: string): Age | null {
  if (!/^[-._]/.test(stamp) || !STAMP.test(stamp.slice(1))) return null;
  const digits = stamp.replaceAll(/\D/g, '');
  if (digits.length >= DATE_DIGITS) return { age: LATEST - timeOf(digits), isDate: true };
  return /^[-._]\d+$/.test(stamp) && digits.length <= COUNT_DIGITS ? { age: Number(digits), isDate: false } : null;
}

const timeOf = (digits: string) => Number(digits.slice(0, MOST_DIGITS).padEnd(MOST_DIGITS, '0'));

/**
 * How old the file called `name` is if a link points to `current` now, and both are of one shape with a date in it:
 * `access-20261120.log` beside `access-20261121.log`. Null if it is newer, or something else.
 */
export function ageBehindLink(current: string, name: string): Age | null {
  const plain = withoutGz(name);
  if (plain === withoutGz(current)) return { age: name === current ? 0 : 0.5, isDate: true };
  if (plain.replaceAll(/\d+/g, '0') !== withoutGz(current).replaceAll(/\d+/g, '0')) return null;
  const [now, then] = [current, plain].map((each) => withoutGz(each).replaceAll(/\D/g, ''));
  if (now!.length < DATE_DIGITS || now!.length !== then!.length) return null;
  const age = timeOf(now!) - timeOf(then!);
  return age > 0 ? { age, isDate: true } : null;
}

/** The logs that a file of this name may be a rotated file of. */
export function logsOf(name: string): string[] {
  const plain = withoutGz(name);
  const found = plain === name ? [] : [plain];
  const suffix = SUFFIX.exec(plain)?.[1];
  if (suffix !== undefined) found.push(suffix);
  const dot = plain.lastIndexOf('.');
  const stem = dot < 1 ? undefined : SUFFIX.exec(plain.slice(0, dot))?.[1];
  if (stem !== undefined) found.push(stem + plain.slice(dot));
  return found.filter((log) => ageOf(log, name) !== null);
}

function withoutGz(name: string): string {
  return name.endsWith('.gz') ? name.slice(0, -'.gz'.length) : name;
}
