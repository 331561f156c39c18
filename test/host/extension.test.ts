import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { print } from './print';

describe('the extension in a trusted workspace', () => {
  it('is opened on a trusted folder', () => {
    assert.equal(vscode.workspace.isTrusted, true);
    assert.equal(vscode.workspace.workspaceFolders?.length, 1);
    print(`VS Code ${vscode.version} (${vscode.env.appHost}, Node ${process.version})`);
  });

  it('is found by its id and activates', async () => {
    const extension = vscode.extensions.getExtension('prompt-confidence.prompt-confidence');
    assert.ok(extension, 'the extension is not installed');
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  it('inherits the environment of the test run', () => {
    assert.equal(process.env.PROMPT_CONFIDENCE_ROOT, extensionPath());
  });
});

function extensionPath(): string | undefined {
  return vscode.extensions.getExtension('prompt-confidence.prompt-confidence')?.extensionPath;
}
