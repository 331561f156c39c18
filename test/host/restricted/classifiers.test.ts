import assert from 'node:assert/strict';
import { newClassifier } from '../../../src/features/classifiers/new-classifier';
import { internals } from '../internals';
import { ScriptedDialogs } from '../scripted-dialogs';

describe('New Classifier in a restricted workspace', () => {
  it('writes nothing, and says why', async () => {
    const { services } = await internals();
    const dialogs = new ScriptedDialogs([undefined]);
    await newClassifier({ ...services, dialogs });
    assert.equal(dialogs.said.length, 1);
    assert.match(dialogs.said[0] ?? '', /is in Restricted Mode\. \[Manage Workspace Trust\]$/);
  });
});
