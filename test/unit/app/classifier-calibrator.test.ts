import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { calibratorOf } from '../../../src/app/classifier-calibrator';
import { remedyFor } from '../../../src/cli/remedies';
import { BUILTIN_CLASSIFIERS } from '../../../src/core/classifier/builtin';
import { UserError } from '../../../src/core/user-error';
import { loadCalibrator } from '../../../src/store/calibrators';
import { temporaryFolder } from '../../support/temporary';

const [SENTIMENT = assert.fail()] = BUILTIN_CLASSIFIERS;

describe('the calibrator that a classifier names', () => {
  const folder = temporaryFolder();
  const load = (name: string) => loadCalibrator(path.join(folder(), name));
  const refusal = (work: Promise<unknown>): Promise<UserError> =>
    work.then(
      () => assert.fail(),
      (error: unknown) => (error instanceof UserError ? error : assert.fail(String(error))),
    );

  it('is undefined where it names none', async () => {
    assert.equal(await calibratorOf(SENTIMENT, () => assert.fail()), undefined);
  });

  it('is refused with the classifier, the reason and, on the command line, a way out', async () => {
    await writeFile(path.join(folder(), 'broken.json'), '{\n\n  nonsense\n');
    await mkdir(path.join(folder(), 'folder.json'));
    for (const [calibrator, code, message] of [
      ['none', 'calibrator-missing', /There is no file .*none\.json\.$/],
      ['broken', 'calibrator-not-json', /broken\.json, line 3: /],
      ['folder', 'calibrator-unreadable', /folder\.json is a folder, not a file\.$/],
      ['../x', 'bad-name', /cannot name a calibrator/],
    ] as const) {
      const error = await refusal(calibratorOf({ ...SENTIMENT, calibrator }, load));
      assert.equal(error.code, code);
      assert.ok(error.message.startsWith(`The classifier sentiment names the calibrator "${calibrator}". `));
      assert.match(error.message, message);
      assert.match(remedyFor(error), /--no-calibrator/);
    }
    // Who names the file itself has just said which one.
    assert.equal(remedyFor(await refusal(load('none.json'))), '');
  });
});
