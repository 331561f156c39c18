/** The actions that a click on the status bar item offers. */
import * as z from 'zod';
import type { Choice } from '../../editor/dialogs';
import { COMMANDS } from '../../protocol/manifest';

export interface Action {
  readonly command: string;
  readonly arguments?: readonly unknown[];
}

/**
 * What is offered besides what runs. The titles are those of package.json: a unit test compares them.
 *
 * @internal
 */
export const GROUPS: readonly (readonly [
  string,
  readonly (readonly [command: string, icon: string, label: string])[],
])[] = [
  [
    'Classify',
    [
      [COMMANDS.classifySelection, 'symbol-boolean', 'Classify Selection'],
      [COMMANDS.classifyLines, 'list-flat', 'Classify Lines of File'],
      [COMMANDS.nextDoubtfulLine, 'arrow-down', 'Next Doubtful Line'],
      [COMMANDS.previousDoubtfulLine, 'arrow-up', 'Previous Doubtful Line'],
      [COMMANDS.listDoubtfulLines, 'filter', 'Show Only What Needs Review…'],
      [COMMANDS.saveResults, 'save-as', 'Save Results as Table…'],
      [COMMANDS.showPrompt, 'comment', 'Show Prompt'],
      [COMMANDS.chooseClassifier, 'check', 'Choose Classifier…'],
      [COMMANDS.newClassifier, 'add', 'New Classifier…'],
      [COMMANDS.tryClassifier, 'beaker', 'Try Classifier'],
      [COMMANDS.showResult, 'preview', 'Show Result'],
      [COMMANDS.labelResult, 'tag', 'Label Result…'],
    ],
  ],
  [
    'Tables',
    [
      [COMMANDS.openCalibration, 'graph-scatter', 'Open Calibration Panel'],
      [COMMANDS.scoreCsv, 'table', 'Score CSV…'],
      [COMMANDS.labelRows, 'tag', 'Label Rows…'],
      [COMMANDS.measure, 'dashboard', 'Measure Confidence…'],
      [COMMANDS.compareTables, 'diff', 'Compare With…'],
      [COMMANDS.tryAnother, 'debug-rerun', 'Try Another…'],
      [COMMANDS.applyCalibrator, 'wand', 'Apply Calibrator to Table…'],
      [COMMANDS.useThreshold, 'settings', 'Use Threshold…'],
      [COMMANDS.importPredictions, 'json', 'Import Predictions…'],
      [COMMANDS.createPracticeSet, 'mortar-board', 'Create Practice Set'],
      [COMMANDS.fineTune, 'flame', 'Fine-Tune Classifier…'],
      [COMMANDS.useAdapter, 'link', 'Use Adapter for Classifier…'],
    ],
  ],
  [
    'Models',
    [
      [COMMANDS.chooseModel, 'list-selection', 'Choose Model…'],
      [COMMANDS.downloadModel, 'cloud-download', 'Download Model…'],
      [COMMANDS.manageModels, 'database', 'Manage Models…'],
      [COMMANDS.addEndpoint, 'globe', 'Add Endpoint…'],
      [COMMANDS.removeTrainer, 'trash', 'Remove Trainer…'],
    ],
  ],
  [
    'Engine',
    [
      [COMMANDS.restartEngine, 'debug-restart', 'Restart Engine'],
      [COMMANDS.showLog, 'output', 'Show Log'],
    ],
  ],
];

/**
 * @param keys default keybinding of each command, in words ("Ctrl+Alt+C")
 * @param extensionId id of this extension, for the link to its settings
 */
export function actionChoices(keys: ReadonlyMap<string, string>, extensionId: string): Choice<Action>[] {
  return [
    ...GROUPS.flatMap(([group, actions]): Choice<Action>[] => [
      { label: group },
      ...actions.map(([command, icon, label]) => {
        const key = keys.get(command);
        return { icon, label, ...(key === undefined ? {} : { description: key }), value: { command } };
      }),
    ]),
    { label: 'Settings' },
    {
      icon: 'gear',
      label: 'Settings',
      value: { command: 'workbench.action.openSettings', arguments: [`@ext:${extensionId}`] },
    },
  ];
}

const manifestSchema = z.object({
  contributes: z.object({
    keybindings: z.array(z.object({ command: z.string(), key: z.string(), mac: z.string().optional() })),
  }),
});

/** The keybindings that package.json declares, by command, written for this platform. */
export function declaredKeys(packageJson: unknown, isMac: boolean): Map<string, string> {
  const keybindings = manifestSchema.safeParse(packageJson).data?.contributes.keybindings ?? [];
  return new Map(
    keybindings.map(({ command, key, mac }) => [
      command,
      keyInWords((isMac ? mac : undefined) ?? key, isMac),
    ]),
  );
}

const MAC_KEYS: Readonly<Record<string, string>> = { cmd: '⌘', ctrl: '⌃', alt: '⌥', shift: '⇧' };

function keyInWords(key: string, mac: boolean): string {
  const parts = key.split('+');
  if (mac) return parts.map((part) => MAC_KEYS[part] ?? part.toUpperCase()).join('');
  return parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('+');
}
