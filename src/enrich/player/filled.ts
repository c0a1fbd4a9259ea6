/** Names and versions in rules are templates: `$1` is the first group of the match, `$&` the match. */
export function filled(template: string, match: RegExpExecArray): string {
  return template.replace(/\$([&\d])/g, (_, part) => match[part === '&' ? 0 : Number(part)] ?? '');
}
