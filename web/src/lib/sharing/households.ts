/** How a household is called and coloured: the same everywhere in a report. */

import type { SharingReportWire } from '../../../../src/http/contract.ts';
import { placeName } from '../place-name.ts';
import { texts } from '../texts.ts';

/** So many are told apart; later ones share the last. */
const COLOURS = 5;

/** By its place in the report's list; -1 is none that is known. */
export function colourOfHousehold(household: number): string {
  return household < 0 ? 'var(--quiet)' : `var(--household-${Math.min(household, COLOURS)})`;
}

/** Null is none that is known. */
export function householdName(household: SharingReportWire['allHouseholds'][number] | null): string {
  const words = texts.sharing;
  if (household === null) return words.unknownPlace;
  const { kind, place, networks } = household;
  const where = place === null ? (networks[0] ?? words.unknownPlace) : placeName({ ...place, countryCode: null });
  return `${words.householdKinds[kind]} · ${where}`;
}
