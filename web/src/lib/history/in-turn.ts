/**
 * Questions that change faster than they are answered, such as those of a cursor that is dragged: one is asked at a time,
 * and of all that were wanted meanwhile only the newest is asked next. So no answer overtakes a newer one.
 */

export interface InTurn<Question> {
  /** Null is nothing: what is under way is given up. */
  want(question: Question | null): void;
  /** Gives up for good. */
  stop(): void;
}

export interface Turns<Question, Answer> {
  readonly ask: (question: Question, signal: AbortSignal) => Promise<Answer>;
  readonly took: (question: Question, answer: Answer) => void;
  readonly failed: (question: Question, error: unknown) => void;
  /** Resolves when the next may be asked. */
  readonly rest: () => Promise<void>;
}

export function inTurn<Question, Answer>(turns: Turns<Question, Answer>): InTurn<Question> {
  let next: Question | null = null;
  let current: AbortController | null = null;

  async function run(): Promise<void> {
    while (next !== null) {
      const question = next;
      next = null;
      const asking = new AbortController();
      current = asking;
      try {
        const answer = await turns.ask(question, asking.signal);
        if (!asking.signal.aborted) turns.took(question, answer);
      } catch (error) {
        if (!asking.signal.aborted) turns.failed(question, error);
      }
      if (asking.signal.aborted) return;
      await turns.rest();
      if (asking.signal.aborted) return;
    }
    current = null;
  }
  const giveUp = () => {
    next = null;
    current?.abort();
    current = null;
  };
  return {
    want(question) {
      if (question === null) return giveUp();
      next = question;
      if (current === null) void run();
    },
    stop: giveUp,
  };
}
