/**
 * An answer of Icecast as a tree (xml.ts), however it is written: XML, the JSON pages of 2.5, or the public
 * `status-json.xsl`, whose JSON 2.4 gets wrong. What the elements mean is parse.ts's.
 *
 * Shapes of the JSON: `[{"name":"icestats",…},{…,"source":{"/live.mp3":{…,"listener":[{…}]}}}]` (2.5), and
 * `{"icestats":{…,"source":{…}}}`, where `source` is missing, an object or an array (status-json.xsl).
 */

import { type Element, parseXml, XmlError } from '../../transports/poll/xml.ts';

/** As xml.ts has them. */
const MAX_DEPTH = 16;
const MAX_ELEMENTS = 2_000_000;
const MAX_TEXT = 4096;

/** The element `icestats`, names in lower case. Throws an `XmlError` if this is no answer of Icecast's. */
export function readAnswer(text: string): Element {
  const root = /^\s*[[{]/.test(text) ? readJson(text) : parseXml(text);
  if (root.name !== 'icestats') throw new XmlError(`an element ${root.name.slice(0, 40)}`);
  return root;
}

function readJson(text: string): Element {
  let value: unknown;
  try {
    value = JSON.parse(repairJson(text));
  } catch (error) {
    throw new XmlError('JSON that cannot be read', { cause: error });
  }
  // 2.5: what it is, and the thing itself.
  const content = Array.isArray(value) ? value.at(-1) : (value as { icestats?: unknown }).icestats;
  if (typeof content !== 'object' || content === null) throw new XmlError('JSON without icestats');
  const budget = { elements: MAX_ELEMENTS };
  return elementOf('icestats', content, 1, budget);
}

/** Words are text, whatever they look like: a title `1e5` is no number. */
const TEXTS =
  /^"(?:title|artist|album|genre|server_(?:name|description|url)|subtype|audio_info|yp_currently_playing)"$/i;

const LITERAL = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/;

/**
 * 2.4 writes text that looks like a number without quotes, and takes ` - `, `5.` and `.5` for numbers: valid JSON with
 * these values as text. Strings are stepped over whole, so that nothing inside a title is touched.
 */
export function repairJson(text: string): string {
  // A key or a string; behind a key what follows up to the end of its value, if that is no string, object or array.
  const pairs = /("(?:[^"\\]|\\.)*")(?:(\s*:\s*)([^"{}[\],]*)(?=([,}])?))?/gs;
  return text.replace(pairs, (whole, key: string, colon?: string, bare = '', end?: string) => {
    if (colon === undefined || end === undefined) return whole;
    const value = bare.trim();
    if (value === '') return `${key}${colon}null`;
    const isLiteral = LITERAL.test(value) && (value === 'null' || !TEXTS.test(key));
    return `${key}${colon}${isLiteral ? value : JSON.stringify(value)}`;
  });
}

interface Budget {
  elements: number;
}

function elementOf(name: string, value: unknown, depth: number, budget: Budget): Element {
  if (depth > MAX_DEPTH || --budget.elements < 0) throw new XmlError('too much JSON');
  const element: Element = { name: name.toLowerCase(), attributes: new Map(), children: [], text: '' };
  if (typeof value !== 'object' || value === null) {
    element.text = value === null || value === undefined ? '' : String(value).slice(0, MAX_TEXT);
    return element;
  }
  for (const [key, child] of Object.entries(value)) {
    if (isByMount(key, child)) {
      for (const [mount, source] of Object.entries(child))
        element.children.push(withMount(elementOf(key, source, depth + 1, budget), mount));
    } else {
      for (const each of Array.isArray(child) ? child : [child])
        element.children.push(elementOf(key, each, depth + 1, budget));
    }
  }
  return element;
}

/** Is it the `source` of 2.5, an object by mount? */
function isByMount(key: string, value: unknown): value is Record<string, unknown> {
  if (key !== 'source' || typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((each) => each.startsWith('/'));
}

function withMount(element: Element, mount: string): Element {
  return { ...element, attributes: new Map([['mount', mount]]) };
}
