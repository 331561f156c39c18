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
  LABELLING_VIEW,
  RESULT_VIEW,
  RESULTS_KEY,
  SETTINGS_SECTION,
  STATUS_ITEM,
} from './protocol/manifest';
import { editorText, visibleName } from './core/encode';
import { isClassifierFile } from './editor/classifier-folder';
import { EditorDialogs } from './editor/dialogs';
import { registerWalkthrough, stepDone } from './editor/walkthrough';
import { cacheFolder } from './store/cache-home';
import { wakeable } from './wake';
import type { ExtensionInternals } from './extension';
import type { HomeNode } from './features/home/nodes';

/** What tests in the extension host may reach; not an API for other extensions. */
export interface Shell {
  /** Loads everything, once. */
  readonly wake: () => Promise<ExtensionInternals>;
}

let loaded: typeof import('./extension') | undefined;

export function activate(context: vscode.ExtensionContext): Shell {
  const changed = new vscode.EventEmitter<HomeNode | undefined>();
  let standing: vscode.Disposable | undefined;
  const wake: Shell['wake'] = wakeable({
    standIn: () => (standing = standIn(() => wake())),
    load: async () => {
      const rest = await import('./extension');
      loaded = rest;
      return () =>
        started(context, (): ExtensionInternals => {
          const internals = rest.activate(context);
          context.subscriptions.push(internals.home.onDidChangeTreeData((node) => changed.fire(node)));
          return internals;
        });
    },
    tell: tellNotStarted,
  });
  context.subscriptions.push(
    { dispose: () => void standing?.dispose() },
    changed,
    registerWalkthrough(context.extension.id),
    ...views(wake, changed.event),
  );
  wakeIf(
    wake,
    classifiesOnHover() ||
      vscode.workspace.textDocuments.some(({ uri }) => isClassifierFile(uri)) ||
      // Results of the last session stand behind their texts again.
      context.workspaceState.get(RESULTS_KEY) !== undefined,
  );
  void filesIn('jobs').then((jobs) => wakeIf(wake, jobs.length > 0));
  void filesIn('models').then((files) => {
    if (files.some((name) => name.endsWith('.gguf'))) stepDone('model');
  });
  return { wake };
}

/** The engine must not outlive the window: VS Code waits for this promise. */
export async function deactivate(): Promise<void> {
  await loaded?.deactivate();
}

/** Starts something that leaves nothing of itself registered where it throws. */
function started<T>({ subscriptions }: Pick<vscode.ExtensionContext, 'subscriptions'>, start: () => T): T {
  const before = subscriptions.length;
  try {
    return start();
  } catch (error) {
    vscode.Disposable.from(...subscriptions.splice(before)).dispose();
    throw error;
  }
}

/** What is registered until the rest is there. */
function standIn(wake: Shell['wake']): vscode.Disposable {
  return vscode.Disposable.from(
    ...Object.values(COMMANDS).map((command) =>
      vscode.commands.registerCommand(command, (...args: unknown[]) =>
        // If it does not start, that has been told.
        wake().then(
          () => vscode.commands.executeCommand(command, ...args),
          () => undefined,
        ),
      ),
    ),
    statusItem(),
    // Classifier files show their problems.
    vscode.workspace.onDidOpenTextDocument(({ uri }) => wakeIf(wake, isClassifierFile(uri))),
    vscode.workspace.onDidChangeConfiguration(() => wakeIf(wake, classifiesOnHover())),
  );
}

function wakeIf(wake: Shell['wake'], isNeeded: boolean): void {
  // It tells its errors itself.
  if (isNeeded) void wake().catch(() => undefined);
}

/** No service is there yet. */
function tellNotStarted(error: unknown): void {
  console.error(error);
  const reason = error instanceof Error ? error.message : String(error);
  const reload = 'Reload Window';
  void new EditorDialogs()
    .tell('error', `Prompt Confidence could not start: ${reason}`, [reload])
    .then((chosen) => {
      if (chosen === reload) void vscode.commands.executeCommand('workbench.action.reloadWindow');
    });
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
    vscode.window.registerWebviewPanelSerializer(LABELLING_VIEW, {
      deserializeWebviewPanel: async (panel, state: unknown) =>
        (await wake()).labellings.restore(panel, state),
    }),
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
