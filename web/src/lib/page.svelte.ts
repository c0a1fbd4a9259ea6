/** What the browser says of the page itself: whether anybody looks at it, and whether they want things to move. */

let isVisible = $state(!document.hidden);
document.addEventListener('visibilitychange', () => {
  isVisible = !document.hidden;
});

const calm = matchMedia('(prefers-reduced-motion: reduce)');
let wantsCalm = $state(calm.matches);
calm.addEventListener('change', () => {
  wantsCalm = calm.matches;
});

export const page = {
  /** False in a tab in the background: nothing is polled then. */
  get isVisible(): boolean {
    return isVisible;
  },
  get wantsCalm(): boolean {
    return wantsCalm;
  },
};
