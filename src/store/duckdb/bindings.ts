/**
 * The values of a statement. Whatever comes from outside gets into SQL only through here; what is put into its text
 * are names and expressions of fixed maps.
 */

import {
  BIGINT,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBValue,
  LIST,
  listValue,
  UINTEGER,
  VARCHAR,
} from '@duckdb/node-api';
import { HeadcountError } from '../../lib/errors.ts';
import { storedText } from '../text.ts';
import { bigintOf, type Row } from './columns.ts';

/** Each method answers the placeholder to write into the text. */
export interface Bindings {
  text(value: string): string;
  /** A list, for `unnest`. */
  texts(values: readonly (string | null)[]): string;
  hashes(values: readonly number[]): string;
  /** A whole number; as such it is compared with BIGINT columns without converting them. */
  whole(value: number): string;
  /** A list of whole numbers, for `unnest`. */
  wholes(values: readonly number[]): string;
  hash(value: number): string;
  readonly values: readonly DuckDBValue[];
  readonly types: readonly DuckDBType[];
}

/** A statement with more values than this is refused. */
const MOST = 10_000;

export function createBindings(): Bindings {
  const values: DuckDBValue[] = [];
  const types: DuckDBType[] = [];
  const add = (value: DuckDBValue, type: DuckDBType) => {
    if (values.length >= MOST) throw new HeadcountError('BAD_QUERY', `The question names more than ${MOST} values.`);
    values.push(value);
    types.push(type);
    return `$${values.length}`;
  };
  return {
    text: (value) => add(storedText(value), VARCHAR),
    texts: (list) => add(listValue(list.map((value) => (value === null ? null : storedText(value)))), LIST(VARCHAR)),
    hashes: (list) => add(listValue(list), LIST(UINTEGER)),
    whole: (value) => add(bigintOf(value), BIGINT),
    wholes: (list) => add(listValue(list.map(bigintOf)), LIST(BIGINT)),
    hash: (value) => add(value, UINTEGER),
    values,
    types,
  };
}

export async function rowsOf(connection: DuckDBConnection, sql: string, bindings?: Bindings): Promise<Row[]> {
  const reader = await connection.runAndReadAll(sql, bindings && [...bindings.values], bindings && [...bindings.types]);
  return reader.getRows();
}

/** How many rows the statement has changed. */
export async function change(connection: DuckDBConnection, sql: string, bindings?: Bindings): Promise<number> {
  const result = await connection.run(sql, bindings && [...bindings.values], bindings && [...bindings.types]);
  return result.rowsChanged;
}
