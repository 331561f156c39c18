/** Messages that every page may send to its host, besides those of its own contract. */
import type { Message } from 'vscode-jsonrpc';
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

/** Whether something that was posted belongs to the connection: anything may be posted to a window. */
export function isMessage(data: unknown): data is Message {
  return typeof data === 'object' && data !== null && 'jsonrpc' in data && data.jsonrpc === '2.0';
}
