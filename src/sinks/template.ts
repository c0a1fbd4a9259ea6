/**
 * Sentences with named fields, as an operator writes them: `Open {ip} {city}`. There is no code in them, no condition and
 * no nesting: a field is replaced by its value, once, and what a value says is never looked at again. `{{` and `}}` are
 * braces.
 */

export class TemplateMistake extends Error {}

/** What stands there, and the names of fields in between. */
export type Template = readonly (string | { readonly field: string })[];

/** Throws `TemplateMistake`, with half a sentence that says what is wrong. */
export function parseTemplate(text: string, fields: readonly string[]): Template {
  const parts: (string | { field: string })[] = [];
  let end = 0;
  for (const { 0: found, 1: field, index } of text.matchAll(/\{\{|\}\}|\{([A-Za-z]+)\}|[{}]/g)) {
    parts.push(text.slice(end, index));
    end = index + found.length;
    if (found === '{{' || found === '}}') parts.push(found[0]!);
    else if (field === undefined) throw new TemplateMistake('has a lone brace: write {{ or }} for one that is told');
    else if (fields.includes(field)) parts.push({ field });
    else throw new TemplateMistake(`has the unknown field {${field}}. Known are: ${fields.join(', ')}`);
  }
  parts.push(text.slice(end));
  return parts.filter((part) => part !== '');
}

/** `escaped` is for the values; what the operator wrote stands as it is. */
export function fillTemplate(
  template: Template,
  values: Readonly<Record<string, string>>,
  escaped: (value: string) => string,
): string {
  return template.map((part) => (typeof part === 'string' ? part : escaped(values[part.field] ?? ''))).join('');
}
