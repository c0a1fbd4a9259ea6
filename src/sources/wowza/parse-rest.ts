/**
 * What Wowza's REST API v2 says (recorded from 4.7.0, by others): applications, the incoming streams of their instances,
 * and the numbers of one stream. It counts, and lists no viewers. Pure; asking is ask-rest.ts's.
 *
 * Shapes: `{"applications":[{"id":"live"}]}` · `{"instanceList":[{"name":"_definst_","incomingStreams":[{"name":"cam",
 * "isConnected":true}]}]}` · `{"connectionCount":{"RTMP":1,"CUPERTINO":7}}`, with more protocols in newer versions.
 */

import { type Fields, fieldsOf, listIn } from '../../transports/poll/json-fields.ts';

/** Names of applications; null if this is no list of them. */
export function parseApplications(content: unknown): string[] | null {
  const applications = listOf(content, 'applications');
  return applications?.map(({ id }) => id).filter(isName) ?? null;
}

export interface IncomingStream {
  readonly instance: string;
  readonly name: string;
  /** Null if the API does not say. */
  readonly isConnected: boolean | null;
}

/** Null if this is no list of instances. */
export function parseInstances(content: unknown): IncomingStream[] | null {
  const instances = listOf(content, 'instanceList');
  if (instances === null) return null;
  return instances.flatMap((instance) => {
    const { name: instanceName } = instance;
    if (!isName(instanceName)) return [];
    return (listOf(instance, 'incomingStreams') ?? []).flatMap(({ name, isConnected }) =>
      isName(name)
        ? [{ instance: instanceName, name, isConnected: typeof isConnected === 'boolean' ? isConnected : null }]
        : [],
    );
  });
}

/** How many watch, by all protocols; null if these are no numbers of a stream. */
export function parseMonitoring(content: unknown): number | null {
  const counts = fieldsOf(fieldsOf(content)?.['connectionCount']);
  if (counts === null) return null;
  const numbers = Object.values(counts).filter((count) => Number.isSafeInteger(count)) as number[];
  return numbers.reduce((sum, count) => sum + Math.max(count, 0), 0);
}

function listOf(content: unknown, name: string): Fields[] | null {
  const items = listIn(fieldsOf(content) ?? {}, name);
  return items?.map(fieldsOf).filter((fields) => fields !== null) ?? null;
}

const MAX_NAME = 1000;

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_NAME;
}
