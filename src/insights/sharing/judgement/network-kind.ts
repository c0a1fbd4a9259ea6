/**
 * What a network says of where its users are, by the name of its organization and, where names say nothing, by its number.
 * The lists are short on purpose: the largest of each kind, as RouteViews and DB-IP name them. A network that is not known
 * is a fixed line.
 */

import type { JudgedPlay, NetworkKind } from './judged.ts';

/** Carriers whose name does not say that they are: T-Mobile US, Verizon Wireless, AT&T Mobility, Three UK, Jio, Airtel. */
const MOBILE_NUMBERS = new Set([21928, 6167, 22394, 20057, 60339, 55836, 45609]);

const NAMES: readonly (readonly [NetworkKind, RegExp])[] = [
  [
    'satellite',
    /\b(starlink|spacex|space exploration|viasat|hughes (network|communications)|oneweb|eutelsat|inmarsat)\b/i,
  ],
  // Whoever sells them, whoever they rent from, and what firms and telephones send all traffic through.
  [
    'vpn',
    /vpn\b|\b(mullvad|proton ag|tefincom|packethub|private internet access|windscribe|surfshark|m247|datacamp|31173 services|zscaler|netskope|cloudflare|akamai|fastly|apple inc)\b/i,
  ],
  [
    'hosting',
    /hosting\b|\b(hosts?|vps|colo|colocation|servers?|clouds?|data ?cent(er|re)s?|digitalocean|linode|hetzner|ovh|leaseweb|contabo|scaleway|vultr|choopa|constant company|amazon\.com|amazon data services|google llc|google cloud|microsoft|oracle|alibaba|tencent)\b/i,
  ],
  ['mobile', /\b(mobile|mobility|cellular|cellco)\b/i],
];

export function networkKindOf({ networkKind, asn, organization }: JudgedPlay): NetworkKind {
  if (networkKind !== null) return networkKind;
  if (asn !== null && MOBILE_NUMBERS.has(asn)) return 'mobile';
  if (organization === null) return 'fixed';
  return NAMES.find(([, name]) => name.test(organization))?.[0] ?? 'fixed';
}
