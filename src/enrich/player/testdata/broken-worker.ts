/** A thread for tests: never gets as far as answering. */

throw new Error('cannot start, on purpose');
