/** Why somebody gets no answer. The codes and statuses are on docs/facades/casterstats.md, and stay as they are. */

export const REFUSALS = {
  BadParameter: 400,
  GeolocationOff: 400,
  CredentialsMissing: 401,
  TimeMissing: 401,
  TimeOutOfRange: 401,
  UnknownUser: 401,
  WrongPassword: 401,
  WrongSignature: 401,
  SignatureUsed: 401,
  AddressNotAccepted: 403,
  PasswordNotAccepted: 403,
  SignatureNotAccepted: 403,
  NoAccess: 403,
  UnknownPage: 404,
  UnknownStream: 404,
  TooManyAttempts: 429,
  NotYet: 503,
  TooManySignatures: 503,
} as const;

export type RefusalCode = keyof typeof REFUSALS;

export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  /** The message is one or more sentences, without anything that was sent. */
  constructor(code: RefusalCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.status = REFUSALS[code];
    // RFC 9110 §11.6.1: whoever says 401 says how to sign in.
    this.headers = this.status === 401 ? { 'www-authenticate': 'CasterStats realm="streams"', ...headers } : headers;
  }
}
