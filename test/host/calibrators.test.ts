import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import type { Calibration } from '../../src/core/calibration/calibrated-score';
import { parseSavedCalibrator, type SavedCalibrator } from '../../src/core/calibration/saved';
import { CalibrationPanel } from '../../src/features/calibration/panel';
import { setCalibrator } from '../../src/features/calibrators/calibrators';
import { reportCalibratorError } from '../../src/editor/calibrator-problem';
import type { CalibratorError } from '../../src/editor/calibrators';
import { Classification } from '../../src/editor/classification';
import { ModelHashes } from '../../src/editor/model-hashes';
import { ResultCalibration } from '../../src/editor/result-calibration';
import type { ClassifiedText } from '../../src/editor/results';
import type { EngineModels } from '../../src/app/engine-models';
import { type SourceOpener, Sources } from '../../src/app/sources';
import type { Services } from '../../src/editor/services';
import { TEST_MODEL } from '../support/paths';
import { projectRoot } from '../support/vscode-server';
import { until } from '../support/until';
import { internals, setMachineSetting, useOneThread } from './internals';
import { ScriptedDialogs } from './scripted-dialogs';

/** Raw "positive" by a small margin: the calibrator of the real reviews turns it round. */
const TEXT = 'Best worst thing ever';

const cliSchema = z.object({
  results: z.array(
    z.object({
      label: z.string(),
      confidence: z.number(),
      calibrated: z.object({
        label: z.string(),
        confidence: z.number(),
        bucket: z.object({ name: z.string() }),
      }),
    }),
  ),
});

/** A model whose hash nobody has computed yet. */
function unhashed(engineModels: EngineModels): SourceOpener {
  return (request, work) =>
    engineModels.open(request, (source) =>
      work({
        ...source,
        identity: async (signal) => {
          const identity = await source.identity(signal);
          assert.ok(identity.modelFile);
          return { ...identity, model: undefined, modelFile: { ...identity.modelFile, sha256: undefined } };
        },
      }),
    );
}

