/** A person in front of a terminal: keys come in, and what has changed is drawn, at most ten times a second. */

import type { Screen } from '../screen.ts';
import type { Api } from './api.ts';
import { type Frame, frameOf } from './frame.ts';
import { type Key, keysIn } from './keys.ts';
import { paint } from './paint.ts';
import { FIRST_VIEW, listsOf, pressed, questionOf, type View } from './view.ts';
import { Watch } from './watch.ts';

const DRAW_EVERY = 100;
/** While nothing is told, the time since when moves on. */
const TICK = 1000;

export interface FollowOptions {
  readonly isColoured: boolean;
  readonly signal: AbortSignal;
}

/** Until somebody quits, or the signal. Rejects as `Api.get` does if nobody answers at the beginning. */
export async function follow(api: Api, screen: Screen, { isColoured, signal }: FollowOptions): Promise<void> {
  const quitting = new AbortController();
  const until = AbortSignal.any([signal, quitting.signal]);
  const desk = new Desk(api, screen, { isColoured, signal: until, quit: () => quitting.abort() });
  // What is wrong with the question is told where the question was asked.
  await desk.watch.once();
  try {
    desk.open();
    await desk.watch.run();
  } finally {
    desk.close();
  }
}

interface DeskOptions extends FollowOptions {
  quit(): void;
}

class Desk {
  readonly watch: Watch;
  readonly #screen: Screen;
  readonly #options: DeskOptions;
  #view: View = FIRST_VIEW;
  /** What stands on the screen, by row; none is known after a resize. */
  #drawn: readonly string[] = [];
  #isGone = true;
  #page = 1;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;
  #ticks: NodeJS.Timeout | null = null;

  constructor(api: Api, screen: Screen, options: DeskOptions) {
    this.#screen = screen;
    this.#options = options;
    const onChange = () => this.#ask();
    this.watch = new Watch({ api, signal: options.signal, onChange }, questionOf(this.#view, screen.rows));
  }

  open(): void {
    this.#ticks = setInterval(() => this.#ask(), TICK);
    this.#screen.open({
      onInput: (typed) => {
        for (const key of keysIn(typed)) this.#press(key);
      },
      onGone: () => {
        this.#isGone = true;
        this.#ask();
      },
      onRoom: () => this.#ask(),
      onEnd: () => this.#options.quit(),
    });
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#ticks !== null) clearInterval(this.#ticks);
    this.#ticks = null;
    this.#screen.close();
  }

  #press(key: Key): void {
    if (key === 'interrupt' || (key === 'q' && this.#view.mode !== 'filter')) this.#options.quit();
    else if (key === 'suspend') this.#screen.suspend();
    else this.#take(key);
  }

  #take(key: Key): void {
    if (key === 'redraw') this.#isGone = true;
    const { picture } = this.watch;
    const lists = listsOf(picture, this.#view);
    this.#view = pressed(this.#view, key, { picture, lists, page: this.#page });
    this.watch.look(questionOf(this.#view, this.#screen.rows));
    this.#ask();
  }

  #ask(): void {
    if (this.#timer !== null || this.#ticks === null) return;
    const pause = Math.max(this.#drawnAt + DRAW_EVERY - performance.now(), 0);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      // It is asked again when there is room.
      if (this.#screen.hasRoom) this.#draw();
    }, pause);
  }

  #draw(): void {
    this.#drawnAt = performance.now();
    const { columns, rows } = this.#screen;
    const { picture } = this.watch;
    const frame = frameOf(picture, this.#view, listsOf(picture, this.#view), { columns, rows }, Date.now());
    this.#page = frame.page;
    const lines = this.#painted(frame, columns);
    const isGone = this.#isGone || lines.length !== this.#drawn.length;
    const changed = lines.flatMap((line, row) =>
      isGone || line !== this.#drawn[row] ? [`\u001b[${row + 1};1H${line}\u001b[K`] : [],
    );
    this.#drawn = lines;
    this.#isGone = false;
    if (changed.length === 0) return;
    this.#screen.write(`\u001b[?2026h${isGone ? '\u001b[2J' : ''}${changed.join('')}\u001b[?2026l`);
  }

  #painted({ lines }: Frame, columns: number): string[] {
    const { isColoured } = this.#options;
    return lines.map(({ line, tone }) => paint(line, { columns, isColoured }, tone));
  }
}
