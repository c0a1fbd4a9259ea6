/**
 * What a person types, from what a terminal sends: characters as they are, keys by name. Sequences are those of xterm
 * (ctlseqs, "PC-Style Function Keys"); what is none of them is dropped as a whole.
 */

export const KEYS = [
  ...['up', 'down', 'left', 'right', 'home', 'end', 'pageUp', 'pageDown'],
  ...['enter', 'escape', 'tab', 'backTab', 'backspace', 'interrupt', 'suspend', 'clear', 'redraw'],
] as const;

/** One character, or the name of a key. */
export type Key = string;

const SEQUENCES: Readonly<Record<string, Key>> = {
  ...{ '[A': 'up', '[B': 'down', '[C': 'right', '[D': 'left', OA: 'up', OB: 'down', OC: 'right', OD: 'left' },
  ...{ '[H': 'home', '[F': 'end', OH: 'home', OF: 'end', '[1~': 'home', '[4~': 'end', '[7~': 'home', '[8~': 'end' },
  ...{ '[5~': 'pageUp', '[6~': 'pageDown', '[Z': 'backTab' },
};

const CONTROLS: Readonly<Record<string, Key>> = {
  ...{ '\r': 'enter', '\n': 'enter', '\t': 'tab', '\u007f': 'backspace', '\b': 'backspace' },
  ...{ '\u0003': 'interrupt', '\u0004': 'interrupt', '\u001a': 'suspend', '\u0015': 'clear', '\u000c': 'redraw' },
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what keys send.
const SEQUENCE = /^\u001b(?:(\[[0-?]*[ -/]*[@-~]|O[@-~])|(?=$|\u001b))/;

/** A sequence always comes in one piece: an escape alone is the key. */
export function keysIn(typed: string): Key[] {
  const keys: Key[] = [];
  for (let rest = typed; rest !== ''; ) {
    const sequence = SEQUENCE.exec(rest);
    const [taken, body] = sequence ?? [String.fromCodePoint(rest.codePointAt(0)!)];
    rest = rest.slice(taken.length);
    const key = sequence === null ? characterKey(taken) : body === undefined ? 'escape' : SEQUENCES[body];
    if (key !== undefined) keys.push(key);
  }
  return keys;
}

function characterKey(character: string): Key | undefined {
  return CONTROLS[character] ?? (/^\p{C}$/u.test(character) ? undefined : character);
}
