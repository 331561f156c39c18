import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { HomeTree } from '../../../src/features/home/home-tree';
import { readBuckets, readSettings } from '../../../src/editor/settings';
import { DEFAULT_BUCKETS } from '../../../src/core/model/buckets';
import { CAN_BE_HOSTILE, OUTSIDE, outsideFile } from '../../support/hostile-places';
import { fillHostile } from '../../support/hostile-workspace';
import { until } from '../../support/until';
import { internals } from '../internals';

describe('a hostile workspace that is not trusted', () => {
  let workspace: string;
  before(() => {
    workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail();
  });

  it('has none of its files read, and no job', async function () {
    if (!CAN_BE_HOSTILE) this.skip();
    const place = mkdtempSync(path.join(os.tmpdir(), 'prompt-confidence-outside-'));
    const outside = outsideFile(place);
    const clear = fillHostile(workspace, outside);
    try {
      const { services } = await internals();
      const listed = await services.classifiers.list();
      assert.ok(listed.every(({ kind }) => kind === 'builtin'));
      assert.deepEqual(await services.jobs.unfinished(), []);
      const home = new HomeTree(services);
      const [calibrators, classifiers] = await Promise.all([
        home.getChildren({ kind: 'group', group: 'calibrators' }),
        home.getChildren({ kind: 'group', group: 'classifiers' }),
      ]);
      home.dispose();
      assert.deepEqual(
        [...calibrators, ...classifiers].map((node) => home.getTreeItem(node).label),
        [
          'Not read in Restricted Mode',
          'sentiment',
          'yes-no',
          'Those of the workspace are not read in Restricted Mode',
        ],
      );
      assert.equal(readFileSync(outside, 'utf8'), OUTSIDE);
      assert.deepEqual(readdirSync(place), ['outside.txt']);
    } finally {
      clear();
      rmSync(place, { recursive: true });
    }
  });

  it('changes neither the buckets nor the classifier, and switches no hover on', async () => {
    const file = path.join(workspace, '.vscode', 'settings.json');
    const before = readFileSync(file, 'utf8');
    const theirs = {
      'promptConfidence.buckets': [{ name: 'trust me', low: 0 }],
      'promptConfidence.classifier': 'theirs',
      'promptConfidence.hover.classifySelection': true,
      // Not restricted: shows that the file was read.
      'editor.tabSize': 3,
    };
    try {
      writeFileSync(file, JSON.stringify(theirs));
      const uri = vscode.Uri.file(path.join(workspace, 'any.csv'));
      await until(
        'the settings are read',
        () => vscode.workspace.getConfiguration('editor', uri).get('tabSize') === 3 || undefined,
      );
      assert.deepEqual(readBuckets(uri).buckets, DEFAULT_BUCKETS);
      assert.equal(readSettings(uri).classifier, 'sentiment');
      assert.equal(readSettings(uri).hoverClassifiesSelection, false);
    } finally {
      writeFileSync(file, before);
    }
  });
});
