import assert from 'node:assert/strict';
import path from 'node:path';
import * as vscode from 'vscode';
import { PanelDecisions } from '../../../src/features/calibration/panel-decisions';
import { type DecisionState, NO_DECISIONS } from '../../../src/protocol/calibration-decisions';
import { readBuckets } from '../../../src/editor/settings';

describe('buckets in a restricted workspace', () => {
  it('are kept in the panel, which says why', async () => {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(folder);
    const uri = vscode.Uri.file(path.join(folder.uri.fsPath, 'any.csv'));
    let state: DecisionState = NO_DECISIONS;
    const panel = new PanelDecisions({
      uri,
      decide: ({ question, buckets }) =>
        Promise.resolve({
          question,
          buckets: [...buckets],
          n: 0,
          isTestPart: false,
          warnings: [],
          methods: [],
        }),
      isDecided: () => true,
      recompute: () => undefined,
      explained: (error) => ({ code: 'test', message: String(error) }),
      show: (shown) => {
        state = shown;
      },
    });
    const edited = [
      { name: 'yes', low: 0.8 },
      { name: 'no', low: 0 },
    ];
    await panel.edit(edited);
    panel.dispose();
    assert.deepEqual(state.buckets, edited);
    assert.match(state.bucketNote ?? '', /in this panel only: the workspace is in Restricted Mode/);
    assert.notDeepEqual(readBuckets(uri).buckets, edited);
  });
});
