import assert from 'node:assert/strict';
import { newClassifier } from '../../../src/features/classifiers/new-classifier';
import { internals } from '../internals';
import { ScriptedPrompts } from '../scripted-prompts';

describe('New Classifier in a restricted workspace', () => {
  it('writes nothing, and says why', async () => {
    const { services } = await internals();
    const prompts = new ScriptedPrompts([undefined]);
    await newClassifier({ ...services, prompts });
    assert.equal(prompts.said.length, 1);
    assert.match(prompts.said[0] ?? '', /not trusted yet\. \[Manage Workspace Trust\]$/);
  });
});
