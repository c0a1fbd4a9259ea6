type Column = Uint8Array | Int32Array | Uint32Array | Float64Array;

/** The same column of numbers, with room for so many. */
export function grown<T extends Column>(column: T, room: number): T {
  const Type = column.constructor as new (length: number) => T;
  const larger = new Type(room);
  larger.set(column);
  return larger;
}
