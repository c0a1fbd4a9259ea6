import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { describeHeader } from './rejected-header.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

test('method, class and length, and nothing of what is behind the header', () => {
  // An allocate request that says 88 bytes, with an attribute that holds 198.51.100.7.
  const message = bytes('0003 0058 2112a442 000000000000000000000000 0012 0008 0001 c3d4 c6336407');
  assert.equal(
    describeHeader(message),
    'STUN allocate request: 88 bytes by its header, 12 behind it; begins 0003 0058',
  );
  assert.match(describeHeader(bytes('0113 0007')), /^STUN allocate errorResponse: 7 bytes by its header, 0 behind it/);
  assert.match(describeHeader(bytes('0ff1 0007 2112')), /^STUN other /);
});

test('a channel is told by its number', () => {
  const shown = describeHeader(bytes('4001 0400 6869'));
  assert.equal(shown, 'ChannelData: 1024 bytes by its header, 2 behind it; begins 4001 0400');
});
