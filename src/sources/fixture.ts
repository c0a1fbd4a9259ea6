/**
 * What the contract test (contract.test.ts) needs to know of a kind: a peer on loopback that it can be run against.
 * Every source folder has a `fixture.ts` that exports one.
 */

export interface SourceFixture {
  /** URLs and the options that they mean, the name included. */
  readonly urls: readonly { readonly url: string; readonly options: Record<string, unknown>; readonly name: string }[];
  /** Options that must be refused. */
  readonly refused: readonly Record<string, unknown>[];
  /** Starts a peer. */
  start(): Promise<SourcePeer>;
  /** Options of a peer that cannot be reached: `run` must reject with a sentence that a person can act on. */
  unreachable(): Promise<Record<string, unknown>>;
}

export interface SourcePeer {
  /** Options for a source that watches this peer. */
  readonly options: Record<string, unknown>;
  /** Makes the peer show something new, also something broken that must be counted and skipped. */
  speak(): Promise<void>;
  stop(): Promise<void>;
}
