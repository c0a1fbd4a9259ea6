/** `/sharing`: which accounts look shared, why, and what somebody says is fine. Whoever looks is written down first. */

import type { z } from 'zod';
import type { AccountReport, LiveSharing } from '../../insights/sharing/live/index.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { parseCidr } from '../../lib/ip.ts';
import { OWNER, type Principal } from '../auth.ts';
import {
  AuditQuery,
  AuditWire,
  FeedbackBody,
  IdParam,
  SharedAccountsWire,
  SharingQuery,
  SharingReportWire,
} from '../contract.ts';
import { notFound, type Route, route, STORE_ERRORS } from '../route.ts';
import type { Service } from '../service.ts';
import { accountWire, auditWire, reportWire } from '../sharing-wire.ts';

const ERRORS = {
  SHARING_OFF: 'Accounts are not judged here: the configuration says so.',
  FORBIDDEN: 'Reports show names and addresses of all streams: it takes the right to see them.',
  AUDIT_UNWRITABLE: 'Who looks is written down, and that failed: nothing is shown.',
};
const REPORT_ERRORS = {
  ...ERRORS,
  ...STORE_ERRORS,
  NOT_FOUND: 'There is no such account, or no such thing in its report.',
  SHARING_BUSY: 'Too many reports are being made.',
};

const DAY = 86_400_000;

export function sharingRoutes(service: Service): Route[] {
  return [
    route({
      method: 'GET',
      path: '/sharing',
      summary: 'Accounts by how likely several households use them, as they were judged last.',
      right: 'read',
      query: SharingQuery,
      answer: SharedAccountsWire,
      errors: { ...ERRORS, BAD_CURSOR: 'The cursor is not one that this query gave.' },
      handle: ({ query, principal }) => list(service, query, principal),
    }),
    route({
      method: 'GET',
      path: '/sharing/:id',
      summary: 'One account, judged now: evidence, households, devices and what it has played.',
      right: 'read',
      params: IdParam,
      answer: SharingReportWire,
      errors: REPORT_ERRORS,
      handle: async ({ params, principal }) => {
        const sharing = service.sharing();
        const account = nameOf(sharing, params.id);
        await sharing.audit.add({ ...looker(service, principal), what: 'report', ...account, fine: null });
        return reportWire(await reportOf(sharing, params.id));
      },
    }),
    route({
      method: 'POST',
      path: '/sharing/:id/feedback',
      summary: 'Says that something of an account is fine, or takes that back; answers its report.',
      right: 'write',
      params: IdParam,
      body: FeedbackBody,
      answer: SharingReportWire,
      errors: {
        ...REPORT_ERRORS,
        FEEDBACK_FULL: 'Too many things are fine already.',
        FEEDBACK_UNWRITABLE: 'It could not be kept.',
      },
      handle: ({ params, body, principal }) => setFine(service, params.id, body, principal),
    }),
    route({
      method: 'GET',
      path: '/sharing/audit',
      summary: 'Who has looked at whose report, and who said what is fine: for the owner of the data directory.',
      right: 'read',
      query: AuditQuery,
      answer: AuditWire,
      errors: ERRORS,
      handle: async ({ query, principal }) => {
        const sharing = service.sharing();
        if (principal !== OWNER) {
          throw new HeadcountError('FORBIDDEN', 'Only the owner of the data directory may read this, by its socket.');
        }
        return auditWire(await sharing.audit.page(query.limit, query.cursor ?? null));
      },
    }),
  ];
}

async function list(
  service: Service,
  { source, user, minScore, days, limit, cursor }: z.output<typeof SharingQuery>,
  principal: Principal,
): Promise<z.input<typeof SharedAccountsWire>> {
  const sharing = service.sharing();
  await sharing.audit.add({ ...looker(service, principal), what: 'list', source: null, user: null, fine: null });
  const foundSince = days === undefined ? null : service.clock.now() - days * DAY;
  const { items, nextCursor, total } = sharing.list({
    ...{ source: source ?? null, user: user ?? null, cursor: cursor ?? null },
    ...{ minScore, foundSince, limit },
  });
  return { items: items.map(accountWire), nextCursor, total, ...sharing.state };
}

async function setFine(
  service: Service,
  id: string,
  { kind, value, fine: isFine }: z.output<typeof FeedbackBody>,
  principal: Principal,
): Promise<z.input<typeof SharingReportWire>> {
  const sharing = service.sharing();
  const account = nameOf(sharing, id);
  const about = aboutOf(await reportOf(sharing, id), { kind, value, isFine });
  const who = looker(service, principal);
  await sharing.audit.add({ ...who, what: 'feedback', ...account, fine: { kind, value, isFine } });
  await sharing.setFine(id, { kind, value, about }, isFine, principal.name);
  return reportWire(await reportOf(sharing, id));
}

function looker({ clock }: Service, { name }: Principal): { at: number; who: string | null } {
  return { at: clock.now(), who: name };
}

/** Throws `NOT_FOUND`. */
function nameOf(sharing: LiveSharing, id: string): { source: string; user: string } {
  const name = sharing.nameOf(id);
  if (name === null) throw notFound('account with this id, or it has not been there for long');
  return name;
}

async function reportOf(sharing: LiveSharing, id: string): Promise<AccountReport> {
  const report = await sharing.report(id);
  if (report === null) throw notFound('account with this id, or it has not been there for long');
  return report;
}

/** What is said to be fine, in words. Throws `NOT_FOUND` and `BAD_REQUEST`. */
function aboutOf(
  report: AccountReport,
  { kind, value, isFine }: { kind: string; value: string; isFine: boolean },
): string {
  if (!isFine) {
    const said = report.fine.find((each) => each.kind === kind && each.value === value);
    if (said === undefined) throw notFound('such feedback on this account');
    return said.about;
  }
  if (kind === 'finding') {
    const finding = report.judgement.findings.find(({ id, pattern }) => id === value || pattern === value);
    if (finding === undefined) throw notFound('such finding in the report of this account');
    return finding.why;
  }
  if (kind === 'device') {
    const used = report.usedDevices.find(({ device }) => device === value);
    if (used === undefined) throw notFound('such device in the report of this account');
    return used.player ?? used.platform ?? value;
  }
  if (kind === 'user' && value !== '') throw new HeadcountError('BAD_REQUEST', 'For a user the value must be empty.');
  if (kind === 'network' && parseCidr(value) === null) {
    throw new HeadcountError('BAD_REQUEST', 'The value must be an address or a block such as 192.0.2.0/24.');
  }
  return value;
}
