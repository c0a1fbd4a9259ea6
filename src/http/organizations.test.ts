import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AudienceView } from '../core/limited-audience.ts';
import type { Session } from '../core/session.ts';
import { labelsOf } from './organizations.ts';

const VALUES = [{ value: '64496' }, { value: '64497' }, { value: null }];

/** Sessions of these networks, that count how often somebody goes through them. */
function audienceOf(networks: { asn: number; organization: string | null }[]) {
  let looks = 0;
  const values = () => {
    looks++;
    return networks.map((network) => ({ place: { geo: null, ...network } }) as Session);
  };
  const sessions: AudienceView['sessions'] = { get: () => undefined, values };
  return { sessions, looks: () => looks };
}

test('a network is called what any of its sessions says', () => {
  const audience = audienceOf([
    { asn: 64_496, organization: null },
    { asn: 64_496, organization: 'Example Net' },
  ]);
  const label = labelsOf(audience, 'asn', VALUES, 0);
  assert.deepEqual(
    VALUES.map(({ value }) => label(value)),
    ['Example Net', null, null],
  );
});

test('a network without a name is looked for from time to time, not at every answer', () => {
  const networks: { asn: number; organization: string | null }[] = [{ asn: 64_497, organization: null }];
  const audience = audienceOf(networks);
  for (let elapsed = 0; elapsed < 2000; elapsed += 100) labelsOf(audience, 'asn', VALUES, elapsed);
  assert.equal(audience.looks(), 1);
  networks.push({ asn: 64_497, organization: 'Late Net' }, { asn: 64_496, organization: 'Example Net' });
  assert.equal(labelsOf(audience, 'asn', VALUES, 2000)('64497'), 'Late Net');
  for (let elapsed = 2000; elapsed < 9000; elapsed += 100) labelsOf(audience, 'asn', VALUES, elapsed);
  assert.equal(audience.looks(), 2);
});
