/**
 * A line of a log, a beginning of an answer, without whom it is about: enough is left to see how it is written, and why it
 * could not be read. Addresses become those of documentation (RFC 5737, RFC 3849), host names `host.example` (RFC 2606);
 * values of queries, of JSON and of XML, what stands behind words such as `user` or `token`, and long runs of letters and
 * digits are left out (`…`), long numbers become zeros. What is in doubt is masked.
 *
 * It knows shapes, not people: a name in a sentence that does not say that it is one stays. So what comes out is for those
 * who may see everything.
 */

/** So much of a text is looked at, in UTF-16 units. */
const MOST_READ = 2048;
/** So much is left of it. */
const MOST_KEPT = 200;

const GONE = '…';
const IPV4 = '192.0.2.1';
const IPV6 = '2001:db8::1';
const PORT = ':50000';
const HOST = 'host.example';

const TIME = String.raw`\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?(?![\w:]|[.,]\w)`;
/** Of a log, ISO 8601, a clock: times are no secret, and often the reason. */
const MOMENT = [
  String.raw`(?<!\d)\d{1,2}/[A-Z][a-z]{2}/\d{4}:${TIME}`,
  String.raw`(?<![\w.-])\d{4}-\d\d-\d\d(?:[T ]${TIME}Z?)?(?![\w-])`,
  String.raw`(?<![\w:.])${TIME}`,
].join('|');
const IS_MOMENT = new RegExp(`^(?:${MOMENT})(?:[+-][\\d:]{4,5})?$`);

/** What may be an address, also one that is written wrong: that may be why the line is here. */
const ADDRESS6 = String.raw`\[?(?:[\da-f]*:){2,}[\da-f:.]*(?:%[\w.-]+(?::\d+)?)?(?:\]:\d+|\])?`;
const ADDRESS4 = String.raw`\d+(?:[._-]\d+){3,}`;

const TOKENS = new RegExp(
  [
    `(?<moment>${MOMENT})`,
    `(?<address6>${ADDRESS6})`,
    `(?<address4>${ADDRESS4})(?<port>[:#]\\d+)?`,
    String.raw`(?<coded>[^\s"'<>/?&=]*%[\da-f]{2}[^\s"'<>/?&=]*)`,
    // The first three numbers of an address, and no version of a program.
    String.raw`(?<part>(?<![\w/.])\d+\.\d+\.\d+(?!\w))`,
    String.raw`(?<host>(?:(?<=//)|(?<![\w/.-]))(?:[\w-]+\.)+[a-z]{2,}\.?(?![\w.-]))(?<hostPort>:\d+)?`,
    String.raw`(?<long>[\w+=~-]{16,})`,
    String.raw`(?<number>\d{9,})`,
  ].join('|'),
  'gi',
);

const NAMING =
  /\b(user(?:[ _-]?name)?|usr|login|account|nick(?:name)?|password|passwd|pass|pwd|token|secret|cookie|authorization|realm|session)(\s*[:=]\s*|\s+)(?!agent\b)("[^"]*"?|'[^']*'?|<[^>]*>?|[^\s"'<>[\],;&]+)/gi;

/** Without control characters, in one line of at most 200 characters. Never fails. */
export function anonymised(text: string): string {
  return shortened(escaped(withoutTokens(withoutValues(plain(text)))));
}

/** Other forms of the same letters and digits, and what stands between them unseen, hide an address from us only. */
function plain(text: string): string {
  const read = text.length > MOST_READ ? text.slice(0, MOST_READ).replace(/[^\s"]*$/, '') : text;
  return read
    .toWellFormed()
    .normalize('NFKC')
    .replace(/[\0\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/g, '');
}

/** What stands where a name, a secret or a value has its place. */
function withoutValues(text: string): string {
  return (
    text
      // The user of the common log format.
      .replace(/(\S+) -? ?([^[\]"]{1,128})(?= \[\d{1,2}\/)/, (_, before, user) =>
        user === '-' ? `${before} - -` : `${before} - user`,
      )
      .replace(/:\/\/[^/\s"<>]*@/g, `://user:${GONE}@`)
      .replace(/[^\s"'<>=,;:/()]+@[\w.-]+/g, (found) => (found.includes(GONE) ? found : `user@${HOST}`))
      .replace(/\b(basic|bearer|digest|negotiate)(\s+)[\w+/=.~:-]{4,}/gi, `$1$2${GONE}`)
      .replace(/("(?:[^"\\]|\\.){1,128}"\s*:\s*)"((?:[^"\\]|\\.)*)("|$)/g, (_, name, value, end) =>
        isShown(value) ? `${name}"${value}${end}` : `${name}"${GONE}${end}`,
      )
      .replace(/>([^<>]+)<\/([\w:-]+)/g, (found, value, element) =>
        /^(?:title|h[1-6]|p|center|b)$/i.test(element) || isShown(value) ? found : `>${GONE}</${element}`,
      )
      .replace(/([\w.-]{1,64}=)("[^"]*"?|'[^']*'?|<[^>]*>?|[^\s&"'<>;,)}]+)/g, `$1${GONE}`)
      .replace(NAMING, `$1$2${GONE}`)
      .replace(/((?:\/home|\/Users|\\Users)[/\\])[^\s/\\"]+/gi, `$1${GONE}`)
  );
}

/** A moment stays as it is, an address is masked with all others. */
function isShown(value: string): boolean {
  const trimmed = value.trim();
  return trimmed === '' || IS_MOMENT.test(trimmed) || /^[\da-f.:[\]]+$/i.test(trimmed);
}

function withoutTokens(text: string): string {
  return text.replace(TOKENS, (found: string, ...rest: unknown[]) => {
    const groups = rest.at(-1) as Partial<Record<string, string>>;
    if (groups['moment'] !== undefined) return found;
    if (groups['address6'] !== undefined) return /\]:\d/.test(found) ? `[${IPV6}]${PORT}` : IPV6;
    if (groups['address4'] !== undefined) return groups['port'] === undefined ? IPV4 : IPV4 + PORT;
    if (groups['part'] !== undefined) return '192.0.2';
    if (groups['host'] !== undefined) return groups['hostPort'] === undefined ? HOST : HOST + PORT;
    if (groups['coded'] !== undefined) return GONE;
    return maskedRun(found);
  });
}

/** Words and numbers that are merely long are told from tokens: those have both. */
function maskedRun(run: string): string {
  if (/\d/.test(run) && /[a-z]/i.test(run)) return GONE;
  return run.replace(/\d/g, '0');
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufffd]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, '0');
    return SHORT_ESCAPES[character] ?? `\\u${code}`;
  });
}

/** Copied: a part of a string holds on to all of it. */
function shortened(text: string): string {
  const characters = [...text.slice(0, 2 * MOST_KEPT + 2)];
  const kept = characters.length > MOST_KEPT ? `${characters.slice(0, MOST_KEPT).join('')}${GONE}` : text;
  return Buffer.from(kept).toString();
}
