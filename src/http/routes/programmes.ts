/** `/programmes`: what several streams carry, with the union of their listeners. */

import { NameParam, ProgrammeDetailWire, ProgrammesWire } from '../contract.ts';
import { programmeOf } from '../filter.ts';
import { allProgrammes, oneProgramme } from '../live-programmes.ts';
import { allStreams } from '../live-streams.ts';
import { type Route, route } from '../route.ts';
import type { Service } from '../service.ts';

export function programmeRoutes(service: Service): Route[] {
  return [
    route({
      method: 'GET',
      path: '/programmes',
      summary: 'Every programme with its status, and who listens to any of its streams.',
      right: 'read',
      answer: ProgrammesWire,
      handle: () => ({ items: allProgrammes(service.audience.programmes, () => allStreams(service)) }),
    }),
    route({
      method: 'GET',
      path: '/programmes/:name',
      summary: 'One programme, with its streams.',
      right: 'read',
      params: NameParam,
      answer: ProgrammeDetailWire,
      errors: { NOT_FOUND: 'There is no programme of this name.' },
      handle: ({ params }) => {
        const { programmes } = service.audience;
        return oneProgramme(programmes, programmeOf(programmes, params.name), allStreams(service));
      },
    }),
  ];
}
