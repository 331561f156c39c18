import assert from 'node:assert/strict';
import { compatibilityBefore } from '../../../src/app/classifier-calibrator';
import { calibrate } from '../../../src/core/calibration/calibrate';
import {
  calibratorJsonSchema,
  isFittedOn,
  mismatches,
  parseSavedCalibrator,
  savedCalibrator,
  type SavedCalibrator,
  savedMetrics,
} from '../../../src/core/calibration/saved';
import { compatibilityOf, targetOf } from '../../../src/core/calibration/compatibility';
import { promptClassifierFrom } from '../../support/prompt-classifier';
import { labelScores, type Score } from '../../../src/core/scoring/score';
import { UserError } from '../../../src/core/user-error';
import { promptSha256 } from '../../../src/store/prompt-hash';
import { labelTable } from './tables';
import type { CalibratorId } from '../../../src/core/calibration/registry';

const HASH = 'a'.repeat(64);
const OTHER_HASH = 'b'.repeat(64);

const BOUND: NonNullable<SavedCalibrator['bound']> = {
  model: { kind: 'file', name: 'tiny.gguf', sha256: HASH },
  promptSha256: HASH,
  scoring: { method: 'labels', mode: 'first-token' },
  backend: 'cpu',
};

function save(method: CalibratorId): SavedCalibrator {
  const data = labelTable(300, 1, 0.5, [0.5, 0, -0.5]);
  const { report, calibrator } = calibrate(data, { method, on: 'labels', rounds: 10, nullDraws: 10 });
  return savedCalibrator({
    calibrator,
    scoreType: 'logprob',
    n: report.inSample.n,
    classCounts: { a: 100 },
    nCorrect: report.inSample.nCorrect,
    nWrong: report.inSample.nWrong,
    before: savedMetrics(report.before),
    after: savedMetrics(report.after),
    inSample: savedMetrics(report.inSample),
    folds: report.folds,
    seed: report.folds.seed,
    warnings: report.warnings,
    source: { sha256: HASH, name: 'table.csv' },
    bound: BOUND,
    versions: { 'prompt-confidence': '0.1.0' },
    time: '2026-01-01T00:00:00Z',
  });
}

function edited(saved: SavedCalibrator, edit: (file: Record<string, unknown>) => void): string {
  const file = JSON.parse(JSON.stringify(saved)) as Record<string, unknown>;
  edit(file);
  return JSON.stringify(file);
}

function refused(code: string, text: string, says: RegExp): void {
  assert.throws(
    () => parseSavedCalibrator(text),
    (error: unknown) => error instanceof UserError && error.code === code && says.test(error.message),
  );
}

