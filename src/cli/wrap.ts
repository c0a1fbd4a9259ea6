/** Text for the terminal, broken between words; a word that is too long stays whole. */

export const COLUMNS = 80;

/** `hanging` more spaces before every line but the first. */
export function wrap(text: string, indent = 0, hanging = 0): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    const room = COLUMNS - indent - (lines.length === 0 ? 0 : hanging);
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines.map((each, i) => ' '.repeat(indent + (i === 0 ? 0 : hanging)) + each).join('\n');
}
