/**
 * Wowza writes what its clients say of themselves into its XML as it comes: a Flash version with an angle bracket, or a
 * referrer with `]]>`, makes the whole answer unreadable. Then the rows that cannot be read are left out.
 */

import { type Element, parseXml, XmlError } from '../../transports/poll/xml.ts';

export interface ReadableXml {
  readonly root: Element;
  /** Rows that were left out. */
  readonly broken: number;
}

/** Throws an `XmlError` if the answer cannot be read without its broken rows either. */
export function readWithoutBrokenRows(xml: string): ReadableXml {
  try {
    return { root: parseXml(xml), broken: 0 };
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
  }
  let broken = 0;
  const pieces = xml.split(/(?=<(?:Client|HTTPSession|RTPSession)>)/);
  const rest = pieces.map((piece, index) => {
    const end = endOfRow(piece);
    if (end === 0 || isReadable(piece.slice(0, end))) return piece;
    broken++;
    // Without an end it is what a client wrote, or the answer breaks off there.
    return end !== -1 ? piece.slice(end) : index === pieces.length - 1 ? piece : '';
  });
  return { root: parseXml(rest.join('')), broken };
}

/** 0 if it is no row, -1 if it has no end. What a client wrote may look like one, so the last is it. */
function endOfRow(piece: string): number {
  const name = /^<(Client|HTTPSession|RTPSession)>/.exec(piece)?.[1];
  if (name === undefined) return 0;
  const close = `</${name}>`;
  const at = piece.lastIndexOf(close);
  return at === -1 ? -1 : at + close.length;
}

function isReadable(row: string): boolean {
  try {
    parseXml(row);
    return true;
  } catch {
    return false;
  }
}
