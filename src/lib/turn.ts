/** Lets the event loop do whatever else is waiting: for work that comes in slices. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
