import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { SessionWire } from '../../http/contract.ts';
import { playOf } from './history-accounts.ts';

const SESSION = {
  id: 'session-1',
  stream: 'A Film',
  client: { ip: '192.0.2.1', port: null, userAgent: 'Plex for iOS (iOS)', user: 'anna', device: 'phone-1' },
  player: { name: 'Plex', version: null, type: 'app', platform: 'iOS' },
  startedAt: '2026-11-01T20:00:00.000Z',
  lastSeenAt: '2026-11-01T21:00:00.000Z',
  endedAt: '2026-11-01T21:00:00.000Z',
  durationSeconds: 3600,
  details: { player: 'Anna’s phone', platform: 'iOS 26', playSeconds: 3000 },
} as unknown as SessionWire;

test('a session whose source counts playing time, names devices and players', () => {
  assert.deepEqual(playOf(SESSION), {
    id: 'session-1',
    startedAt: Date.UTC(2026, 10, 1, 20),
    stoppedAt: Date.UTC(2026, 10, 1, 21),
    playSeconds: 3000,
    device: 'phone-1',
    platform: 'iOS 26',
    player: 'Anna’s phone',
    address: '192.0.2.1',
    title: 'A Film',
  });
});

test('of another source: as long as it lasted, the user agent tells devices apart, else the address', () => {
  const plain = { ...SESSION, details: {}, client: { ...SESSION.client, device: null } };
  const { playSeconds, device, platform, player } = playOf(plain);
  assert.deepEqual([playSeconds, device, platform, player], [3600, 'Plex for iOS (iOS)', 'iOS', 'Plex']);
  const bare = { ...plain, player: null, client: { ...plain.client, userAgent: null } };
  const told = playOf(bare);
  assert.deepEqual([told.device, told.platform, told.player], ['192.0.2.1', null, null]);
});
