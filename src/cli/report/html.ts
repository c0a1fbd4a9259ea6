import type { Report } from './report.ts';
export function reportHtml(_: Report): string {
  return '';
}
