import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import manifest from '../../package.json';
import { calibratorJsonSchema } from '../../src/core/calibration/saved';
import { classifierJsonSchema } from '../../src/core/classifier/definition';
import { ROOT } from '../support/paths';

const { activationEvents } = manifest;
const { menus, jsonValidation } = manifest.contributes;

describe('the manifest', () => {
  it('activates the extension neither always nor by a search of every workspace', () => {
    assert.ok(activationEvents.length > 0);
    assert.deepEqual(
      activationEvents.filter((event) => event === 'onStartupFinished' || /[*?{]/u.test(event)),
      [],
    );
  });

  it('offers what can be done with a table in the menus of the explorer and of the editor, and nowhere else', () => {
    for (const [menu, wanted] of [
      ['explorer/context', ['openCalibration', 'scoreCsv']],
      ['editor/context', ['openCalibration']],
    ] as const)
      for (const name of wanted) {
        const entry = menus[menu].find(({ command }) => command === `promptConfidence.${name}`);
        const condition = /resourceExtname =~ \/(.+)\/i/.exec(entry?.when ?? '')?.[1];
        assert.ok(condition, `${name} in ${menu}`);
        const extension = new RegExp(condition, 'i');
        assert.ok(['.csv', '.CSV'].every((name) => extension.test(name)));
        assert.ok(['.tsv', '.csvx', '.json', ''].every((name) => !extension.test(name)));
      }
  });

  it('names the schemas of its files, as the build made them', () => {
    const schemas = { classifier: classifierJsonSchema(), calibrator: calibratorJsonSchema() };
    assert.deepEqual(
      jsonValidation,
      Object.keys(schemas).map((name) => ({
        fileMatch: `**/.prompt-confidence/${name}s/*.json`,
        url: `./schemas/${name}.schema.json`,
      })),
    );
    for (const [name, schema] of Object.entries(schemas))
      assert.deepEqual(
        JSON.parse(readFileSync(path.join(ROOT, 'schemas', `${name}.schema.json`), 'utf8')),
        schema,
      );
  });
});
