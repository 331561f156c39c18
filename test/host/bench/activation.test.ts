/** Run by `npm run bench` alone: nothing else may have activated the extension before. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { print } from '../print';

describe('activation', () => {
  it('is timed', async () => {
    const extension = vscode.extensions.getExtension('prompt-confidence.prompt-confidence');
    assert.ok(extension);
    assert.equal(extension.isActive, false, 'something activated the extension already');
    const started = performance.now();
    await extension.activate();
    print(
      `activation (load and activate, real extension host): ${(performance.now() - started).toFixed(0)} ms`,
    );
  });
});
