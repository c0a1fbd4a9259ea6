/**
 * Puts a WebAssembly module together, instruction by instruction: as much of it as scan.ts uses. It is done at start, in less
 * than a millisecond, so there is nothing to build and nothing to keep.
 *
 * (WebAssembly Core Specification 2.0, §5 Binary Format. Vector instructions: §5.4.8.)
 */

/** What a function is made of: bytes, and what contains more of the same. Jumps are resolved when it is encoded. */
export type Code = number | readonly Code[] | Block | Jump;

interface Block {
  readonly opcode: number;
  readonly label: Label;
  readonly body: readonly Code[];
}

interface Jump {
  readonly opcode: number;
  readonly to: Label;
}

class Label {}

export type ValueType = 'i32' | 'i64' | 'v128';
const TYPES: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, v128: 0x7b };

// Numbers

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

function signed(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    const isLast = (rest === 0n && (byte & 0x40) === 0) || (rest === -1n && (byte & 0x40) !== 0);
    bytes.push(isLast ? byte : byte | 0x80);
    if (isLast) return bytes;
  }
}

// Instructions

const unary = (opcode: number) => (a: Code) => [a, opcode];
const binary = (opcode: number) => (a: Code, b: Code) => [a, b, opcode];
/** No alignment is promised. */
const load =
  (...opcode: number[]) =>
  (at: Code, offset = 0) => [at, opcode, 0, unsigned(offset)];
const store =
  (...opcode: number[]) =>
  (at: Code, value: Code, offset = 0) => [at, value, opcode, 0, unsigned(offset)];
const vector = (opcode: number) => [0xfd, ...unsigned(opcode)];

export const i32 = {
  const: (value: number): Code => [0x41, signed(BigInt(value | 0))],
  load: load(0x28),
  load8: load(0x2d),
  load16: load(0x2f),
  store: store(0x36),
  eqz: unary(0x45),
  eq: binary(0x46),
  ne: binary(0x47),
  ltU: binary(0x49),
  gtU: binary(0x4b),
  leU: binary(0x4d),
  geU: binary(0x4f),
  ctz: unary(0x68),
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  and: binary(0x71),
  or: binary(0x72),
  shl: binary(0x74),
  shrU: binary(0x76),
  wrap: unary(0xa7),
};

export const i64 = {
  const: (value: bigint): Code => [0x42, signed(BigInt.asIntN(64, value))],
  load: load(0x29),
  store: store(0x37),
  eq: binary(0x51),
  add: binary(0x7c),
  sub: binary(0x7d),
  mul: binary(0x7e),
  and: binary(0x83),
  or: binary(0x84),
  xor: binary(0x85),
  shl: binary(0x86),
  shrU: binary(0x88),
  extend: unary(0xad),
};

export const i8x16 = {
  /** Sixteen times the same byte. */
  const: (byte: number): Code => [vector(0x0c), new Array<number>(16).fill(byte)],
  load: load(...vector(0x00)),
  store: store(...vector(0x0b)),
  eq: (a: Code, b: Code): Code => [a, b, vector(0x23)],
  or: (a: Code, b: Code): Code => [a, b, vector(0x50)],
  /** One bit a byte: its highest. */
  bitmask: (a: Code): Code => [a, vector(0x64)],
};

export const plus = (a: Code, b: number): Code => i32.add(a, i32.const(b));

/** A variable of a function, or one of its parameters. */
export interface Local {
  readonly type: ValueType;
  readonly get: Code;
  set(value: Code): Code;
  /** Sets it, and is its value. */
  tee(value: Code): Code;
}

const EMPTY = 0x40;

/** Left by jumping to it. */
export function block(body: (end: Label) => readonly Code[]): Code {
  const label = new Label();
  return { opcode: 0x02, label, body: body(label) };
}

/** Gone through again by jumping to it. */
export function loop(body: (again: Label) => readonly Code[]): Code {
  const label = new Label();
  return { opcode: 0x03, label, body: body(label) };
}

export function when(condition: Code, body: readonly Code[], otherwise: readonly Code[] = []): Code {
  const rest = otherwise.length === 0 ? [] : [0x05, ...otherwise];
  return [condition, { opcode: 0x04, label: new Label(), body: [...body, ...rest] }];
}

export const jump = (to: Label): Code => ({ opcode: 0x0c, to });
export const jumpIf = (to: Label, condition: Code): Code => [condition, { opcode: 0x0d, to }];
export const giveBack = (value: Code): Code => [value, 0x0f];

// Modules

export interface FunctionCode {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result: ValueType | null;
  readonly variables: readonly ValueType[];
  readonly body: Code;
}

/** A function that `assemble` has been, or will be, given at this place of its list. */
export const call = (index: number, ...values: readonly Code[]): Code => [values, 0x10, unsigned(index)];

/** The body is given the parameters, then `variable`, which makes further ones. */
export function defineFunction(
  name: string,
  parameters: readonly ValueType[],
  result: ValueType | null,
  body: (parameters: readonly Local[], variable: (type: ValueType) => Local) => readonly Code[],
): FunctionCode {
  const variables: ValueType[] = [];
  const local = (type: ValueType, index: number): Local => ({
    type,
    get: [0x20, unsigned(index)],
    set: (value) => [value, 0x21, unsigned(index)],
    tee: (value) => [value, 0x22, unsigned(index)],
  });
  const variable = (type: ValueType) => local(type, parameters.length + variables.push(type) - 1);
  return { name, parameters, result, variables, body: body(parameters.map(local), variable) };
}

/** A module of these functions, all exported, over an imported memory `env.memory` of at least so many pages of 64 KiB. */
export function assemble(functions: readonly FunctionCode[], pages: number): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters, result }) => [
    0x60,
    ...vectorOf(parameters.map((type) => [TYPES[type]])),
    ...vectorOf(result === null ? [] : [[TYPES[result]]]),
  ]);
  const memory = [...name('env'), ...name('memory'), 0x02, 0x00, ...unsigned(pages)];
  const exported = functions.map((each, i) => [...name(each.name), 0x00, ...unsigned(i)]);
  const bodies = functions.map(({ variables, body }) => {
    const code = [...vectorOf(variables.map((type) => [1, TYPES[type]])), ...encode(body), 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vectorOf(types)),
    ...section(2, vectorOf([memory])),
    ...section(3, vectorOf(functions.map((_, i) => unsigned(i)))),
    ...section(7, vectorOf(exported)),
    ...section(10, vectorOf(bodies)),
  ]);
}

function name(text: string): number[] {
  const bytes = [...new TextEncoder().encode(text)];
  return [...unsigned(bytes.length), ...bytes];
}

function vectorOf(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function encode(body: Code): number[] {
  const bytes: number[] = [];
  const around: Label[] = [];
  const write = (code: Code): void => {
    if (typeof code === 'number') {
      bytes.push(code);
    } else if ('to' in code) {
      bytes.push(code.opcode, ...unsigned(around.length - 1 - around.lastIndexOf(code.to)));
    } else if ('label' in code) {
      around.push(code.label);
      bytes.push(code.opcode, EMPTY);
      for (const each of code.body) write(each);
      bytes.push(0x0b);
      around.pop();
    } else {
      for (const each of code) write(each);
    }
  };
  write(body);
  return bytes;
}
