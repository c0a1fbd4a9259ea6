/** Which number somebody wants explained: the glossary (Glossary.svelte) is one for the whole page. */

import type { texts } from './texts.ts';

export type Term = keyof typeof texts.glossary.terms;

let asked = $state.raw<Term | null>(null);
let isOpen = $state(false);

export const glossary = {
  get isOpen(): boolean {
    return isOpen;
  },
  /** The one that it was opened for; null if for all. */
  get asked(): Term | null {
    return asked;
  },
  open(term: Term | null): void {
    asked = term;
    isOpen = true;
  },
  close(): void {
    isOpen = false;
  },
};
