import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { partAt } from '../../src/store/tables/work-place';
import { parseSavedCalibrator, type SavedCalibrator } from '../../src/core/calibration/saved';
import { builtinFile } from '../../src/core/classifier/builtin';
import type { Services } from '../../src/editor/services';
import { TEST_MODEL } from '../support/paths';
import { withoutSeconds } from '../support/score-meta';
import { projectRoot } from '../support/vscode-server';
import { until } from '../support/until';
import { internals, setMachineSetting, useOneThread } from './internals';
import { person, personLeaves } from './person';
import type { ScriptedDialogs } from './scripted-dialogs';

const TEXTS = ['Best worst thing ever', 'I love it.', 'Dull,\nand "far" too long.', '', 'A triumph.'];
const ROWS = Array.from(
  { length: 20 },
  (_, i) => `"${(TEXTS[i % 5] ?? '').replaceAll('"', '""')}",positive\n`,
);
/** How Score CSV… is answered until it begins. */
const START = ['sentiment', 'text', 'out.csv'];

describe('Score CSV… by a classifier that names a calibrator', function () {
  this.timeout(120_000);
  let services: Services;
  let workspace: string;
  let folder: string;
  let saved: SavedCalibrator;

  const own = (...names: string[]): string => path.join(workspace, '.prompt-confidence', ...names);
  const at = (name: string): string => path.join(folder, name);
  const read = (name: string): string => readFileSync(at(name), 'utf8');
  const rewrite = (change: Partial<SavedCalibrator>): void =>
    writeFileSync(own('calibrators', 'reviews.json'), JSON.stringify({ ...saved, ...change }));
  const commandLine = (...argv: string[]): void => {
    const cli = path.join(projectRoot(), 'dist', 'cli.mjs');
    execFileSync(process.execPath, [cli, ...argv], { cwd: workspace, stdio: 'pipe' });
  };
  const score = async (...answers: (string | undefined)[]): Promise<ScriptedDialogs> => {
    const dialogs = person(services.dialogs, answers);
    await vscode.commands.executeCommand('promptConfidence.scoreCsv', vscode.Uri.file(at('reviews.csv')));
    return dialogs;
  };
  /** Pauses as soon as there is something to go on from. */
  const scoreAndPause = async (...answers: (string | undefined)[]): Promise<void> => {
    const scoring = score(...answers, undefined);
    await until('the run has begun', () => existsSync(partAt('work', at('out.csv'))) || undefined);
    await vscode.commands.executeCommand('promptConfidence.pauseScoring');
    await scoring;
    assert.ok(!existsSync(at('out.csv')));
  };

  before(async () => {
    ({ services } = await internals());
    await useOneThread();
    await setMachineSetting('model', path.basename(TEST_MODEL));
    workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail();
    for (const name of ['calibrators', 'classifiers']) mkdirSync(own(name), { recursive: true });
    writeFileSync(
      own('classifiers', 'sentiment.json'),
      JSON.stringify({ ...builtinFile('sentiment'), calibrator: 'reviews' }),
    );
    const data = path.join(projectRoot(), 'docs', 'real-data', 'reviews.csv');
    const file = own('calibrators', 'reviews.json');
    commandLine('calibrate', data, '--method', 'beta', '--out', file);
    saved = parseSavedCalibrator(readFileSync(file, 'utf8'));
  });
  after(async () => {
    personLeaves(services.dialogs);
    rmSync(own('calibrators'), { recursive: true });
    rmSync(own('classifiers', 'sentiment.json'));
    await setMachineSetting('model', undefined);
  });
  beforeEach(() => {
    folder = mkdtempSync(path.join(workspace, 'score-'));
    writeFileSync(at('reviews.csv'), `text,label\n${ROWS.join('')}`);
    rewrite({});
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('writes the bytes of the command line, and says what calibrated them', async () => {
    const dialogs = await score(...START, undefined);
    assert.equal(
      dialogs.said.at(-1),
      'warning out.csv is complete: 20 rows, calibrated by reviews (beta on labels, fitted on 2,000 rows). ' +
        'Without a score: 4 rows; the column score_error gives the reasons. Line 6: There is no text here to classify. [Open Calibration Panel]',
    );
    const model = ['--model', TEST_MODEL, '--gpu', 'off', '--threads', '1'];
    commandLine('score', at('reviews.csv'), '--out', at('cli.csv'), ...model);
    assert.match(read('out.csv'), /^text,label,raw:logprob:positive,.*,prob:negative,predicted,correct,/);
    assert.equal(read('out.csv'), read('cli.csv'));
    assert.equal(withoutSeconds(read('out.csv.meta.json')), withoutSeconds(read('cli.csv.meta.json')));
    assert.match(read('out.csv.meta.json'), /"calibrator": \{\s*"file": "reviews\.json"/);
  });

  it('refuses one that belongs to other scores before a row is written, and goes on without it', async () => {
    const bound = saved.bound ?? assert.fail();
    const actions = /\[Set Calibrator…, Open Calibrator, Continue Without It\]$/;
    // The prompt is known before there is a score, the mode only by one.
    for (const [change, reason] of [
      [
        { promptSha256: 'b'.repeat(64) },
        /^error The calibrator reviews does not belong .* The prompt differs/,
      ],
      [{ scoring: { ...bound.scoring, mode: 'sequence' } }, /The scoring mode differs: fitted with sequence/],
    ] as const) {
      rewrite({ bound: { ...bound, ...change } });
      const { said } = await score(...START, undefined);
      assert.match(said.at(-1) ?? '', reason);
      assert.match(said.at(-1) ?? '', actions);
      assert.deepEqual(readdirSync(folder), ['reviews.csv']);
    }
    // Raw to its end, also after a pause.
    await scoreAndPause(...START, 'Continue Without It');
    const { said } = await score('Resume', undefined);
    assert.match(said.at(-1) ?? '', /^warning out\.csv is complete: 20 rows\. /);
    assert.match(read('out.csv'), /^text,label,logprob:positive,/);
    assert.match(read('out.csv.meta.json'), /"calibrator": null/);
  });

  it('refuses one that is bound to nothing until a person binds it, and a combination', async () => {
    rewrite({ bound: null });
    const { said } = await score(...START, 'Bind…', 'Bind', undefined);
    assert.match(
      said.at(-3) ?? '',
      /^error The calibrator reviews may not belong to .* \[Bind…, Open Calibrator, /,
    );
    assert.match(said.at(-1) ?? '', /calibrated by reviews/);
    rmSync(at('out.csv'));
    const labels = ['positive', 'negative'];
    const model = { kind: 'combination', tokenWeight: 1, agreementWeight: 1, bias: [0, 0] } as const;
    rewrite({ calibrator: { on: 'labels', method: 'combination', labels, model } });
    const refused = await score(...START, undefined);
    assert.match(refused.said.at(-1) ?? '', /^error reviews\.json is a combination, .*scored table/);
    assert.ok(!existsSync(partAt('work', at('out.csv'))));
  });

  it('goes on only with the calibrator that it was begun with', async () => {
    await scoreAndPause(...START);
    rewrite({ seed: saved.seed + 1 });
    const { said } = await score('Resume', undefined);
    assert.match(
      said.at(-1) ?? '',
      /What changed: the calibrator \(calibrator\.sha256 was [0-9a-f]{12}…, is now /,
    );
    rewrite({});
    assert.match((await score('Resume', undefined)).said.at(-1) ?? '', /calibrated by reviews/);
  });
});
