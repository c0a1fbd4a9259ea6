/**
 * Asks Wowza's REST API for numbers: the applications, the streams of each, and how many watch each stream; four
 * questions at a time. What the answers mean is parse-rest.ts's.
 */

import { answeredBadly } from '../../transports/poll/fetch-text.ts';
import { parseJson } from '../../transports/poll/json-fields.ts';
import { pageUrl } from '../../transports/poll/peer-address.ts';
import { askEach } from '../ask-each.ts';
import type { Poll, PollAnswer } from '../polled.ts';
import { ask, type WowzaAccess } from './ask.ts';
import { parseApplications, parseInstances, parseMonitoring } from './parse-rest.ts';
import { DEFAULT_VHOST, isWithin, type Place, streamName } from './place.ts';

/** Each is a question, and two where Digest is wanted. */
const MAX_STREAMS = 1000;
const QUESTIONS_AT_ONCE = 4;

interface RestStream {
  readonly place: Place;
  readonly name: string;
  readonly isConnected: boolean | null;
}

/** Rejects as `fetchText` does, and if the answers are none of the API's. */
export async function askRest(access: WowzaAccess, address: readonly string[], poll: Poll): Promise<PollAnswer> {
  const { counters, at } = poll;
  // One or two names are those of an application: a virtual host of another name has to be said with all three.
  const vhost = address.length === 3 ? address[0]! : DEFAULT_VHOST;
  const question = { access, signal: poll.signal, base: `/v2/servers/_defaultServer_/vhosts/${encode(vhost)}` };
  const all = await streamsOf(question, vhost, address);
  const streams = all.slice(0, MAX_STREAMS);
  counters.set('streamsIgnored', all.length - streams.length);
  const { answered, failed } = await askEach(streams, QUESTIONS_AT_ONCE, poll.signal, ({ place, name }) =>
    askRead(
      question,
      `${instancesPage(place.application)}/${encode(place.instance)}/incomingstreams/${encode(name)}/monitoring/current`,
      parseMonitoring,
    ),
  );
  counters.add('streamsFailed', failed.size);
  const reports = streams.map((stream) => {
    const { place, name, isConnected } = stream;
    const listeners = answered.get(stream);
    return {
      kind: 'report' as const,
      stream: streamName(place, name),
      at,
      status: isConnected === false ? ('down' as const) : ('up' as const),
      ...(typeof listeners === 'number' ? { listeners } : {}),
    };
  });
  // The stream `second/cam` and the stream `cam` of the instance `second` have one name: then the last one counts.
  const distinct = new Map(reports.map((report) => [report.stream, report]));
  return { reports: [...distinct.values()], listeners: null };
}

interface Question {
  readonly access: WowzaAccess;
  readonly signal: AbortSignal;
  readonly base: string;
}

async function streamsOf(question: Question, vhost: string, address: readonly string[]): Promise<RestStream[]> {
  const applications = await askRead(question, '/applications', parseApplications);
  const wanted = (applications ?? []).filter((application) =>
    // The instances are not known yet: any that the address names would do.
    isWithin(address, { vhost, application, instance: address.at(-1) ?? '' }),
  );
  const { answered, failed } = await askEach(wanted, QUESTIONS_AT_ONCE, question.signal, (application) =>
    askRead(question, instancesPage(application), parseInstances),
  );
  // Streams that are not told would be taken to have gone.
  for (const error of failed.values()) throw error;
  const streams = wanted.flatMap((application) =>
    (answered.get(application) ?? []).map(({ instance, ...stream }) => ({
      place: { vhost, application, instance },
      ...stream,
    })),
  );
  return streams.filter(({ place }) => isWithin(address, place));
}

function instancesPage(application: string): string {
  return `/applications/${encode(application)}/instances`;
}

/** Null if there is no such page: what it was about has gone since. */
async function askRead<T>(
  { access, signal, base }: Question,
  page: string,
  read: (content: unknown) => T | null,
): Promise<T | null> {
  const { status, body } = await ask(access, signal, `${base}${page}`, 'application/json');
  if (status === 404 && page !== '/applications') return null;
  const url = pageUrl(access, '/');
  if (status !== 200) throw answeredBadly(url, `HTTP ${status}`, undefined, { body });
  const answer = read(parseJson(body));
  if (answer === null) throw answeredBadly(url, "no answer of Wowza's REST API", undefined, { body });
  return answer;
}

function encode(name: string): string {
  return encodeURIComponent(name);
}
