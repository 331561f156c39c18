/** What every page may say to its host, beside what its own contract has. */
import * as z from 'zod';
import { NOTHING, notification } from './contract';

export const PAGE_CONTRACT = {
  host: {
    /** The page cannot be shown: for the log. */
    failed: notification(z.object({ message: z.string() })),
    /** Load the page anew. */
    restart: notification(NOTHING),
  },
};
