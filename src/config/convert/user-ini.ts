/**
 * The user.ini of spyserver_monitor (michalfratczak/spyserver_monitor at ed59078), read and checked. What is wrong is said in
 * the words of the original, where it has some; nothing has a default, as there.
 */

import { isAbsolute, join, resolve } from 'node:path';
import { HeadcountError } from '../../lib/errors.ts';
import { type Ini, readIni } from './ini.ts';

export interface UserIni {
  /** Whole paths. */
  readonly database: string;
  /** An address or a host name to listen on. */
  readonly host: string;
  readonly port: number;
  /** As written: `192.168.*.*`, `ip_local`, `ip_world`. */
  readonly filters: readonly string[];
  readonly ignoresLocal: boolean;
  readonly geoKey: string;
  /** Null: nobody is told. */
  readonly slack: { readonly channel: string; readonly key: string } | null;
  readonly exe: string;
  readonly configs: readonly string[];
  readonly lineOf: (section: string, key: string) => number;
  readonly notes: readonly string[];
}

/** What the file means depends on where it is read. */
export interface Surroundings {
  /** Whose home `~` is. */
  readonly home: string;
  /** The folder of the file: paths are relative to it. */
  readonly folder: string;
  exists(path: string): boolean;
  /** That of the first network card; null if there is none but loopback. */
  localAddress(): string | null;
}

/** Sections with their keys: all of them are needed. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  DB: ['file', 'ip', 'port', 'ip_filters'],
  MONITOR: ['ignore_local_connections'],
  GEOIP: ['key'],
  SLACK: ['use', 'channel', 'key'],
  SPYSERVER: ['exe', 'cfg_list'],
};

const OCTET = String.raw`(?:\*|25[0-5]|2[0-4]\d|1?\d?\d)`;
const FILTER = new RegExp(String.raw`^(?:${OCTET}(?:\.${OCTET}){3}|ip_local|ip_world|ip_global)$`);
const HOST = /^(?:[a-z\d](?:[a-z\d.-]{0,251}[a-z\d])?)$/i;

/** Throws `BAD_CONFIG`: one line a mistake, each with `file` and the line in it. */
export function readUserIni(text: string, file: string, surroundings: Surroundings): UserIni {
  const reading = new Reading(readIni(text, file), file, surroundings);
  const read = reading.all();
  if (reading.mistakes.length > 0) throw new HeadcountError('BAD_CONFIG', reading.mistakes.join('\n'));
  return read;
}

class Reading {
  readonly mistakes: string[] = [];
  readonly #notes: string[] = [];
  readonly #ini: Ini;
  readonly #file: string;
  readonly #around: Surroundings;

  constructor(ini: Ini, file: string, surroundings: Surroundings) {
    this.#ini = ini;
    this.#file = file;
    this.#around = surroundings;
  }

  all(): UserIni {
    for (const section of Object.keys(KEYS)) {
      if (this.#ini.section(section) === null) this.mistakes.push(`${this.#file} has no section [${section}].`);
    }
    for (const [section, key, line] of this.#ini.keys) {
      if (KEYS[section]?.includes(key)) continue;
      this.#notes.push(`Line ${line}: ${section}/${key} is not known, and was passed over.`);
    }
    const isTrue = (section: string, key: string) => ['yes', '1'].includes(this.#text(section, key));
    return {
      database: this.#path(this.#text('DB', 'file')),
      host: this.#host(),
      port: this.#port(),
      filters: this.#filters(),
      ignoresLocal: isTrue('MONITOR', 'ignore_local_connections'),
      geoKey: this.#needed('GEOIP', 'key', 'No IP Geolocation key provided. Update INI file.'),
      slack: isTrue('SLACK', 'use') ? this.#slack() : null,
      exe: this.#exe(),
      configs: this.#configs(),
      lineOf: (section, key) => this.#line(section, key),
      notes: this.#notes,
    };
  }

  #line(section: string, key: string): number {
    return this.#ini.value(section, key)?.line ?? this.#ini.section(section) ?? 1;
  }

  #wrong(section: string, key: string, message: string): void {
    this.mistakes.push(`${this.#file}:${this.#line(section, key)} ${section}/${key}: ${message}`);
  }

  /** Empty if it is missing, which has been said then. */
  #text(section: string, key: string): string {
    if (this.#ini.section(section) === null) return '';
    const value = this.#ini.value(section, key);
    if (value === null) this.#wrong(section, key, 'is missing: the file needs it.');
    return value?.text ?? '';
  }

  #needed(section: string, key: string, message: string): string {
    const text = this.#text(section, key);
    if (text === '' && this.#ini.value(section, key) !== null) this.#wrong(section, key, message);
    return text;
  }

  /** Separated by commas; what stands in several lines without them is a mistake. */
  #list(section: string, key: string): string[] {
    const items = this.#text(section, key)
      .split(',')
      .map((item) => item.trim());
    if (items.some((item) => item.includes('\n'))) {
      this.#wrong(section, key, `INI File Error: ${section}/${key} should be comma separated list`);
      return [];
    }
    return items.filter((item) => item !== '');
  }

  #host(): string {
    const written = this.#needed('DB', 'ip', 'is empty: give an address to listen on, such as 0.0.0.0.');
    if (written !== 'ip_local') {
      if (written !== '' && !HOST.test(written)) this.#wrong('DB', 'ip', 'is no address to listen on.');
      return written;
    }
    const local = this.#around.localAddress();
    if (local === null) this.#wrong('DB', 'ip', 'is ip_local, and this machine has no address: write one.');
    else this.#notes.push(`DB/ip is ip_local: it has become ${local}, the address that this machine has now.`);
    return local ?? '';
  }

  #port(): number {
    const text = this.#text('DB', 'port');
    const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    const isMissing = this.#ini.value('DB', 'port') === null;
    if (!isMissing && (port < 1 || port > 65_535)) this.#wrong('DB', 'port', 'must be a whole number from 1 to 65535.');
    return port;
  }

  #filters(): string[] {
    const filters = this.#list('DB', 'ip_filters');
    for (const filter of filters.filter((each) => !FILTER.test(each))) {
      const shown = JSON.stringify(filter.slice(0, 60));
      this.#wrong(
        'DB',
        'ip_filters',
        `${shown} is none of 192.168.1.1, 192.168.*.*, ip_local, ip_world and ip_global.`,
      );
    }
    return filters;
  }

  #slack(): { channel: string; key: string } {
    const channel = this.#needed('SLACK', 'channel', 'is empty: name a channel, or set use to no.');
    if (/[\s"'<>&]/.test(channel)) this.#wrong('SLACK', 'channel', 'is no name of a channel.');
    return { channel, key: this.#needed('SLACK', 'key', 'No SLACK key provided. Update INI file.') };
  }

  #exe(): string {
    const written = this.#needed('SPYSERVER', 'exe', 'is empty: give the path of the spyserver.');
    const path = this.#path(written);
    if (written !== '' && !this.#around.exists(path))
      this.#wrong('SPYSERVER', 'exe', `the program does not exist: ${path}`);
    return path;
  }

  #configs(): string[] {
    const paths = this.#list('SPYSERVER', 'cfg_list').map((path) => this.#path(path));
    for (const path of paths.filter((each) => !this.#around.exists(each))) {
      this.#wrong('SPYSERVER', 'cfg_list', `Spyserver config file does not exist: ${path}`);
    }
    return [...new Set(paths)];
  }

  #path(written: string): string {
    const path = /^~(?:\/|$)/.test(written) ? join(this.#around.home, written.slice(1)) : written;
    return isAbsolute(path) ? path : resolve(this.#around.folder, path);
  }
}
