/** What a benchmark found, as a table: our figure, the peer's, the ratio, and the bar if there is one. */

export interface Figure {
  readonly what: string;
  readonly ours: string;
  readonly peer?: { readonly name: string; readonly figure: string };
  /** How many times as good as the peer's ours is: below 1 the peer is better. */
  readonly ratio?: number;
  readonly bar?: Bar;
}

/** What has been promised of the figure. */
export interface Bar {
  readonly text: string;
  readonly isMet: boolean;
}

const HEADS = ['', 'headcount', 'peer', 'ratio', 'bar'];

export class Report {
  readonly #note: (text: string) => void;
  readonly #rows: string[][] = [];
  readonly #remarks: string[] = [];

  /** `note` is told what is going on, while it goes on. */
  constructor(note: (text: string) => void) {
    this.#note = note;
  }

  note(text: string): void {
    this.#note(text);
  }

  figure({ what, ours, peer, ratio, bar }: Figure): void {
    const theirs = peer === undefined ? '' : `${peer.name} ${peer.figure}`;
    const verdict = bar === undefined ? '' : `${bar.text}: ${bar.isMet ? 'met' : 'MISSED'}`;
    this.#rows.push([what, ours, theirs, ratio === undefined ? '' : ratioText(ratio), verdict]);
  }

  /** A sentence below the table. */
  remark(text: string): void {
    this.#remarks.push(text);
  }

  get text(): string {
    const rows = [HEADS, ...this.#rows];
    const widths = HEADS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
    const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  '));
    return [...lines, ...this.#remarks].map((line) => `  ${line.trimEnd()}\n`).join('');
  }
}

function ratioText(ratio: number): string {
  return ratio >= 10 ? ratio.toFixed(0) : ratio.toPrecision(2);
}
