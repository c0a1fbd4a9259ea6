/** From a user.ini to a configuration of ours: the spyservers, the interface as it was, places, and Slack. */

import { basename } from 'node:path';
import type { Converted } from './to-headcount.ts';
import type { UserIni } from './user-ini.ts';

type Json = Record<string, unknown>;

/** As the option `name` takes one (../schema.ts). */
const SOURCE_NAME = /^[^\s/\\"'<>&]{1,100}$/;

/** For `ip_world`: a page that says the address of whoever asks. The original asks one of 45. */
const WORLD_SERVICE = 'https://api.ipify.org/';

export function fromUserIni(ini: UserIni): Converted {
  const { host, port, slack, geoKey } = ini;
  const document = {
    sources: sourcesOf(ini),
    facades: [{ kind: 'ssmon', listen: `${host}:${port}`, public: true }],
    geo: { provider: 'ipgeolocation', token: geoKey },
    ...(slack === null ? {} : { sinks: [slackOf(slack)] }),
  };
  return {
    origin: 'spyserver_monitor',
    document,
    notes: notesOf(ini),
    lineOf: ([list]) => {
      if (list === 'sources') return ini.lineOf('SPYSERVER', 'cfg_list');
      if (list === 'geo') return ini.lineOf('GEOIP', 'key');
      return list === 'sinks' ? ini.lineOf('SLACK', 'key') : ini.lineOf('DB', 'ip');
    },
  };
}

function sourcesOf({ configs, exe, filters, ignoresLocal }: UserIni): Json[] {
  const names = configs.map((path) => basename(path));
  const ignoring = {
    ...(ignoresLocal ? { ignoreLocalConnections: true } : {}),
    ...(filters.length > 0 ? { ignore: filters } : {}),
    ...(needsWorld(filters) ? { worldService: WORLD_SERVICE } : {}),
  };
  return configs.map((path, i) => {
    const name = names[i]!;
    // A path in a URL ends at a question mark.
    const where =
      path.includes('?') || path.includes('#') ? { url: 'spyserver:', config: path } : { url: `spyserver:${path}` };
    return { ...where, exe, ...(isOnly(name, names) && SOURCE_NAME.test(name) ? { name } : {}), ...ignoring };
  });
}

function slackOf({ channel, key }: { readonly channel: string; readonly key: string }): Json {
  const isNamed = /^#|^[CDG][A-Z0-9]{8,}$/.test(channel);
  const events = ['session.opened', 'session.closed'];
  return { kind: 'slack', token: key, channel: isNamed ? channel : `#${channel}`, events };
}

function needsWorld(filters: readonly string[]): boolean {
  return filters.some((filter) => filter === 'ip_world' || filter === 'ip_global');
}

function isOnly(name: string, names: readonly string[]): boolean {
  return names.filter((each) => each === name).length === 1;
}

function notesOf(ini: UserIni): string[] {
  const { database, host, port, filters, configs, geoKey, slack } = ini;
  const notes = [
    ...ini.notes,
    `Whoever reaches ${host}:${port} may read it, as before; addresses are hashed. The dashboard is for this machine only: http://127.0.0.1:8700/.`,
    `The history so far is taken over by: headcount import ${database}`,
  ];
  if (needsWorld(filters)) {
    notes.push(
      `For ip_world ${WORLD_SERVICE} is asked at the start; worldAddress in the place of worldService asks nobody.`,
    );
  }
  const names = configs.map((path) => basename(path));
  for (const name of new Set(names.filter((each) => !isOnly(each, names)))) {
    notes.push(`Several configurations are called ${name}: as before, they are one server_instance.`);
  }
  for (const [what, secret] of [
    ['GEOIP/key', geoKey],
    ['SLACK/key', slack?.key ?? ''],
  ] as const) {
    if (/\$\{\w+\}/.test(secret))
      notes.push(`${what} looks like a variable in YAML: put it into a file, for tokenFile.`);
  }
  return notes;
}
