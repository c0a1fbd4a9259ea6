/** Whether somebody is in a list, with the pointer or by the keyboard: then it does not move. */

export interface Hold {
  readonly is: boolean;
  /** For the element that holds the list. */
  readonly events: {
    onpointerenter(): void;
    onpointerleave(): void;
    onfocusin(event: FocusEvent): void;
    onfocusout(): void;
  };
}

/** Must be called while a component is created. */
export function createHold(): Hold {
  let isPointed = $state(false);
  let hasFocus = $state(false);
  return {
    get is() {
      return isPointed || hasFocus;
    },
    events: {
      onpointerenter: () => {
        isPointed = true;
      },
      onpointerleave: () => {
        isPointed = false;
      },
      // Who has clicked and gone on would hold it for ever.
      onfocusin: ({ target }) => {
        hasFocus = target instanceof Element && target.matches(':focus-visible');
      },
      onfocusout: () => {
        hasFocus = false;
      },
    },
  };
}
