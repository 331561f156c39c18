import assert from 'node:assert/strict';
import type { ChosenModel } from '../../../src/editor/chosen-model';
import { actionChoices, declaredKeys } from '../../../src/features/status/actions';
import {
  type ModelStates,
  shortName,
  statusText,
  withClassifier,
  withJobs,
} from '../../../src/features/status/status-text';
import type { ModelInfo } from '../../../src/protocol/engine';
import type { EngineState } from '../../../src/sources/engine-client';

const there: ChosenModel = { kind: 'there', file: 'gemma-3-270m-q4_k_m.gguf', bytes: 253e6 };
const model: ModelInfo = {
  fileName: 'gemma-3-270m-q4_k_m.gguf',
  bytes: 253e6,
  name: 'Gemma 3',
  hasChatTemplate: false,
  trainContextTokens: 32768,
  device: { backend: 'cpu', names: [], offloadedLayers: 0, totalLayers: 19, threads: 2 },
  loadMs: 812,
  versions: { nodeLlamaCpp: '3.22.1', llamaCpp: 'b1' },
};

describe('the status bar item', () => {
  const show = (state: EngineState, chosen: ChosenModel = there) =>
    statusText({ engine: state, encoder: { kind: 'stopped' } }, chosen, { unloadAfterMinutes: 15 });

  it('shows jobs beside the state of the model, whatever their names are', () => {
    const status = show({ kind: 'stopped' });
    assert.equal(withJobs(status, []), status);
    const progress = { done: 6, total: 25, words: '6 of 25 rows (24%)', timeLeft: undefined };
    const job = { title: 'Scoring $(bug).csv', progress };
    const one = withJobs(status, [job]);
    assert.equal(one.text, `${status.text} · Scoring $ (bug).csv 24%`);
    assert.equal(one.spoken, `${status.spoken} · Scoring $(bug).csv 24%`);
    assert.deepEqual(one.details.at(-1), ['Job', 'Scoring $(bug).csv: 6 of 25 rows (24%)']);
    const two = withJobs(status, [job, { title: 'Scoring b.csv', progress: undefined }]);
    assert.equal(two.text, `${status.text} · 2 jobs`);
    assert.deepEqual(two.details.at(-1), ['Job', 'Scoring b.csv: starting']);
  });

  it('names the classifier in use before the model, whatever its name is', () => {
    const status = show({ kind: 'stopped' });
    const raw = withClassifier(status, { name: 'a $& $(bug)', isThere: true, calibrator: undefined });
    assert.equal(raw.text, '$(symbol-boolean) a $& $ (bug) · gemma-3-270m-q4_k_m');
    assert.equal(raw.spoken, 'Prompt Confidence: a $& $(bug), gemma-3-270m-q4_k_m');
    assert.deepEqual(raw.details[0], ['Classifier', 'a $& $(bug), raw scores']);
    assert.equal(raw.severity, 'none');
    const calibrated = withClassifier(status, { name: 'mood', isThere: true, calibrator: 'reviews' });
    assert.deepEqual(calibrated.details[0], ['Classifier', 'mood, calibrated by reviews']);
    const lost = withClassifier(status, { name: 'mood', isThere: false, calibrator: undefined });
    assert.equal(lost.text, '$(symbol-boolean) mood: missing · gemma-3-270m-q4_k_m');
    assert.equal(lost.severity, 'warning');
    const failed = show({ kind: 'failed', error: new Error('SIGKILL') });
    assert.equal(
      withClassifier(failed, { name: 'mood', isThere: false, calibrator: undefined }).severity,
      'error',
    );
  });

  it('says that there is no model, and what to do', () => {
    const status = show({ kind: 'stopped' }, { kind: 'none', present: 0 });
    assert.equal(status.text, '$(symbol-boolean) No model');
    assert.equal(status.severity, 'warning');
    assert.match(status.details[0]?.[1] ?? '', /download one/);
    assert.match(
      show({ kind: 'stopped' }, { kind: 'none', present: 3 }).details[0]?.[1] ?? '',
      /none of the 3/,
    );
  });

  it('says that the chosen model is not there', () => {
    const status = show({ kind: 'stopped' }, { kind: 'missing', file: 'lost.gguf' });
    assert.equal(status.spoken, 'Prompt Confidence: lost: missing');
    assert.equal(status.severity, 'warning');
  });

  it('names the model while it is not loaded', () => {
    const status = show({ kind: 'stopped' });
    assert.equal(status.text, '$(symbol-boolean) gemma-3-270m-q4_k_m');
    assert.deepEqual(status.details[0], ['Model', 'gemma-3-270m-q4_k_m.gguf, 253 MB']);
  });

  it('shows how far loading is', () => {
    const loading = show({ kind: 'starting', progress: { phase: 'loading', fraction: 0.456 } });
    assert.equal(loading.text, '$(loading~spin) gemma-3-270m-q4_k_m: loading the model, 45%');
    const probing = show({ kind: 'starting', progress: { phase: 'probing', fraction: 0 } });
    assert.match(probing.text, /looking for a GPU$/);
  });

  it('names device and threads when ready', () => {
    const status = show({ kind: 'ready', model, pending: 0 });
    assert.equal(status.text, '$(symbol-boolean) gemma-3-270m-q4_k_m · CPU, 2 threads');
    assert.equal(status.severity, 'none');
    assert.deepEqual(status.details.at(-2), ['Unloads', 'after 15 minutes without use']);
  });

  it('names the GPU and the layers on it', () => {
    const device = { ...model.device, backend: 'cuda' as const, names: ['NVIDIA L4'], offloadedLayers: 19 };
    const status = show({ kind: 'ready', model: { ...model, device }, pending: 0 });
    assert.match(status.text, /NVIDIA L4, 19 of 19 layers$/);
  });

  it('says why the CPU is used although a GPU was wanted', () => {
    const device = { ...model.device, fallback: 'The GPU did not answer in time.' };
    const status = show({ kind: 'ready', model: { ...model, device }, pending: 0 });
    assert.deepEqual(status.details[2], ['Why not on a GPU', 'The GPU did not answer in time.']);
  });

  it('counts what is running', () => {
    const status = show({ kind: 'ready', model, pending: 3 });
    assert.equal(status.text, '$(sync~spin) gemma-3-270m-q4_k_m · CPU, 2 threads · 3 running');
  });

  it('says when the next request will load another model', () => {
    const status = show({ kind: 'ready', model, pending: 0 }, { kind: 'there', file: 'b.gguf', bytes: 1 });
    assert.ok(status.details.some(([what, how]) => what === 'Next request' && how === 'loads b.gguf'));
  });

  const elsewhere: ChosenModel = {
    kind: 'elsewhere',
    name: 'ours',
    inWords: 'endpoint ours: tiny at http://localhost:8000/v1',
    present: 1,
  };

  it('names the endpoint that the chosen classifier asks, whatever the engine does', () => {
    const states: readonly (readonly [EngineState, string | undefined])[] = [
      [{ kind: 'stopped' }, undefined],
      [{ kind: 'starting', progress: { phase: 'loading', fraction: 0.5 } }, 'loading the model, 50%'],
      [{ kind: 'ready', model, pending: 1 }, 'gemma-3-270m-q4_k_m.gguf, 1 request running'],
      [{ kind: 'failed', error: new Error('SIGKILL') }, 'failed: SIGKILL'],
    ];
    for (const [state, engine] of states) {
      const status = show(state, elsewhere);
      assert.equal(status.text, '$(globe) ours');
      assert.equal(status.severity, 'none');
      assert.deepEqual(status.details[0], ['Source', 'endpoint ours: tiny at http://localhost:8000/v1']);
      assert.equal(
        status.details.find(([what]) => what === 'Model on this machine')?.[1],
        engine && `${engine}; the chosen classifier does not use it`,
      );
    }
  });

  it('warns of an endpoint that is not there', () => {
    const status = show({ kind: 'stopped' }, { ...elsewhere, problem: 'There is no endpoint "ours".' });
    assert.equal(status.severity, 'warning');
    assert.deepEqual(status.details.at(-1), ['Reason', 'There is no endpoint "ours".']);
  });

  it('turns red with the reason when the engine failed', () => {
    const status = show({ kind: 'failed', error: new Error('it was ended by SIGKILL') });
    assert.equal(status.severity, 'error');
    assert.deepEqual(status.details.at(-1), ['Reason', 'it was ended by SIGKILL']);
  });

  it('shows the state of the process that a sequence classification model has of its own', () => {
    const chosen: ChosenModel = { kind: 'encoder', file: 'topics', isThere: true, present: 1 };
    const info = {
      tokenLimit: 512,
      batches: true,
      threads: 1,
      loadMs: 340,
      versions: { onnxruntime: '1.30.0' },
    };
    const shown = (encoder: ModelStates['encoder'], isThere = true) =>
      statusText(
        { engine: { kind: 'stopped' }, encoder },
        { ...chosen, isThere },
        { unloadAfterMinutes: 15 },
      );
    assert.equal(shown({ kind: 'stopped' }).text, '$(symbol-boolean) topics');
    const progress = { phase: 'loading', fraction: 0 } as const;
    assert.equal(
      shown({ kind: 'starting', progress }).spoken,
      'Prompt Confidence: topics: loading the model',
    );
    const ready = shown({ kind: 'ready', model: info, pending: 0 });
    assert.equal(ready.text, '$(symbol-boolean) topics · CPU');
    assert.deepEqual(ready.details.slice(1), [
      ['Device', 'CPU, 1 thread'],
      ['State', 'ready'],
      ['Unloads', 'after 15 minutes without use'],
      ['Loaded in', '0.3 s, by ONNX Runtime 1.30.0'],
    ]);
    assert.equal(
      shown({ kind: 'ready', model: info, pending: 2 }).text,
      '$(sync~spin) topics · CPU · 2 running',
    );
    const failed = shown({ kind: 'failed', error: new Error('it was ended by SIGKILL') });
    assert.equal(failed.severity, 'error');
    assert.deepEqual(failed.details.at(-1), ['Reason', 'it was ended by SIGKILL']);
    assert.equal(shown({ kind: 'stopped' }, false).severity, 'warning');
    // A language model that is loaded beside it is said in the tooltip alone.
    const beside = statusText(
      { engine: { kind: 'ready', model, pending: 0 }, encoder: { kind: 'stopped' } },
      chosen,
      {
        unloadAfterMinutes: 15,
      },
    );
    assert.match(beside.details.at(-1)?.[1] ?? '', /gemma.*does not use it/u);
  });

  it('never takes a file name for an icon', () => {
    const status = show({ kind: 'stopped' }, { ...there, file: '$(bug).gguf' });
    assert.ok(!status.text.includes('$(bug)'));
  });

  it('cuts long names in the middle, where models differ least', () => {
    assert.equal(shortName('Llama-3.2-3B-Instruct-Q4_K_M.gguf'), 'Llama-3.2-3B-Instruct-Q4_K_M');
    const cut = shortName('Meta-Llama-3.1-70B-Instruct-abliterated-Q4_K_M.gguf');
    assert.equal(cut.length, 28);
    assert.match(cut, /^Meta-Llama-3.+….+Q4_K_M$/);
  });
});

describe('the actions of the status bar item', () => {
  const packageJson = {
    contributes: {
      keybindings: [{ command: 'promptConfidence.classifySelection', key: 'ctrl+alt+c', mac: 'cmd+alt+c' }],
    },
  };

  it('show the declared keys', () => {
    const choices = actionChoices(declaredKeys(packageJson, false), 'a.b');
    const classify = choices.find((choice) => choice.value?.command === 'promptConfidence.classifySelection');
    assert.equal(classify?.description, 'Ctrl+Alt+C');
    assert.equal(declaredKeys(packageJson, true).get('promptConfidence.classifySelection'), '⌘⌥C');
  });

  it('end with the settings of this extension', () => {
    assert.deepEqual(actionChoices(new Map(), 'a.b').at(-1)?.value?.arguments, ['@ext:a.b']);
  });

  it('take a package.json without keys', () => {
    assert.equal(declaredKeys({}, false).size, 0);
    assert.equal(declaredKeys(undefined, false).size, 0);
  });
});
