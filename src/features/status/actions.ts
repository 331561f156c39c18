/** The actions that a click on the status bar item offers. */
import type { Choice } from '../../editor/dialogs';
import { COMMANDS } from '../../protocol/manifest';

export interface Action {
  readonly command: string;
  readonly arguments?: readonly unknown[];
}

const GROUPS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  ['Classify', [[COMMANDS.classifySelection, '$(symbol-boolean) Classify Selection']]],
  [
    'Models',
    [
      [COMMANDS.chooseModel, '$(list-selection) Choose Model…'],
      [COMMANDS.downloadModel, '$(cloud-download) Download Model…'],
      [COMMANDS.manageModels, '$(database) Manage Models…'],
    ],
  ],
  ['Classifiers', [[COMMANDS.newClassifier, '$(add) New Classifier…']]],
  [
    'Engine',
    [
      [COMMANDS.restartEngine, '$(debug-restart) Restart Engine'],
      [COMMANDS.showLog, '$(output) Show Log'],
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
      ...actions.map(([command, label]) => {
        const key = keys.get(command);
        return { label, ...(key === undefined ? {} : { description: key }), value: { command } };
      }),
    ]),
    { label: 'Settings' },
    {
      label: '$(gear) Settings',
      value: { command: 'workbench.action.openSettings', arguments: [`@ext:${extensionId}`] },
    },
  ];
}

/** The keybindings that package.json declares, by command, written for this platform. */
export function declaredKeys(packageJson: unknown, mac: boolean): Map<string, string> {
  const keys = new Map<string, string>();
  for (const entry of list(property(property(packageJson, 'contributes'), 'keybindings'))) {
    const command = property(entry, 'command');
    const key = (mac ? property(entry, 'mac') : undefined) ?? property(entry, 'key');
    if (typeof command === 'string' && typeof key === 'string') keys.set(command, keyInWords(key, mac));
  }
  return keys;
}

const MAC_KEYS: Readonly<Record<string, string>> = { cmd: '⌘', ctrl: '⌃', alt: '⌥', shift: '⇧' };

function keyInWords(key: string, mac: boolean): string {
  const parts = key.split('+');
  if (mac) return parts.map((part) => MAC_KEYS[part] ?? part.toUpperCase()).join('');
  return parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('+');
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}
