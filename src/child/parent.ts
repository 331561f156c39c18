/** The connection of a process that runs models to the one that started it. It lives exactly as long as its parent. */
import { rmSync } from 'node:fs';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { SCRATCH_VARIABLE } from '../protocol/child';
import { listen, type Peer } from '../protocol/contract';

/** Not dispose(), nor exit(): native clean-up waits for what runs, or hangs, and the system takes everything back. */
function leave(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  process.kill(process.pid, 'SIGKILL');
}

/** @returns the connection, and the folder for temporary files, which need not exist */
export function connectToParent(): { readonly peer: Peer; readonly scratch: string } {
  const scratch = process.env[SCRATCH_VARIABLE];
  if (scratch === undefined) throw new Error(`${SCRATCH_VARIABLE} is not set`);
  process.on('disconnect', () => leave(scratch));
  // The parent may be gone since before the libraries were read, and the event with it.
  if (!process.connected) leave(scratch);
  const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
  return { peer: listen(connection, (error) => console.error(error)), scratch };
}