describe('calibration: the saved form', () => {
  const saved = save('bias-temperature');

  for (const method of ['platt', 'isotonic', 'temperature', 'vector', 'beta', 'histogram'] as const)
    it(`${method} survives the file`, () => {
      const file = save(method);
      assert.deepEqual(parseSavedCalibrator(JSON.stringify(file)), file);
    });

  for (const [former, id] of [
    ['batch', 'prior-batch'],
    ['content-free', 'prior-content-free'],
  ] as const)
    it(`reads files that name ${id} as before, and writes the id of now`, () => {
      const shares = former === 'batch' ? [0.2, 0.3, 0.5] : null;
      const file = (name: string) => ({
        ...saved,
        calibrator: {
          on: 'labels',
          method: name,
          labels: ['label 0', 'label 1', 'label 2'],
          model: { kind: name, bias: [0.5, 0, -0.5], shares },
        },
      });
      const read = parseSavedCalibrator(JSON.stringify(file(former)));
      assert.deepEqual(read, file(id));
      assert.deepEqual(savedCalibrator(read), file(id));
    });

  it('refuses what is no JSON, a newer version and hand-edited nonsense, each with a sentence', () => {
    refused('calibrator-not-json', '{', /not JSON/);
    refused(
      'calibrator-newer',
      edited(saved, (file) => (file.schema = 2)),
      /version 2.*Update/,
    );
    refused(
      'calibrator-invalid',
      edited(saved, (file) => delete file.n),
      /n:/,
    );
    refused(
      'calibrator-invalid',
      edited(saved, (file) => (file.n = 7)),
      /nCorrect/,
    );
    refused(
      'calibrator-invalid',
      edited(saved, (file) => (file.extra = 1)),
      /extra/i,
    );
    const withModel = (model: unknown) =>
      edited(saved, (file) => (file.calibrator = { ...saved.calibrator, model }));
    refused(
      'calibrator-invalid',
      withModel({ kind: 'bias-temperature', beta: -1, bias: [0, 0, 0] }),
      /calibrator/,
    );
    refused(
      'calibrator-invalid',
      withModel({ kind: 'bias-temperature', beta: 1, bias: [0, 0] }),
      /3 numbers/,
    );
    refused('calibrator-invalid', withModel({ kind: 'temperature', beta: 1 }), /method is bias-temperature/);
  });

  it('refuses knots that do not ascend', () => {
    const file = save('isotonic');
    assert.ok(file.calibrator.on === 'labels' && 'oneVsRest' in file.calibrator);
    const [first, ...rest] = file.calibrator.oneVsRest;
    assert.ok(first?.kind === 'isotonic');
    const oneVsRest = [{ ...first, x: first.x.toReversed() }, ...rest];
    refused(
      'calibrator-invalid',
      edited(file, (changed) => (changed.calibrator = { ...file.calibrator, oneVsRest })),
      /calibrator/,
    );
  });

  it('never writes NaN or Infinity', () => {
    assert.throws(() => savedCalibrator({ ...saved, after: { ece: { value: NaN, low: null, high: null } } }));
    assert.throws(() => savedCalibrator({ ...saved, after: { ece: { value: 0, low: 0, high: Infinity } } }));
  });

  it('says why it does not fit another model, prompt, label order or method', () => {
    const target = { ...BOUND, labels: ['label 0', 'label 1', 'label 2'] };
    assert.deepEqual(mismatches(saved, target), []);
    const found = (change: object) =>
      mismatches(saved, { ...target, ...change }).map(({ field, severity }) => `${field} ${severity}`);
    assert.deepEqual(found({ model: { kind: 'file', name: 'x', sha256: OTHER_HASH } }), ['model refuse']);
    assert.deepEqual(found({ promptSha256: OTHER_HASH }), ['prompt refuse']);
    assert.deepEqual(found({ labels: ['label 1', 'label 0', 'label 2'] }), ['labels refuse']);
    assert.deepEqual(found({ scoring: { method: 'other', mode: 'first-token' } }), ['scoring refuse']);
    assert.deepEqual(found({ backend: 'cuda' }), ['backend warn']);
    assert.deepEqual(found({ promptSha256: undefined }), ['prompt unknown']);
    assert.match(
      mismatches(saved, { ...target, labels: ['label 1', 'label 0', 'label 2'] })[0]?.message ?? '',
      /another order/,
    );
  });

  it('unknown provenance and endpoints are not taken for a match', () => {
    const target = { ...BOUND, labels: ['label 0', 'label 1', 'label 2'] };
    assert.deepEqual(
      mismatches({ ...saved, bound: null }, target).map(({ severity }) => severity),
      ['unknown'],
    );
    const model = {
      kind: 'endpoint',
      address: 'http://localhost:8080',
      name: 'm',
      fingerprint: null,
      verified: false,
    } as const;
    assert.deepEqual(
      mismatches({ ...saved, bound: { ...BOUND, model } }, { ...target, model }).map(
        ({ severity }) => severity,
      ),
      ['warn'],
    );
    assert.deepEqual(
      mismatches(saved, { ...target, model }).map(({ severity }) => severity),
      ['refuse'],
    );
  });

  it('has a JSON schema that wants every field that is written, and no other', () => {
    const { required } = calibratorJsonSchema() as { required: string[] };
    assert.deepEqual(required.toSorted(), Object.keys(saved).toSorted());
  });

  it('knows the table that it was fitted on', () => {
    assert.ok(isFittedOn(saved, HASH));
    assert.ok(!isFittedOn(saved, OTHER_HASH));
  });
});

