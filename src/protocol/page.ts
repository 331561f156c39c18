/** Messages that every page may send to its host, besides those of its own contract. */
import * as z from 'zod';
import { NOTHING, notification } from './contract';

export const PAGE_CONTRACT = {
  host: {
    /** The page cannot be shown; the message goes to the log. */
    failed: notification(z.object({ message: z.string() })),
    /** Load the page again. */
    restart: notification(NOTHING),
  },
};
