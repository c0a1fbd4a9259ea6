/**
 * XML answers of streaming servers as small trees: names in lower case, because every version spells them differently,
 * and text cut where nothing honest is that long. What the elements mean is left to parse.ts.
 *
 * Refused: document type definitions (or passed over unread, where a server is known to send one); more depth or
 * elements than a server has reason to send. No entity but the five of XML 1.0 is ever expanded. Repaired, if the text
 * is not well-formed as it comes: bare ampersands (Icecast 2.3 does not escape user agents) and characters that XML
 * forbids, which listeners put into their user agents at will.
 */

import { SaxesParser } from 'saxes';

export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: Element[];
  text: string;
}

export class XmlError extends Error {}

const MAX_DEPTH = 16;
/** A listener is about six elements. */
const MAX_ELEMENTS = 2_000_000;
const MAX_TEXT = 4096;

/** What becomes of a document type definition: SHOUTcast 1 sends one. */
export type Doctype = 'refuse' | 'passOver';

/** The root element. Throws an `XmlError` if the text is no acceptable XML even when repaired. */
export function parseXml(text: string, doctype: Doctype = 'refuse'): Element {
  try {
    return read(text, doctype);
  } catch (error) {
    if (error instanceof RefusedXml) throw error;
    return read(repair(text), doctype);
  }
}

/** Not for repair: it is well-formed, but not wanted. */
class RefusedXml extends XmlError {}

function read(text: string, doctype: Doctype): Element {
  const parser = new SaxesParser({ xmlns: false, position: false });
  const open: Element[] = [];
  let root: Element | null = null;
  let elements = 0;
  parser.on('error', (error) => {
    throw new XmlError(error.message);
  });
  parser.on('doctype', () => {
    if (doctype === 'refuse') throw new RefusedXml('a document type definition');
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (open.length === MAX_DEPTH || ++elements > MAX_ELEMENTS) throw new RefusedXml('too much XML');
    const lowerCase = Object.entries(attributes).map(([key, value]) => [key.toLowerCase(), value] as const);
    const element: Element = { name: name.toLowerCase(), attributes: new Map(lowerCase), children: [], text: '' };
    const parent = open.at(-1);
    if (parent === undefined) root = element;
    else parent.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  const addText = (more: string) => {
    const element = open.at(-1);
    if (element !== undefined && element.text.length < MAX_TEXT) {
      element.text = (element.text + more).slice(0, MAX_TEXT);
    }
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.write(text).close();
  if (root === null) throw new XmlError('no element');
  return root;
}

function repair(text: string): string {
  return (
    text
      .replace(/&(?!#\d+;|#x[\da-fA-F]+;|amp;|lt;|gt;|quot;|apos;)/g, '&amp;')
      .replace(/&#(?:x0*(?:[0-8bBcCeEfF]|1[\da-fA-F])|0*(?:[0-8]|1[124-9]|2\d|3[01]));/g, '\ufffd')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
  );
}

/** The text of a child, trimmed; null if there is no such child, or nothing in it. */
export function textOf(element: Element, name: string): string | null {
  const text = element.children.find((each) => each.name === name)?.text.trim() ?? '';
  return text === '' ? null : text;
}

export function childrenOf(element: Element, name: string): Element[] {
  return element.children.filter((each) => each.name === name);
}

/** The text of a child as a count; null if it is none. */
export function countOf(element: Element, name: string): number | null {
  const text = textOf(element, name);
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
