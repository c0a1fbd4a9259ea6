/**
 * Where something is in an answer, as a person writes it. Pure.
 *
 * Of items: names and indices of lists with dots between, `data.rooms.0.participants`; `*` is every element of a list or
 * every value of an object, `rooms.*.participants`; nothing is the whole answer. Of fields, from the item on: the same
 * without `*`; `^` in front is the element that the next `*` outward stood for, `^.name`; `#` is the name that an item has
 * in its object, `^.#` that of the element around it; `length` is how long a list is.
 */

export type Path = readonly string[];

const PART = /^[^\s.*^#][^.*]{0,99}$/;
const MAX_PARTS = 16;

export function parsePath(text: string): Path {
  return text === '' ? [] : text.split('.');
}

export function isItemsPath(text: string): boolean {
  const parts = parsePath(text);
  return parts.length <= MAX_PARTS && parts.every((part) => part === '*' || PART.test(part));
}

export function isFieldPath(text: string): boolean {
  const parts = parsePath(text);
  const inner = parts.slice(outwardOf(parts));
  const isKey = inner.length === 1 && inner[0] === '#';
  return parts.length > 0 && parts.length <= MAX_PARTS && (isKey || inner.every((part) => PART.test(part)));
}

/** How many `^` a path begins with. */
function outwardOf(path: Path): number {
  const at = path.findIndex((part) => part !== '^');
  return at === -1 ? path.length : at;
}

/** One item, or one element that a `*` stood for. */
export interface Item {
  readonly content: unknown;
  /** Its name in the object around it; null in a list. */
  readonly key: string | null;
  /** The element of the next `*` outward. */
  readonly around: Item | null;
}

/** The field of an item; undefined if it is not there. */
export function fieldOf(item: Item, path: Path): unknown {
  const outward = outwardOf(path);
  let from: Item | null = item;
  for (let step = 0; step < outward; step++) from = from?.around ?? null;
  if (from === null) return undefined;
  const inner = path.slice(outward);
  return inner[0] === '#' ? (from.key ?? undefined) : valueAt(from.content, inner);
}

/** Undefined if it is not there. */
export function valueAt(content: unknown, path: Path): unknown {
  let value = content;
  for (const part of path) {
    if (!isObject(value) || !Object.hasOwn(value, part)) return undefined;
    value = value[part];
  }
  return value;
}

export interface Items {
  readonly items: readonly Item[];
  /** Elements of a `*` that have nothing to go on with. */
  readonly without: number;
}

/** The path leads nowhere: `found` is what stands where it still did, `foundAt`. */
export interface NoItems {
  readonly found: unknown;
  readonly foundAt: Path;
}

/** A point on the way, and the element of the last `*` before it. */
interface Point {
  readonly value: unknown;
  readonly within: Item | null;
}

/** The elements of the lists that the path leads to; where `isOneEnough`, an object is an item too. */
export function itemsAt(content: unknown, path: Path, isOneEnough: boolean): Items | NoItems {
  let points: readonly Point[] = [{ value: content, within: null }];
  let without = 0;
  for (const [index, part] of path.entries()) {
    const next: Point[] = [];
    for (const point of points) {
      const further = step(point, part);
      if (further !== null) for (const each of further) next.push(each);
      else if (point.within === null) return { found: point.value, foundAt: path.slice(0, index) };
      else without++;
    }
    points = next;
  }
  // Behind a `*` each element is an item itself.
  if (path.at(-1) === '*') return { items: points.map(({ within }) => within!), without };
  const items: Item[] = [];
  for (const { value, within } of points) {
    if (Array.isArray(value))
      for (const each of value as unknown[]) items.push({ content: each, key: null, around: within });
    else if (isOneEnough && isObject(value)) items.push({ content: value, key: null, around: within });
    else if (within === null) return { found: value, foundAt: path };
    else without++;
  }
  return { items, without };
}

/** Null if there is no way on. */
function step({ value, within }: Point, part: string): Point[] | null {
  if (!isObject(value)) return null;
  if (part !== '*') return Object.hasOwn(value, part) ? [{ value: value[part], within }] : null;
  const isList = Array.isArray(value);
  return Object.entries(value).map(([key, content]) => {
    const item = { content, key: isList ? null : key, around: within };
    return { value: content, within: item };
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

const MOST_KEYS = 12;

/** What stands there, in words: the names in an object, and nothing of what they hold. */
export function describeFound({ found, foundAt }: NoItems): string {
  const where = foundAt.length === 0 ? 'the answer' : `"${foundAt.join('.')}"`;
  if (Array.isArray(found)) return `${where} is a list of ${found.length}`;
  if (!isObject(found)) return `${where} is ${found === null ? 'null' : `a ${typeof found}`}`;
  const keys = Object.keys(found);
  // So many are no fields of a record: they may well be names of people.
  if (keys.length > MOST_KEYS) return `${where} is an object with ${keys.length} keys`;
  const names = keys.map((key) => (/^[A-Za-z_][\w-]{0,39}$/.test(key) ? key : '…'));
  return names.length === 0
    ? `${where} is an object without keys`
    : `${where} is an object with the keys ${names.join(', ')}`;
}
