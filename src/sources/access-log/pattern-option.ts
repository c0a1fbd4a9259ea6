/** How a rule for paths (patterns.ts) is written. */

import { z } from 'zod';

export const patternOption = z
  .strictObject({
    path: z
      .string()
      .max(500)
      .regex(/^\//, { error: 'must begin with a slash' })
      .refine((path) => path.split('/').every((folder) => folder === '**' || !folder.includes('**')), {
        error: 'must have ** as a folder of its own',
      })
      .refine((path) => (path.match(/\{[^/]*?(?:\}|$)/g) ?? []).every((each) => NAMES.has(each)), {
        error: 'knows {stream} and {quality}, and nothing else in braces',
      })
      .refine((path) => !/[*}][*{]/.test(path.replaceAll('**', '')), {
        error: 'has two wildcards with nothing between them',
      })
      .describe('Which paths: {stream}, {quality}, * within a folder, ** for any folders.'),
    role: z.enum(['playlist', 'segment', 'progressive', 'none']).describe('What they are; none is no audience.'),
    stream: z.string().min(1).max(255).optional().describe('The stream, if the path does not tell.'),
    quality: z.string().min(1).max(255).optional().describe('The quality, if the path does not tell.'),
  })
  .refine(({ path, role, stream }) => role === 'none' || stream !== undefined || path.includes('{stream}'), {
    error: 'must say the stream: {stream} in its path, or stream',
  });

const NAMES: ReadonlySet<string> = new Set(['{stream}', '{quality}']);
