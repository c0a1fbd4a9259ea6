/** What feedback is about, and what is written down of who looks: also said on the wire. */

export const FEEDBACK_KINDS = ['finding', 'device', 'network', 'user'] as const;
export type FeedbackKind = (typeof FEEDBACK_KINDS)[number];

export const AUDITED = ['list', 'report', 'feedback'] as const;
