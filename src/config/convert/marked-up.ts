/**
 * A configuration in XML as a small tree that remembers its lines. Names of elements and attributes are in lower case:
 * those who write such files by hand mix them. Document type definitions are refused, and with them every entity but the
 * five of XML.
 */

import { SaxesParser } from 'saxes';
import { HeadcountError } from '../../lib/errors.ts';

export interface MarkedUp {
  readonly name: string;
  /** From 1. */
  readonly line: number;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly MarkedUp[];
}

const MAX_DEPTH = 16;
const MAX_ELEMENTS = 100_000;

/** The root element. Throws `BAD_CONFIG`, with `file` and the line. */
export function readMarkedUp(text: string, file: string): MarkedUp {
  const parser = new SaxesParser({ xmlns: false, position: true });
  const open: (MarkedUp & { readonly children: MarkedUp[] })[] = [];
  let root: MarkedUp | null = null;
  let elements = 0;
  let begunAt = 1;
  const fail = (message: string): never => {
    throw new HeadcountError('BAD_CONFIG', `${file}:${parser.line} ${message}`);
  };
  // What it says itself begins with the place.
  parser.on('error', ({ message }) => fail(`is no XML: ${message.replace(/^(\d+:)+\s*/, '')}`));
  parser.on('doctype', () => fail('has a document type definition, which is not read'));
  parser.on('opentagstart', () => {
    begunAt = parser.line;
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (open.length === MAX_DEPTH || ++elements > MAX_ELEMENTS) fail('has too much in it');
    const pairs = new Map<string, string>();
    for (const [key, value] of Object.entries(attributes)) {
      if (pairs.has(key.toLowerCase())) fail(`${name} has the attribute ${key} twice`);
      pairs.set(key.toLowerCase(), value);
    }
    const element = { name: name.toLowerCase(), line: begunAt, attributes: pairs, children: [] };
    const parent = open.at(-1);
    if (parent === undefined) root = element;
    else parent.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.write(text.replace(/^\ufeff/, '')).close();
  return root ?? fail('is no XML: it has no element');
}
