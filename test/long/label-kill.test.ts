/** Fifty kills while two processes label rows into one file. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { labelsFile } from '../../src/store/labels';
import { killWhileLabelling } from '../support/label-and-kill';

describe('labelling despite SIGKILL', () => {
  it('loses no decision that was saved, in fifty kills', async function () {
    this.timeout(600_000);
    const workspace = mkdtempSync(path.join(os.tmpdir(), 'pc-label-kill-'));
    try {
      await killWhileLabelling(workspace, labelsFile(workspace, 'killed'), 50);
    } finally {
      rmSync(workspace, { recursive: true });
    }
  });
});