describe('calibration: whether a saved one fits', () => {
  const SCORE: Score = {
    ...labelScores(['label 0', 'label 1', 'label 2'], [-1, -2, -3]),
    mode: 'first-token',
    textTokens: 3,
    cutTokens: 0,
  };
  const saved = save('temperature');
  const labels = ['label 0', 'label 1', 'label 2'];
  const origin = { model: BOUND.model, promptSha256: HASH, backend: 'cpu' };
  const bound = {
    ...saved,
    bound: { ...BOUND, scoring: { method: 'token-probability', mode: 'first-token' } },
  };
  const fit = (change: Parameters<typeof targetOf>[0], file: SavedCalibrator = bound) =>
    compatibilityOf(file, targetOf({ ...origin, ...change }, labels, SCORE));

  it('fits its own origin, with a warning on another backend', () => {
    assert.deepEqual(fit({}), { kind: 'fits', warnings: [] });
    const other = fit({ backend: 'cuda' });
    assert.ok(other.kind === 'fits');
    assert.match(other.warnings[0] ?? '', /backend differs: fitted with cpu; here cuda/);
  });

  it('is refused where the chat template adds something else to the prompt', () => {
    const dated = { ...bound, bound: { ...bound.bound, promptAdded: { promptDate: '2024-07-26' } } };
    assert.equal(fit({ promptAdded: { promptDate: '2024-07-26' } }, dated).kind, 'fits');
    for (const [file, change, reason] of [
      [bound, { promptDate: '2024-07-26' }, /added nothing that is fixed; here the date 2024-07-26/],
      [dated, { promptDate: '2025-01-01' }, /added the date 2024-07-26; here the date 2025-01-01/],
      [dated, { answerStart: '</think>' }, /added the date 2024-07-26; here "<\/think>" before the answer/],
    ] as const) {
      const refusal = fit({ promptSha256: OTHER_HASH, promptAdded: change }, file);
      assert.ok(refusal.kind === 'refused');
      assert.match(refusal.reason, reason);
    }
  });

  it('may have been fitted on a prompt to which the model adds something, which no classifier knows before a score', () => {
    const classifier = (instruction: string) =>
      promptClassifierFrom(
        {
          version: 1,
          name: 'a',
          instruction,
          template: '{{text}}',
          labels: labels.map((name) => ({ name })),
        },
        'test',
      );
    for (const added of [undefined, { promptDate: '2024-07-26' }, { answerStart: '</think>' }]) {
      const file = {
        ...bound,
        bound: {
          ...bound.bound,
          promptSha256: promptSha256(classifier('Which?'), added),
          ...(added === undefined ? {} : { promptAdded: added }),
        },
      };
      const kind = (instruction: string) =>
        compatibilityBefore({ file: '', sha256: '', saved: file }, classifier(instruction), {}).kind;
      assert.equal(kind('Which?'), 'unknown');
      assert.equal(kind('Another one?'), 'refused');
    }
  });

  it('what is known to differ weighs more than what is not known', () => {
    const refusal = fit({ model: undefined, promptSha256: OTHER_HASH });
    assert.ok(refusal.kind === 'refused');
    assert.match(refusal.reason, /prompt differs: fitted with aaaaaaaaaaaa…; here bbbbbbbbbbbb…/);
    assert.equal(fit({ model: undefined }).kind, 'unknown');
    assert.equal(
      compatibilityOf(bound, targetOf(origin, labels, { ...SCORE, mode: 'sequence' })).kind,
      'refused',
    );
    assert.equal(compatibilityOf(bound, targetOf(origin, labels, undefined)).kind, 'unknown');
    assert.equal(fit({}, { ...saved, bound: null }).kind, 'unbound');
    assert.equal(
      compatibilityOf({ ...saved, bound: null }, targetOf(origin, labels.toReversed(), undefined)).kind,
      'refused',
    );
  });

  it('label names are compared as a table knows them, without spaces around', () => {
    assert.equal(
      compatibilityOf(bound, targetOf(origin, [' label 0', 'label 1 ', 'label 2'], SCORE)).kind,
      'fits',
    );
  });
});

describe('a calibrator and an adapter', () => {
  const base = BOUND.model;
  assert.ok(base.kind === 'file');
  const tuned = { ...base, adapter: { name: 'tuned', sha256: OTHER_HASH } };
  const retuned = { ...base, adapter: { name: 'tuned', sha256: HASH } };
  const refusals = (own: SavedCalibrator, model: typeof base): string[] =>
    mismatches(own, { ...BOUND, model })
      .filter(({ severity }) => severity === 'refuse')
      .map(({ message }) => message);
  const fittedOn = (model: typeof base): SavedCalibrator =>
    parseSavedCalibrator(edited(save('temperature'), (file) => (file.bound = { ...BOUND, model })));

  it('belong together: one of the base is refused for a tuned model, and the reverse', () => {
    assert.deepEqual(refusals(fittedOn(base), base), []);
    assert.deepEqual(refusals(fittedOn(tuned), tuned), []);
    assert.match(
      refusals(fittedOn(base), tuned).join(),
      /The adapter differs: fitted with none; here tuned/u,
    );
    assert.match(
      refusals(fittedOn(tuned), base).join(),
      /The adapter differs: fitted with tuned .*; here none/u,
    );
  });

  it('belong together by the hash of the adapter, not by its name', () => {
    assert.equal(refusals(fittedOn(tuned), retuned).length, 1);
    assert.deepEqual(
      refusals(fittedOn(tuned), { ...tuned, adapter: { name: 'renamed', sha256: OTHER_HASH } }),
      [],
    );
  });
});
