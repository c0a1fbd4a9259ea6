/**
 * The registry: every command there is, in the order in which they are shown. A command is loaded when it is asked for:
 * who wants to read a log should not wait for a web server and a database to be loaded.
 */

import type { Command } from './command.ts';

export interface ListedCommand {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

export const COMMANDS: readonly ListedCommand[] = [
  {
    name: 'run',
    summary: 'Watch sources, keep every session, serve dashboard and API.',
    load: async () => (await import('./run.ts')).run,
  },
  {
    name: 'top',
    summary: 'Show who listens now, in the terminal.',
    load: async () => (await import('./top.ts')).top,
  },
  {
    name: 'analyze',
    summary: 'Say what was in a log or a capture.',
    load: async () => (await import('./analyze.ts')).analyze,
  },
  {
    name: 'sharing',
    summary: 'Say which accounts are used by several people.',
    load: async () => (await import('./sharing.ts')).sharing,
  },
  {
    name: 'check',
    summary: 'Check a configuration and say what it comes to.',
    load: async () => (await import('./check.ts')).check,
  },
  {
    name: 'convert',
    summary: 'Turn the configuration of another product into ours.',
    load: async () => (await import('./convert.ts')).convert,
  },
  {
    name: 'export',
    summary: 'Write the history into a file: SQLite, CSV, JSON lines or Parquet.',
    load: async () => (await import('./export.ts')).exportHistory,
  },
  {
    name: 'import',
    summary: 'Take the database of spyserver_monitor into the history.',
    load: async () => (await import('./import.ts')).importHistory,
  },
  {
    name: 'forget',
    summary: 'Erase who it was from all past sessions of a listener.',
    load: async () => (await import('./forget.ts')).forget,
  },
  {
    name: 'spyservers',
    summary: 'Say which spyservers run on this machine, and how many use them.',
    load: async () => (await import('./spyservers.ts')).spyservers,
  },
];

/** What `headcount` runs without the name of a command. */
export const STANDARD = COMMANDS[0]!;
