import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import manifest from '../../package.json';
import texts from '../../package.nls.json';
import { calibratorJsonSchema } from '../../src/core/calibration/saved';
import { classifierJsonSchema } from '../../src/core/classifier/definition';
import {
  CALIBRATION_EDITOR,
  COMMANDS,
  CONTEXT_KEYS,
  doneCommand,
  HOME_VIEW,
  RESULT_VIEW,
  settingId,
  SETTINGS,
  WALKTHROUGH,
  WALKTHROUGH_STEPS,
} from '../../src/protocol/manifest';
import { GROUPS } from '../../src/features/status/actions';
import { ROOT } from '../support/paths';

const { activationEvents } = manifest;
const { commands, configuration, customEditors, keybindings, menus, jsonValidation, views, walkthroughs } =
  manifest.contributes;

describe('the manifest', () => {
  it('activates the extension once VS Code has started, in every folder', () => {
    // Results of an earlier session are shown again without a command. The shell loads the rest where there are some.
    assert.deepEqual(activationEvents, ['onStartupFinished']);
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

  it('offers to classify the lines of a file in its context menu', () => {
    const commands = menus['editor/context'].map(({ command }) => command);
    assert.ok(commands.includes('promptConfidence.classifyLines'));
  });

  it('has every command in the Home view or in the menu of the status bar item, under the same name', () => {
    const isOfHome = ({ when }: { readonly when?: string }): boolean =>
      when?.startsWith(`view == ${HOME_VIEW}`) === true;
    const inView = [...menus['view/title'], ...menus['view/item/context']]
      .filter(isOfHome)
      .map(({ command }) => command);
    const inMenu = GROUPS.flatMap(([, actions]) => actions);
    const reachable = new Set([...inView, ...inMenu.map(([command]) => command)]);
    assert.deepEqual(
      commands.map(({ command }) => command).filter((command) => !reachable.has(command)),
      [],
    );
    const titles = new Map(commands.map(({ command, title }) => [command, title.slice(1, -1)]));
    for (const [command, , label] of inMenu)
      assert.equal(label, new Map(Object.entries(texts)).get(titles.get(command) ?? ''), command);
  });

  it('has every action of the Home view that is a button in the context menu of its item, too', () => {
    // Buttons are out of reach of the keyboard.
    const items = menus['view/item/context'];
    const inline = items.filter(({ group }) => group.startsWith('inline'));
    const others = items.filter(({ group }) => !group.startsWith('inline'));
    assert.ok(inline.length > 0);
    for (const { command, when } of inline)
      assert.ok(
        others.some((entry) => entry.command === command && entry.when === when),
        `${command} where ${when}`,
      );
  });

  it('offers to score and to open every table of the Home view: its columns may have other names', () => {
    for (const command of ['promptConfidence.scoreCsv', 'promptConfidence.openCalibration'])
      assert.deepEqual(
        menus['view/item/context']
          .filter((entry) => entry.command === command && !entry.group.startsWith('inline'))
          .flatMap(({ when }) => /viewItem == (table\..+)$/u.exec(when)?.[1] ?? [])
          .sort(),
        ['table.scored', 'table.unscored'],
        command,
      );
  });

  it('has a step of the walkthrough done when it has succeeded, and a picture in each theme', () => {
    const steps = walkthroughs.flatMap((walkthrough) => walkthrough.steps);
    assert.deepEqual(
      walkthroughs.map(({ id }) => id),
      [WALKTHROUGH],
    );
    assert.deepEqual(
      steps.map(({ id }) => id),
      WALKTHROUGH_STEPS,
    );
    for (const { media } of steps)
      for (const picture of Object.values(media.image))
        assert.ok(existsSync(path.join(ROOT, picture)), picture);
    // Not its own command: one that fails has run, too.
    assert.deepEqual(
      steps.map(({ completionEvents }) => completionEvents),
      WALKTHROUGH_STEPS.map((step) => [`onCommand:${doneCommand(step)}`]),
    );
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

  it('declares the commands, settings, views and context keys that the source names, and no others', () => {
    const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();
    assert.deepEqual(sorted(commands.map(({ command }) => command)), sorted(Object.values(COMMANDS)));
    assert.deepEqual(sorted(Object.keys(configuration.properties)), sorted(SETTINGS.map(settingId)));
    assert.deepEqual(
      sorted([
        ...customEditors.map(({ viewType }) => viewType),
        ...Object.values(views).flatMap((list) => list.map(({ id }) => id)),
      ]),
      [CALIBRATION_EDITOR, HOME_VIEW, RESULT_VIEW],
    );
    // Whatever else it names, in conditions and links, is one of these too.
    const named = JSON.stringify({
      menus,
      keybindings,
      walkthroughs: walkthroughs.map(({ steps }) => steps),
    });
    const known = new Set<string>([
      ...Object.values(COMMANDS),
      ...Object.values(CONTEXT_KEYS),
      ...WALKTHROUGH_STEPS.map(doneCommand),
      CALIBRATION_EDITOR,
      HOME_VIEW,
      RESULT_VIEW,
    ]);
    const found = sorted(named.match(/promptConfidence\.[\w.]*\w/g) ?? []);
    assert.deepEqual(
      found.filter((name) => !known.has(name)),
      [],
    );
    assert.deepEqual(
      Object.values(CONTEXT_KEYS).filter((key) => !found.includes(key)),
      [],
    );
  });
});
