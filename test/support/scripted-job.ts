/** A kind of job whose program is test/support/scripted-program.mjs. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type { JobKind } from '../../src/app/jobs/job';
import { processKind, type ProcessHome } from '../../src/app/jobs/process-kind';
import { ROOT } from './paths';

const orderSchema = z.object({
  /** Absolute path; the checkpoint is also the output. */
  checkpoint: z.string(),
  steps: z.int(),
  /** Waits for ever before this step, where it began before it. */
  holdAt: z.int().exactOptional(),
  /** Ends with code 3 before this step, where it began before it. */
  crashAt: z.int().exactOptional(),
  /**
   * Garbage: writes it. Silent: has no result. Fails: says why it cannot go on. Stubborn: with a child, both deaf to SIGTERM. Outlives: it does not
   * end with its standard input.
   */
  mode: z.enum(['garbage', 'silent', 'fails', 'stubborn', 'outlives']).exactOptional(),
  /** Where program and child connect to while they live. */
  port: z.int().exactOptional(),
});
export type ScriptedOrder = z.infer<typeof orderSchema>;

const resultSchema = z.object({ begun: z.int(), steps: z.int() });
export type ScriptedResult = z.infer<typeof resultSchema>;

export function scriptedKind(
  folder: string,
  home: Partial<ProcessHome> = {},
  executable = process.execPath,
  silenceMs?: number,
): JobKind<ScriptedOrder, ScriptedResult> {
  return processKind(
    {
      name: 'scripted',
      order: orderSchema,
      result: resultSchema,
      title: ({ checkpoint }) => `Working on ${path.basename(checkpoint)}`,
      output: ({ checkpoint }) => checkpoint,
      program: (order) =>
        Promise.resolve({
          argv: [executable, path.join(ROOT, 'test/support/scripted-program.mjs'), JSON.stringify(order)],
          env: process.env,
          cwd: path.dirname(order.checkpoint),
        }),
      ...(silenceMs === undefined ? {} : { silenceMs }),
      finish: (_, result) => Promise.resolve(result),
      discard: ({ checkpoint }) => rm(checkpoint, { force: true }),
    },
    { folder, now: () => performance.now(), ...home },
  );
}
