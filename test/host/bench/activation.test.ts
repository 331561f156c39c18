/** Run by `npm run bench` alone: nothing else may have activated the extension before. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Shell } from '../../../src/shell';
import { print } from '../print';

describe('activation', () => {
  it('is timed', async () => {
    const extension = vscode.extensions.getExtension<Shell>('prompt-confidence.prompt-confidence');
    assert.ok(extension);
    assert.equal(extension.isActive, false, 'something activated the extension already');
    const started = performance.now();
    const { wake } = await extension.activate();
    const active = performance.now();
    await wake();
    const all = performance.now() - started;
    print(
      `activation (load and activate, real extension host): ${(active - started).toFixed(0)} ms; ` +
        `with everything that the first use loads: ${all.toFixed(0)} ms`,
    );
  });
});
