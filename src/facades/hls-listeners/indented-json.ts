/**
 * JSON with four spaces, as Python's `json.dump(…, indent=4)` writes it. The names of the outer objects stay in their
 * order, whatever they are: an object of JavaScript would put a stream called `7` in front of all others.
 */

const INDENT = '    ';

/** Of an object. A value that is a map is an object of that order, too. */
export function indentedJson(members: ReadonlyMap<string, unknown>): string {
  if (members.size === 0) return '{}';
  const lines = [...members].map(([name, value]) => `${INDENT}${JSON.stringify(name)}: ${indented(textOf(value))}`);
  return `{\n${lines.join(',\n')}\n}`;
}

function textOf(value: unknown): string {
  return value instanceof Map ? indentedJson(value as Map<string, unknown>) : JSON.stringify(value, null, INDENT);
}

/** Strings in JSON have no raw line ends. */
function indented(text: string): string {
  return text.replaceAll('\n', `\n${INDENT}`);
}
