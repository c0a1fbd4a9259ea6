/** Answers as XML, and the XML schema (1.0) of all of them, from their shapes. */

import { type Shape, STATUSES } from './shape.ts';

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** `root` is the name of the outermost element. The value must be of the shape. */
export function toXml(root: string, shape: Shape, value: unknown): string {
  return `${DECLARATION}${element(root, shape, value)}\n`;
}

function element(name: string, shape: Shape, value: unknown): string {
  if (value === null || value === undefined) return '';
  switch (shape.kind) {
    case 'maybe':
      return element(name, shape.of, value);
    case 'record': {
      let inner = '';
      const fields = value as Readonly<Record<string, unknown>>;
      for (const [field, of] of Object.entries(shape.fields)) inner += element(field, of, fields[field]);
      return `<${name}>${inner}</${name}>`;
    }
    case 'list': {
      let inner = '';
      for (const item of value as readonly unknown[]) inner += element(shape.item, shape.of, item);
      return `<${name}>${inner}</${name}>`;
    }
    default:
      return `<${name}>${typeof value === 'string' ? escapeXml(value) : String(value)}</${name}>`;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // A reader would take it for a line feed.
  '\r': '&#13;',
};

function escapeXml(text: string): string {
  return text.replace(/[&<>"'\r]/g, (each) => ESCAPES[each]!);
}

const TYPES = {
  text: 'xs:string',
  whole: 'xs:nonNegativeInteger',
  decimal: 'xs:double',
  flag: 'xs:boolean',
  time: 'xs:dateTime',
  status: 'Status',
} as const;

/** One document for all answers, each under the name of its root element. */
export function xmlSchema(answers: Readonly<Record<string, Shape>>): string {
  const statuses = STATUSES.map((status) => `<xs:enumeration value="${status}"/>`).join('');
  return `${DECLARATION}<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">
  <xs:simpleType name="Status"><xs:restriction base="xs:string">${statuses}</xs:restriction></xs:simpleType>
${Object.entries(answers)
  .map(([root, shape]) => declared(root, shape, '', '  '))
  .join('')}</xs:schema>
`;
}

/** `occurs` are attributes that say how often. */
function declared(name: string, shape: Shape, occurs: string, indent: string): string {
  if (shape.kind === 'maybe') return declared(name, shape.of, ' minOccurs="0"', indent);
  const start = `${indent}<xs:element name="${name}"`;
  if (shape.kind !== 'record' && shape.kind !== 'list') return `${start} type="${TYPES[shape.kind]}"${occurs}/>\n`;
  const deeper = `${indent}  `;
  const inner =
    shape.kind === 'list'
      ? declared(shape.item, shape.of, ' minOccurs="0" maxOccurs="unbounded"', deeper)
      : Object.entries(shape.fields)
          .map(([field, of]) => declared(field, of, '', deeper))
          .join('');
  return `${start}${occurs}><xs:complexType><xs:sequence>\n${inner}${indent}</xs:sequence></xs:complexType></xs:element>\n`;
}
