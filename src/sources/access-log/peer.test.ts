/** Against a real nginx with a real HLS stream and a crowd of real players: what the source says is what they did. */

import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { type HlsOrigin, startHlsOrigin } from '../../../lab/hls-origin.ts';
import { type PlayerPlan, type PlayerTruth, startCrowd } from '../../../lab/players.ts';
import { type Watched, watchSource } from '../../../lab/watch.ts';
import type { SessionRecord } from '../../core/session.ts';
import { accessLog } from './index.ts';

let origin: HlsOrigin;
before(async () => {
  origin = await startHlsOrigin({ streams: ['rock', 'jazz'] });
});
after(() => origin.stop());

/** Twenty players: some come late, leave early, switch, pause; two share an address, two a user agent. */
const PLANS: readonly PlayerPlan[] = Array.from({ length: 20 }, (_, i) => ({
  stream: i % 3 === 0 ? 'jazz' : 'rock',
  quality: i % 2 === 0 ? '360p' : '720p',
  userAgent: i < 2 ? 'Twin/1 "quoted" \\ é' : `Player/${i}`,
  address: i === 3 ? '127.0.1.2' : `127.0.1.${i}`,
  joinAt: (i % 5) * 400,
  ...(i % 4 === 1 ? { leaveAt: 3500 } : {}),
  ...(i % 6 === 2
    ? {
        switches: [
          { at: 2000, quality: '720p' },
          { at: 3500, quality: '360p' },
        ],
      }
    : {}),
  ...(i % 7 === 4 ? { pauses: [{ from: 2500, to: 4200 }] } : {}),
}));

const requestsOf = (watched: Watched) => watched.sessions().reduce((sum, { requests }) => sum + requests, 0);

test('every player is one session, with its requests, bytes, qualities and times', async () => {
  const watched = watchSource(accessLog, { path: origin.logPath, poll: '50ms' });
  const crowd = startCrowd(origin.url, PLANS);
  await until('half of it', () => crowd.truth.every(({ requests }) => requests > 3), 10_000);
  await origin.rotate();
  await until('five seconds of playing', () => playedFor(crowd.truth) > 5500, 15_000);
  const truth = await crowd.stop();
  const requests = truth.reduce((sum, player) => sum + player.requests, 0);
  await until(`${requests} requests`, () => requestsOf(watched) >= requests);
  await watched.stop();

  const sessions = watched.sessions();
  assert.equal(requestsOf(watched), requests);
  assert.equal(sessions.length, PLANS.length);
  for (const player of truth) isSameAs(player, sessionOf(player, sessions));
  assert.equal(watched.counters.get('rejected'), 0);
  assert.equal(watched.counters.get('rotations'), 1);
  assert.equal(watched.counters.get('late'), 0);
  assert.deepEqual([...watched.reports.values()].map(({ stream, status }) => `${stream} ${status}`).sort(), [
    'jazz up',
    'rock up',
  ]);
});

function playedFor(truth: readonly PlayerTruth[]): number {
  const first = Math.min(...truth.map(({ firstAt }) => firstAt ?? Number.POSITIVE_INFINITY));
  return Math.max(...truth.map(({ lastAt }) => lastAt ?? 0)) - first;
}

function sessionOf({ plan }: PlayerTruth, sessions: readonly SessionRecord[]): SessionRecord {
  const own = sessions.filter(
    ({ address, userAgent, stream }) =>
      address === plan.address && userAgent === plan.userAgent && stream === plan.stream,
  );
  assert.equal(own.length, 1, `${own.length} sessions of ${plan.userAgent} at ${plan.address}`);
  return own[0]!;
}

function isSameAs(player: PlayerTruth, session: SessionRecord): void {
  const who = player.plan.userAgent;
  assert.equal(session.requests, player.requests, who);
  assert.equal(session.bytes, player.bytes, who);
  assert.equal(player.refused, 0, who);
  assert.equal(session.quality, player.qualities.at(-1), who);
  const changes = session.qualities.filter((point, i) => session.qualities[i - 1]?.value !== point.value);
  assert.deepEqual(
    changes.map(({ value }) => value),
    player.qualities,
    who,
  );
  // The log has whole seconds, cut off, and tells when a request ended.
  const offBy = session.startedAt - player.firstAt!;
  assert.ok(offBy > -1000 && offBy < 1000, `${who} began ${offBy} ms off`);
  const endOffBy = session.lastSeenAt - player.lastAt!;
  assert.ok(endOffBy > -1100 && endOffBy < 1000, `${who} ended ${endOffBy} ms off`);
}