describe('calibrators of classifiers in the editor', () => {
  let services: Services;
  let folder: string;
  let editor: vscode.TextEditor;
  let saved: SavedCalibrator;

  const own = (...names: string[]): string => path.join(folder, '.prompt-confidence', ...names);
  const calibratorFile = (): string => own('calibrators', 'reviews.json');
  const classifierFile = (): string => own('classifiers', 'sentiment.json');
  const rewrite = (change: Partial<SavedCalibrator>): void =>
    writeFileSync(calibratorFile(), JSON.stringify({ ...saved, ...change }));

  async function classify(
    classification = services.classification,
    leaveRaw = false,
  ): Promise<ClassifiedText> {
    const [result] = await classification.run({
      document: editor.document,
      ranges: [editor.document.lineAt(0).range],
      trigger: 'selection',
      classifier: 'sentiment',
      leaveRaw,
    });
    assert.ok(result);
    return result;
  }
  const refusal = (): Promise<CalibratorError> =>
    classify().then(
      () => assert.fail('it was not refused'),
      // Not by its class: the extension's is another one than that of this bundle.
      (error: unknown) =>
        error instanceof Error && 'found' in error ? (error as CalibratorError) : assert.fail(String(error)),
    );
  const shown = (id: number, wanted: (calibration: Calibration | undefined) => boolean) =>
    until('the shown result is calibrated anew', () => {
      const result = services.results.get(id);
      return result !== undefined && wanted(result.calibration) ? result.calibration : undefined;
    });

  before(async () => {
    ({ services } = await internals());
    await useOneThread();
    await setMachineSetting('model', path.basename(TEST_MODEL));
    folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail();
    const data = path.join(projectRoot(), 'docs', 'real-data', 'reviews.csv');
    copyFileSync(data, path.join(folder, 'reviews.csv'));
    copyFileSync(`${data}.meta.json`, path.join(folder, 'reviews.csv.meta.json'));
    editor = await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content: TEXT }));
  });
  after(async () => {
    for (const name of ['reviews.csv', 'reviews.csv.meta.json']) rmSync(path.join(folder, name));
    rmSync(own('calibrators'), { recursive: true });
    rmSync(classifierFile(), { force: true });
    services.results.clear();
    await setMachineSetting('model', undefined);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('are saved from the panel, taken by a classifier, and give the same numbers here and on the command line', async () => {
    const raw = await classify();
    assert.equal(raw.calibration, undefined);

    const dialogs = new ScriptedDialogs(['reviews', 'Use for Classifier…', 'sentiment', undefined]);
    const page = vscode.window.createWebviewPanel('test', 'Calibration', vscode.ViewColumn.Two);
    const panel = new CalibrationPanel(vscode.Uri.file(path.join(folder, 'reviews.csv')), page, {
      ...services,
      dialogs,
    });
    await until(
      'the panel has its numbers',
      () => (panel.state.analysis !== null && panel.state.busy === null) || undefined,
    );
    await panel.save('beta');
    await until('the classifier names it', () => dialogs.saying('info The classifier sentiment')[0]);
    panel.dispose();
    page.dispose();
    assert.match(dialogs.saying('choose')[0] ?? '', /Compatible, as far as is known.* \| sentiment/);
    saved = parseSavedCalibrator(readFileSync(calibratorFile(), 'utf8'));

    const { calibration, score } = await classify();
    assert.ok(calibration?.kind === 'calibrated');
    assert.deepEqual([score.label, calibration.score.label], ['positive', 'negative']);
    assert.equal(calibration.by.file, path.join('.prompt-confidence', 'calibrators', 'reviews.json'));
    const out = execFileSync(
      process.execPath,
      [
        path.join(projectRoot(), 'dist', 'cli.mjs'),
        'classify',
        TEXT,
        '--model',
        TEST_MODEL,
        '--gpu',
        'off',
        '--threads',
        '1',
        '--json',
      ],
      { cwd: folder, encoding: 'utf8' },
    );
    const [line] = cliSchema.parse(JSON.parse(out)).results;
    assert.deepEqual(
      [line?.confidence, line?.calibrated.label, line?.calibrated.confidence, line?.calibrated.bucket.name],
      [
        score.confidence,
        calibration.score.label,
        calibration.score.confidence,
        calibration.score.bucket.name,
      ],
    );
    // What was classified before is calibrated too: the same prompt, model and labels.
    await shown(raw.id, (now) => now?.kind === 'calibrated');
  });

  it('calibrate shown results anew when their file changes, and say so when it is gone', async () => {
    const { id } = await classify();
    rewrite({
      calibrator: {
        on: 'labels',
        method: 'temperature',
        labels: ['positive', 'negative'],
        model: { kind: 'temperature', beta: 1 },
      },
    });
    const again = await shown(id, (now) => now?.kind === 'calibrated' && now.by.method === 'temperature');
    assert.ok(again.kind === 'calibrated' && again.score.label === 'positive');
    rmSync(calibratorFile());
    const gone = await shown(id, (now) => now?.kind === 'raw');
    assert.match(gone.kind === 'raw' ? gone.reason : '', /no file .*reviews\.json/);
    const error = await refusal();
    assert.equal(error.code, 'calibrator-missing');
    const dialogs = new ScriptedDialogs([undefined]);
    await reportCalibratorError({ log: services.log, dialogs }, error, () => assert.fail());
    assert.match(dialogs.said[0] ?? '', /\[Set Calibrator…, Open Folder, Continue Without It\]$/);
    const marked = await until('the classifier file is marked', () =>
      vscode.languages
        .getDiagnostics(vscode.Uri.file(classifierFile()))
        .find(({ message }) => message.includes('There is no file')),
    );
    assert.equal(marked.severity, vscode.DiagnosticSeverity.Error);
    rewrite({});
    await shown(id, (now) => now?.kind === 'calibrated');
  });

  it('are refused where they belong to another prompt, model or label order, with the reason and a way on', async () => {
    const bound = saved.bound ?? assert.fail();
    rewrite({ bound: { ...bound, promptSha256: 'b'.repeat(64) } });
    assert.match((await refusal()).message, /does not belong.* The prompt differs/);
    rewrite({ bound: { ...bound, model: { kind: 'file', name: 'other.gguf', sha256: 'c'.repeat(64) } } });
    assert.match((await refusal()).message, /model file differs: fitted with other\.gguf/);
    rewrite({ bound: { ...bound, scoring: { ...bound.scoring, mode: 'sequence' } } });
    const error = await refusal();
    assert.match(error.message, /scoring mode differs/);
    const modes: boolean[] = [];
    const dialogs = new ScriptedDialogs(['Continue Without It']);
    await reportCalibratorError({ log: services.log, dialogs }, error, (leaveRaw) => {
      modes.push(leaveRaw);
      return Promise.resolve();
    });
    assert.deepEqual(modes, [true]);
    assert.match(
      dialogs.saying('error')[0] ?? '',
      /\[Set Calibrator…, Open Calibrator, Continue Without It\]/,
    );
    const { calibration } = await classify(services.classification, true);
    assert.match(calibration?.kind === 'raw' ? calibration.reason : '', /without the calibrator reviews/);
  });

  it('are bound only by the person who was shown what to', async () => {
    rewrite({ bound: null });
    const error = await refusal();
    assert.equal(error.code, 'calibrator-unbound');
    const refusing = new ScriptedDialogs(['Bind…', undefined]);
    await reportCalibratorError({ log: services.log, dialogs: refusing }, error, () => assert.fail());
    const accepting = new ScriptedDialogs(['Bind…', 'Bind']);
    let result: ClassifiedText | undefined;
    await reportCalibratorError({ log: services.log, dialogs: accepting }, error, async () => {
      result = await classify();
    });
    assert.match(
      accepting.saying('confirm')[0] ?? '',
      /Model: gemma-3-270m-q4_k_m\.gguf \(SHA-256 [0-9a-f]{12}…\)/,
    );
    assert.equal(result?.calibration?.kind, 'calibrated');
    const now = parseSavedCalibrator(readFileSync(calibratorFile(), 'utf8'));
    assert.deepEqual(now, { ...saved, bound: now.bound });
    assert.deepEqual(now.bound?.model, saved.bound?.model);
  });

  it('wait for the hash of the model in the background, and never hold up a result', async () => {
    rewrite({});
    const hashes = new ModelHashes(services.models, services.log);
    const calibration = new ResultCalibration({ ...services, hashes });
    const open = unhashed(services.engineModels);
    const sources = new Sources({ engine: open, endpoint: open, editor: open, encoder: open });
    const classification = new Classification({ ...services, sources, calibration });
    try {
      const { id, calibration: first } = await classify(classification);
      assert.match(first?.kind === 'raw' ? first.reason : '', /not calibrated by reviews yet.*SHA-256/i);
      await shown(id, (now) => now?.kind === 'calibrated');
    } finally {
      calibration.dispose();
      hashes.dispose();
    }
  });

  it('are taken away and given back by Set Calibrator, and every other character of the file stays', async () => {
    const before = readFileSync(classifierFile(), 'utf8');
    await setCalibrator(
      { ...services, dialogs: new ScriptedDialogs(['sentiment', 'None', undefined]) },
      undefined,
    );
    assert.equal((await classify()).calibration, undefined);
    const undoing = new ScriptedDialogs(['reviews', 'Undo']);
    const without = readFileSync(classifierFile(), 'utf8');
    await setCalibrator({ ...services, dialogs: undoing }, 'sentiment');
    assert.equal(readFileSync(classifierFile(), 'utf8'), without);
    await setCalibrator({ ...services, dialogs: new ScriptedDialogs(['reviews', undefined]) }, 'sentiment');
    assert.equal(readFileSync(classifierFile(), 'utf8'), before);
  });
});
