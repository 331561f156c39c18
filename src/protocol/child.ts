/** What every process that runs models shares with its parent. */
import * as z from 'zod';
import { notification } from './contract';

/** Environment variable with the folder for the process's temporary files, which need not exist. */
export const SCRATCH_VARIABLE = 'PROMPT_CONFIDENCE_SCRATCH';

const loadProgressSchema = z.object({
  phase: z.enum(['probing', 'loading', 'preparing']),
  /** Share done, 0 to 1, of the phase. */
  fraction: z.number(),
});
export type LoadProgress = z.infer<typeof loadProgressSchema>;

/** What such a process tells its parent. */
export const CHILD_CONTRACT = {
  loadProgress: notification(loadProgressSchema),
  log: notification(z.object({ level: z.enum(['error', 'warn', 'info', 'debug']), message: z.string() })),
};
