/** Why there is no answer: said as the API of Headcount says it, `{"error": {"code", "message"}}`. */

const STATUS = {
  NOT_A_CONNECTION: 400,
  NOT_SIGNED_IN: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  NOT_JSON: 415,
  TOO_MANY_ATTEMPTS: 429,
  NOBODY_TAKES_IT: 503,
  NO_ROOM: 503,
  STORE_UNAVAILABLE: 503,
} as const;

export class Refusal extends Error {
  readonly code: keyof typeof STATUS;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: keyof typeof STATUS, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.headers = headers;
  }

  get status(): number {
    return STATUS[this.code];
  }
}
