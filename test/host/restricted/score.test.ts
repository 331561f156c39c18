import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { scoreCsv } from '../../../src/features/score/score-csv';
import { ScoreRuns } from '../../../src/features/score/score-runs';
import { internals } from '../internals';
import { ScriptedDialogs } from '../scripted-dialogs';

describe('Score CSV… in a restricted workspace', () => {
  it('writes nothing, and says why', async () => {
    const { services } = await internals();
    const dialogs = new ScriptedDialogs([undefined]);
    const own = { ...services, dialogs };
    await scoreCsv(own, new ScoreRuns(own), vscode.Uri.file('/nowhere/table.csv'));
    assert.equal(dialogs.said.length, 1);
    assert.match(dialogs.said[0] ?? '', /is in Restricted Mode\. \[Manage Workspace Trust\]$/);
  });
});
