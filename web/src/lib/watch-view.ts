/** Tells whether an element is seen, and whether its upper edge has been scrolled away: then somebody is in the midst of it. */

export interface View {
  readonly isInView: boolean;
  readonly isBelow: boolean;
}

/** A Svelte attachment: `{@attach watchView((view) => …)}`. */
export function watchView(tell: (view: View) => void): (element: Element) => () => void {
  return (element) => {
    // Many thresholds, because a long table is never wholly in view.
    const threshold = Array.from({ length: 51 }, (_, i) => i / 50);
    const observer = new IntersectionObserver(
      (entries) => {
        const entry = entries.at(-1)!;
        const { isIntersecting, boundingClientRect } = entry;
        tell({ isInView: isIntersecting, isBelow: isIntersecting && boundingClientRect.top < -80 });
      },
      { threshold, rootMargin: '400px 0px' },
    );
    observer.observe(element);
    return () => observer.disconnect();
  };
}
