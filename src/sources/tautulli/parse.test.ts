import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { FOREVER } from '../../core/observation.ts';
import { parseActivity, parseHistory } from './parse.ts';

const STARTED = 1_790_000_000;
const ROW = {
  reference_id: 12,
  row_id: 12,
  id: 12,
  date: STARTED,
  started: STARTED,
  stopped: STARTED + 3600,
  duration: 3000,
  play_duration: 3000,
  paused_counter: 600,
  user_id: 5,
  user: 'alice@example.org',
  friendly_name: 'Alice',
  platform: 'iOS',
  product: 'Plex for iOS',
  player: 'Phone',
  ip_address: '192.0.2.4',
  machine_id: 'm-1',
  location: 'wan',
  media_type: 'episode',
  rating_key: 99,
  full_title: 'A Show - Pilot',
  title: 'Pilot',
  transcode_decision: 'direct play',
  percent_complete: 83,
  state: null,
  session_key: null,
};
const page = (...rows: unknown[]) =>
  parseHistory({ draw: 1, recordsTotal: 999, recordsFiltered: rows.length, data: rows })!;
const one = (changes: Record<string, unknown>) => page({ ...ROW, ...changes }).rows[0]!.presence;

test('a row is a finished session of its user, on what was played', () => {
  const { key, presence } = page(ROW).rows[0]!;
  assert.equal(key, `12:${STARTED}`);
  assert.deepEqual(presence, {
    kind: 'presence',
    stream: 'A Show - Pilot',
    client: {
      address: '192.0.2.4',
      port: null,
      userAgent: 'Plex for iOS (iOS)',
      user: 'Alice',
      device: 'm-1',
      connection: `row 12 ${STARTED} ${STARTED + 3600} 5 99`,
      playback: null,
      isPublisher: false,
    },
    from: STARTED * 1000,
    to: (STARTED + 3600) * 1000,
    since: null,
    until: null,
    over: true,
    provisional: false,
    bytes: 0,
    requests: 0,
    traffic: null,
    qualities: null,
    title: null,
    details: {
      player: 'Phone',
      product: 'Plex for iOS',
      platform: 'iOS',
      location: 'wan',
      mediaType: 'episode',
      transcodeDecision: 'direct play',
      ratingKey: '99',
      playSeconds: 3000,
      pausedSeconds: 600,
      percentComplete: 83,
    },
  });
});

test('[003t] 143: without an end it lasted as long as it played, before and after 2.12.3', () => {
  const end = (changes: Record<string, unknown>) => one(changes).to / 1000 - STARTED;
  assert.equal(end({ stopped: 0 }), 3000);
  assert.equal(end({ stopped: null, play_duration: undefined }), 3000);
  assert.equal(end({ stopped: null, play_duration: null, duration: null }), 0);
  assert.equal(end({ stopped: STARTED - 5 }), 3000, 'an end before the start is none');
  assert.equal(end({ stopped: 0, play_duration: -7 }), 0);
});

test('anything may be null', () => {
  const nothing = Object.fromEntries(Object.keys(ROW).map((key) => [key, null]));
  const { stream, client, details } = one({ ...nothing, row_id: 1, started: STARTED });
  assert.equal(stream, 'unknown');
  assert.deepEqual(
    { ...client, connection: null },
    {
      ...{ address: null, port: null, userAgent: null, user: null, device: null, connection: null, playback: null },
      isPublisher: false,
    },
  );
  assert.deepEqual(details, { playSeconds: 0 });
  assert.equal(one({ full_title: null }).stream, 'Pilot');
  assert.equal(one({ full_title: '', title: ' ' }).stream, '#99');
  assert.equal(one({ product: null }).client.userAgent, 'iOS');
  assert.equal(one({ friendly_name: '' }).client.user, 'alice@example.org');
});

test('[003t] 142: rows that still play are left to the live view; rows that say nothing are counted', () => {
  const { rows, active, unreadable, length } = page(
    ROW,
    { ...ROW, row_id: null, state: 'playing' },
    { ...ROW, state: 'paused' },
    { ...ROW, started: 0 },
    { ...ROW, started: 'soon' },
    { ...ROW, started: 1e18 },
    null,
    'row',
  );
  assert.deepEqual([rows.length, active, unreadable, length], [1, 2, 5, 8]);
});

test('equal rows of a database that was begun anew have other keys', () => {
  assert.notEqual(page(ROW).rows[0]!.key, page({ ...ROW, started: STARTED + 1 }).rows[0]!.key);
});

test('a live session has the listener and the stream that its row will have', () => {
  const session = {
    ...{ session_key: '7', session_id: 'abc', user_id: 5, user: 'alice@example.org', friendly_name: 'Alice' },
    ...{ ip_address: '192.0.2.4', machine_id: 'm-1', player: 'Phone', product: 'Plex for iOS', platform: 'iOS' },
    ...{ location: 'wan', media_type: 'episode', rating_key: '99', full_title: 'A Show - Pilot', title: 'Pilot' },
    ...{ transcode_decision: 'direct play', view_offset: '1000', duration: '3600000' },
  };
  const { present, unreadable } = parseActivity({ stream_count: '1', sessions: [session, {}, 5] }, 1000)!;
  assert.equal(unreadable, 2);
  const [live] = present;
  const row = one({});
  assert.equal(live!.stream, row.stream);
  assert.deepEqual({ ...live!.client, connection: null }, { ...row.client, connection: null });
  assert.equal(live!.client.connection, 'live 7 abc');
  assert.deepEqual(
    [live!.from, live!.to, live!.until, live!.provisional, live!.over],
    [1000, 1000, FOREVER, true, false],
  );
  for (const [name, value] of Object.entries(live!.details!)) assert.equal(row.details![name], value, name);
});

test('[003t] 141: nobody plays is known; an unreachable Plex is not; one session may come alone', () => {
  assert.deepEqual(parseActivity({ stream_count: '0', sessions: [] }, 1000), { present: [], unreadable: 0 });
  assert.equal(parseActivity({}, 1000), null);
  const { present } = parseActivity({ session_key: '7', session_id: 'abc', full_title: 'Pilot' }, 1000)!;
  assert.deepEqual(
    present.map(({ stream, client }) => [stream, client.connection]),
    [['Pilot', 'live 7 abc']],
  );
});

test('whatever comes, it is read or refused', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(ROW)), (value, field) => {
      parseHistory(value);
      parseActivity(value, 1000);
      const { rows, active, unreadable } = page({ ...ROW, [field]: value });
      assert.equal(rows.length + active + unreadable, 1);
      for (const { presence } of rows) assert.ok(presence.from <= presence.to && Number.isSafeInteger(presence.to));
      parseActivity({ sessions: [{ ...ROW, session_key: '1', [field]: value }] }, 1000);
    }),
    { numRuns: 1000 },
  );
});
