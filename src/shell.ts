/**
 * What VS Code loads when it starts the extension. It registers everything that a person can reach, and loads the rest
 * (src/extension.ts) when something of it is used: a window that only opened a folder does not wait for it.
 */
import { readdir } from 'node:fs/promises';
import * as vscode from 'vscode';
import {
  CALIBRATION_EDITOR,
  COMMANDS,
  HOME_VIEW,
  RESULT_VIEW,
  RESULTS_KEY,
  SETTINGS_SECTION,
  STATUS_ITEM,
} from './protocol/manifest';
import { editorText, visibleName } from './core/encode';
import { isClassifierFile } from './editor/classifier-folder';
import { registerWalkthrough, stepDone } from './editor/walkthrough';
import { cacheFolder } from './store/cache-home';
import type { ExtensionInternals } from './extension';
import type { HomeNode } from './features/home/nodes';

/** What tests in the extension host may reach; not an API for other extensions. */
export interface Shell {
  /** Loads everything, once. */
  readonly wake: () => Promise<ExtensionInternals>;
}

let loaded: Promise<typeof import('./extension')> | undefined;

export function activate(context: vscode.ExtensionContext): Shell {
  /** What stands in for the rest until it is there. */
  const placeholders: vscode.Disposable[] = [];
  const changed = new vscode.EventEmitter<HomeNode | undefined>();
  let internals: Promise<ExtensionInternals> | undefined;
  const wake = (): Promise<ExtensionInternals> => {
    internals ??= load();
    return internals;
  };
  const load = async (): Promise<ExtensionInternals> => {
    loaded = import('./extension');
    const { activate: activateAll } = await loaded;
    vscode.Disposable.from(...placeholders).dispose();
    const all = activateAll(context);
    context.subscriptions.push(all.home.onDidChangeTreeData((node) => changed.fire(node)));
    return all;
  };
  const wakeIf = (isNeeded: boolean): void => {
    // An error is shown by whatever is used next.
    if (isNeeded) void wake().catch(() => undefined);
  };

  placeholders.push(
    ...Object.values(COMMANDS).map((command) =>
      vscode.commands.registerCommand(command, async (...args: unknown[]) => {
        await wake();
        return vscode.commands.executeCommand(command, ...args);
      }),
    ),
    statusItem(),
    // Classifier files show their problems.
    vscode.workspace.onDidOpenTextDocument(({ uri }) => wakeIf(isClassifierFile(uri))),
    vscode.workspace.onDidChangeConfiguration(() => wakeIf(classifiesOnHover())),
  );
  context.subscriptions.push(
    vscode.Disposable.from(...placeholders),
    changed,
    registerWalkthrough(context.extension.id),
    ...views(wake, changed.event),
  );
  wakeIf(
    classifiesOnHover() ||
      vscode.workspace.textDocuments.some(({ uri }) => isClassifierFile(uri)) ||
      // Results of the last session stand behind their texts again.
      context.workspaceState.get(RESULTS_KEY) !== undefined,
  );
  void filesIn('jobs').then((jobs) => wakeIf(jobs.length > 0));
  void filesIn('models').then((files) => {
    if (files.some((name) => name.endsWith('.gguf'))) stepDone('model');
  });
  return { wake };
}

/** The engine must not outlive the window: VS Code waits for this promise. */
export async function deactivate(): Promise<void> {
  await (await loaded)?.deactivate();
}

/** Views stay registered: VS Code asks for their content when a person sees them. */
function views(
  wake: Shell['wake'],
  onDidChangeTreeData: vscode.Event<HomeNode | undefined>,
): vscode.Disposable[] {
  const home: vscode.TreeDataProvider<HomeNode> = {
    onDidChangeTreeData,
    getChildren: async (node) => (await wake()).home.getChildren(node),
    getTreeItem: async (node) => (await wake()).home.getTreeItem(node),
  };
  return [
    vscode.window.createTreeView(HOME_VIEW, { treeDataProvider: home, showCollapseAll: true }),
    vscode.window.registerWebviewViewProvider(RESULT_VIEW, {
      resolveWebviewView: async (view) => (await wake()).resultView.resolveWebviewView(view),
    }),
    vscode.window.registerCustomEditorProvider(
      CALIBRATION_EDITOR,
      {
        openCustomDocument: (uri): vscode.CustomDocument => ({ uri, dispose: () => undefined }),
        resolveCustomEditor: async (document, panel) =>
          (await wake()).calibration.resolveCustomEditor(document, panel),
      },
      { supportsMultipleEditorsPerDocument: true },
    ),
  ];
}

/** Names the classifier in use. The item that replaces it shows model and engine, too. */
function statusItem(): vscode.Disposable {
  const item = vscode.window.createStatusBarItem(STATUS_ITEM, vscode.StatusBarAlignment.Right, 90);
  item.name = 'Prompt Confidence';
  item.command = COMMANDS.showActions;
  item.tooltip = 'Prompt Confidence: the classifier in use. Click for actions.';
  const draw = (): void => {
    const scope = vscode.window.activeTextEditor?.document.uri;
    const name = vscode.workspace.getConfiguration(SETTINGS_SECTION, scope).get('classifier', '');
    item.text = `$(symbol-boolean) ${editorText(visibleName(name))}`;
    item.accessibilityInformation = { label: `Prompt Confidence: ${visibleName(name)}`, role: 'button' };
  };
  draw();
  item.show();
  return vscode.Disposable.from(
    item,
    vscode.workspace.onDidChangeConfiguration(draw),
    vscode.window.onDidChangeActiveTextEditor(draw),
  );
}

function classifiesOnHover(): boolean {
  return vscode.workspace.getConfiguration(SETTINGS_SECTION).get('hover.classifySelection', false);
}

/** Names of the files of a folder of the cache; none where it cannot be read. */
async function filesIn(name: 'jobs' | 'models'): Promise<string[]> {
  return readdir(cacheFolder(name)).catch(() => []);
}
