/** Longer lines are skipped. Their line end is not counted. (Alone here, so that threads that read need not load more.) */
export const LONGEST_LINE = 1024 * 1024;
