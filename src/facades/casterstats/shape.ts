/**
 * The shape of an answer, declared once: from it come the type that the code must fill, the XML beside the JSON, and the
 * XML schema that both keep to. JSON is the value as it stands; in XML whatever is null or absent has no element.
 */

export const STATUSES = ['Up', 'Down', 'Unreachable', 'Unknown'] as const;

export interface Scalar<Kind extends ScalarKind = ScalarKind> {
  readonly kind: Kind;
}

/** `time` is ISO 8601 in UTC; `whole` is not negative. */
export type ScalarKind = 'text' | 'whole' | 'decimal' | 'flag' | 'time' | 'status';

export interface RecordShape<Fields extends FieldShapes = FieldShapes> {
  readonly kind: 'record';
  readonly fields: Fields;
}

export type FieldShapes = { readonly [name: string]: Shape };

export interface ListShape<Item extends Shape = Shape> {
  readonly kind: 'list';
  /** What an item is called in XML. */
  readonly item: string;
  readonly of: Item;
}

/** Null is "not known", absent is "not asked for". */
export interface MaybeShape<Inner extends Shape = Shape> {
  readonly kind: 'maybe';
  readonly of: Inner;
}

export type Shape =
  | Scalar
  | { readonly kind: 'record'; readonly fields: { readonly [name: string]: Shape } }
  | { readonly kind: 'list'; readonly item: string; readonly of: Shape }
  | { readonly kind: 'maybe'; readonly of: Shape };

interface ScalarValues {
  readonly text: string;
  readonly whole: number;
  readonly decimal: number;
  readonly flag: boolean;
  readonly time: string;
  readonly status: (typeof STATUSES)[number];
}

export type ValueOf<S> =
  S extends MaybeShape<infer Inner>
    ? ValueOf<Inner> | null | undefined
    : S extends ListShape<infer Item>
      ? readonly ValueOf<Item>[]
      : S extends RecordShape<infer Fields>
        ? { readonly [Name in keyof Fields]: ValueOf<Fields[Name]> }
        : S extends Scalar<infer Kind>
          ? ScalarValues[Kind]
          : never;

export const text: Scalar<'text'> = { kind: 'text' };
export const whole: Scalar<'whole'> = { kind: 'whole' };
export const decimal: Scalar<'decimal'> = { kind: 'decimal' };
export const flag: Scalar<'flag'> = { kind: 'flag' };
export const time: Scalar<'time'> = { kind: 'time' };
export const status: Scalar<'status'> = { kind: 'status' };

export function record<const Fields extends FieldShapes>(fields: Fields): RecordShape<Fields> {
  return { kind: 'record', fields };
}

export function list<const Item extends Shape>(item: string, of: Item): ListShape<Item> {
  return { kind: 'list', item, of };
}

export function maybe<const Inner extends Shape>(of: Inner): MaybeShape<Inner> {
  return { kind: 'maybe', of };
}

/** Text from outside with whatever XML cannot hold replaced (XML 1.0 §2.2): JSON says the same then. */
export function clean(dirty: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
  return dirty.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
}

export function cleanOrNull(dirty: string | null): string | null {
  return dirty === null ? null : clean(dirty);
}
