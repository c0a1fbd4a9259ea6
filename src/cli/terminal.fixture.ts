/** A terminal for tests: what a command writes is kept. */

import type { Terminal } from './command.ts';

export interface KeptTerminal extends Terminal {
  written(): { readonly out: string; readonly err: string };
}

export function keptTerminal(
  said: { isTerminal?: boolean; env?: Terminal['env']; columns?: () => number | null } = {},
): KeptTerminal {
  const kept = { out: '', err: '' };
  return {
    env: said.env ?? {},
    isTerminal: said.isTerminal ?? false,
    columns: said.columns ?? (() => 80),
    screen: null,
    out: (text) => {
      kept.out += text;
    },
    err: (text) => {
      kept.err += text;
    },
    signal: new AbortController().signal,
    onReload: () => {},
    written: () => ({ ...kept }),
  };
}
