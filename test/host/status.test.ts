import assert from 'node:assert/strict';
import path from 'node:path';
import * as vscode from 'vscode';
import { StatusItem } from '../../src/features/status/status';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import type { Services } from '../../src/editor/services';
import { TEST_MODEL } from '../support/paths';
import { until } from '../support/until';
import { internals, scoreTexts, setMachineSetting, useOneThread } from './internals';

describe('the status bar item in the editor', () => {
  let services: Services;
  let item: StatusItem;
  const [sentiment] = BUILTIN_CLASSIFIERS;

  const shows = (pattern: RegExp): Promise<string> =>
    until(`the status says ${String(pattern)}`, () =>
      pattern.test(item.shown.text) ? item.shown.text : undefined,
    );
  const classify = async (): Promise<void> => {
    assert.ok(sentiment);
    const { scores } = await scoreTexts(services, sentiment, ['I love this movie!'], { topTokens: 0 });
    assert.equal(scores[0]?.label, 'positive');
  };

  before(async () => {
    ({ services } = await internals());
    await useOneThread();
    await setMachineSetting('model', path.basename(TEST_MODEL));
    await services.engineModels.engine.stop();
    item = new StatusItem(services);
  });
  after(async () => {
    item.dispose();
    await services.engineModels.engine.reset();
    for (const name of ['model', 'unloadAfterMinutes', 'nodePath', 'threads'])
      await setMachineSetting(name, undefined);
  });

  it('has its commands', async () => {
    const commands = await vscode.commands.getCommands(true);
    for (const name of ['restartEngine', 'showLog', 'showActions'])
      assert.ok(commands.includes(`promptConfidence.${name}`), name);
    await vscode.commands.executeCommand('promptConfidence.showLog');
  });

  it('names a model that is not there', async () => {
    await setMachineSetting('model', 'lost.gguf');
    await shows(/sentiment · lost: missing/);
    await setMachineSetting('model', path.basename(TEST_MODEL));
    await shows(/^\$\(symbol-boolean\) sentiment · gemma-3-270m-q4_k_m$/);
  });

  it('names the endpoint or editor model that the chosen classifier asks instead', async () => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? assert.fail();
    const file = vscode.Uri.joinPath(folder, '.prompt-confidence/classifiers/away.json');
    const choose = async (source: string): Promise<void> => {
      const classifier = {
        version: 1,
        name: 'away',
        template: '{{text}}:',
        labels: [{ name: 'yes' }, { name: 'no' }],
        source,
      };
      await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(JSON.stringify(classifier)));
      const settings = vscode.workspace.getConfiguration('promptConfidence');
      await settings.update('classifier', undefined, vscode.ConfigurationTarget.Workspace);
      await settings.update('classifier', 'away', vscode.ConfigurationTarget.Workspace);
    };
    try {
      await choose('editor:tiny-chat');
      await shows(/^\$\(globe\) away · tiny-chat$/);
      await choose('endpoint:ours');
      await shows(/^\$\(globe\) away · ours$/);
      assert.match(item.shown.details.at(-1)?.[1] ?? '', /There is no endpoint "ours"/);
      const endpoint = { name: 'ours', url: 'http://localhost:9', api: 'chat', model: 'tiny' };
      await setMachineSetting('endpoints', [endpoint]);
      await until('the endpoint is known', () => (item.shown.severity === 'none' ? true : undefined));
      assert.deepEqual(item.shown.details[1], ['Source', 'endpoint ours: tiny at http://localhost:9/v1']);
    } finally {
      await setMachineSetting('endpoints', undefined);
      await vscode.workspace
        .getConfiguration('promptConfidence')
        .update('classifier', undefined, vscode.ConfigurationTarget.Workspace);
      await vscode.workspace.fs.delete(file);
    }
    await shows(/^\$\(symbol-boolean\) sentiment · gemma-3-270m-q4_k_m$/);
  });

  it('goes from starting to ready with the first request', async () => {
    const seen = new Set<string>();
    const watch = services.engineModels.engine.onStateChange((state) => seen.add(state.kind));
    await classify();
    watch.dispose();
    // Where another model was used before, the engine is stopped first.
    seen.delete('stopped');
    assert.deepEqual([...seen], ['starting', 'ready']);
    await shows(/sentiment · gemma-3-270m-q4_k_m · CPU, 1 thread$/);
  });

  it('turns red when the engine dies, and is well again after Restart Engine', async () => {
    const { pid } = services.engineModels.engine;
    assert.ok(pid);
    process.kill(pid, 'SIGKILL');
    await shows(/^\$\(error\) sentiment · gemma-3-270m-q4_k_m: failed$/);
    assert.equal(item.shown.severity, 'error');
    await vscode.commands.executeCommand('promptConfidence.restartEngine');
    await shows(/CPU, 1 thread$/);
  });

  it('takes a changed number of GPU layers over with the next request', async () => {
    const before = services.engineModels.engine.pid;
    await setMachineSetting('gpuLayers', 0);
    await classify();
    const after = services.engineModels.engine.pid;
    assert.notEqual(after, before);
    await classify();
    assert.equal(services.engineModels.engine.pid, after);
    await setMachineSetting('gpuLayers', undefined);
  });

  it('shows that the model was unloaded after the idle time, which can change meanwhile', async () => {
    await classify();
    services.engineModels.engine.configure({ nodePath: undefined, idleMs: 1 });
    await shows(/^\$\(symbol-boolean\) sentiment · gemma-3-270m-q4_k_m$/);
    services.engineModels.engine.configure({ nodePath: undefined, idleMs: 0 });
  });

  it('runs the engine under another Node with the next request', async () => {
    await classify();
    const before = services.engineModels.engine.pid;
    await setMachineSetting('nodePath', process.execPath);
    assert.equal(services.engineModels.engine.pid, before);
    await classify();
    assert.notEqual(services.engineModels.engine.pid, before);
    await setMachineSetting('nodePath', undefined);
  });
});
