import assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('the extension in a restricted workspace', () => {
  it('is opened on a folder that is not trusted', () => {
    assert.equal(vscode.workspace.isTrusted, false);
  });
});
