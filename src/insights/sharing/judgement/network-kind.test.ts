import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { BERLIN, watched } from './fixture.ts';
import { networkKindOf } from './network-kind.ts';

const kindOf = (organization: string | null, asn: number | null = 64500) =>
  networkKindOf(watched('tv', { ...BERLIN, organization, asn }, 0, 20));

test('names as the bundled table has them say what networks are', () => {
  const names = {
    satellite: [
      'Space Exploration Technologies Corporation',
      'ViaSat,Inc.',
      'Hughes Network Systems, LLC',
      'Inmarsat Global Limited',
    ],
    vpn: [
      'Mullvad VPN AB',
      'Datacamp Limited',
      'M247 Europe SRL',
      'Cloudflare, Inc.',
      'ZSCALER, INC.',
      'PacketHub S.A.',
      'Apple Inc.',
    ],
    hosting: [
      'Hetzner Online GmbH',
      'OVH SAS',
      'Amazon.com, Inc.',
      'Google LLC',
      'mhosting llc',
      'Adeo Datacenter ApS',
      'Xserver Hosting',
    ],
    mobile: ['T-Mobile USA, Inc.', 'Rakuten Mobile, Inc.', 'NE COLORADO CELLULAR INC'],
    fixed: [
      'Deutsche Telekom AG',
      'Comcast Cable Communications, LLC',
      'Google Fiber Inc.',
      'Cable & Wireless Jamaica',
      'NordNet SA',
      'Hughes Brothers Inc.',
    ],
  };
  for (const [kind, list] of Object.entries(names)) for (const name of list) assert.equal(kindOf(name), kind, name);
});

test('some carriers are known by number; what nobody knows is a fixed line; whoever says it knows better', () => {
  assert.equal(kindOf('Verizon Business', 22394), 'mobile');
  assert.equal(kindOf(null, null), 'fixed');
  assert.equal(networkKindOf(watched('tv', BERLIN, 0, 20, 1, { networkKind: 'satellite' })), 'satellite');
});
