/**
 * What a database is about, as far as its type says it: one about something else would answer nothing for ever, which is
 * better said at the start. A type that says nothing is believed.
 */

import { HeadcountError } from '../../lib/errors.ts';

export interface Subject {
  /** Types that are about it, maybe among other things: `DBIP-Location-ISP (compat=Enterprise)`. */
  readonly types: RegExp;
  /** For the sentence that refuses others. */
  readonly needs: string;
}

export const PLACES: Subject = {
  types: /City|Country|Enterprise|Location/i,
  needs: 'geo.database needs City or Country',
};

export const NETWORKS: Subject = { types: /ASN|ISP|Enterprise/i, needs: 'asnDatabase needs ASN or ISP' };

const KNOWN = /City|Country|ASN|ISP|Domain|Connection-Type|Anonymous/i;

/** Throws code `MMDB_OTHER_KIND`. */
export function refuseOther(path: string, type: string, subject: Subject): void {
  if (subject.types.test(type) || !KNOWN.test(type)) return;
  throw new HeadcountError('MMDB_OTHER_KIND', `${path} is a ${type} database: ${subject.needs}.`);
}
