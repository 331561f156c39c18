/** How a node of the Home view looks: the words, the icon, the menus (by `contextValue`) and what a click does. */
import * as vscode from 'vscode';
import { editorText, visibleName } from '../../core/encode';
import { markdownText } from '../../core/markdown';
import type { JobEntry } from '../../editor/job-controls';
import type { GroupName, HomeNode } from './nodes';

/** Titles of the groups, and whether a group is open at first: the others read files when they are opened. */
const GROUP_ITEMS: Readonly<Record<GroupName, { readonly title: string; readonly isOpen: boolean }>> = {
  classifiers: { title: 'Classifiers', isOpen: true },
  tables: { title: 'Tables', isOpen: false },
  calibrators: { title: 'Calibrators', isOpen: false },
  models: { title: 'Models and Endpoints', isOpen: false },
  running: { title: 'Running', isOpen: true },
};

export function itemOf(node: HomeNode): vscode.TreeItem {
  const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  if (node.kind === 'group') {
    const { title, isOpen } = GROUP_ITEMS[node.group];
    const item = new vscode.TreeItem(title, isOpen ? Expanded : Collapsed);
    item.id = node.group;
    item.contextValue = `group.${node.group}`;
    return item;
  }
  const item = new vscode.TreeItem(shown(node.label), None);
  item.contextValue = contextOf(node);
  if (node.description !== undefined) item.description = shown(node.description);
  // Otherwise the editor makes a tooltip of the label.
  item.tooltip = tooltipOf(node.label, node.details ?? []);
  if (node.icon !== undefined) item.iconPath = iconOf(node);
  item.accessibilityInformation = { label: [node.label, node.description ?? ''].map(visibleName).join(', ') };
  const click = 'click' in node ? node.click : undefined;
  if (click !== undefined) item.command = { ...click, arguments: [...click.arguments] };
  return item;
}

function shown(text: string): string {
  return editorText(visibleName(text));
}

function tooltipOf(label: string, details: readonly string[]): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString();
  for (const line of [label, ...details]) tooltip.appendMarkdown(`${markdownText(line)}\n\n`);
  return tooltip;
}

function iconOf(node: Exclude<HomeNode, { readonly kind: 'group' }>): vscode.ThemeIcon {
  const isInUse =
    (node.kind === 'classifier' && node.isActive) || (node.kind === 'model' && node.state === 'chosen');
  return new vscode.ThemeIcon(
    node.icon ?? '',
    isInUse
      ? new vscode.ThemeColor('charts.green')
      : node.kind === 'broken'
        ? new vscode.ThemeColor('list.errorForeground')
        : undefined,
  );
}

function jobContext({ kind, job }: JobEntry): string {
  if (kind === 'running') return 'job.running';
  return job.isElsewhere ? 'job.elsewhere' : 'job.unfinished';
}

/** What package.json's conditions on `viewItem` test. */
function contextOf(node: Exclude<HomeNode, { readonly kind: 'group' }>): string {
  switch (node.kind) {
    case 'classifier':
      return node.isActive ? 'classifier.active' : 'classifier';
    case 'table':
      return node.isScored ? 'table.scored' : 'table.unscored';
    case 'model':
      return `model.${node.state}`;
    case 'job':
      return `${jobContext(node.entry)}.${node.entry.job.kind}`;
    case 'broken':
    case 'calibrator':
    case 'download':
    case 'endpoint':
    case 'folder':
    case 'note':
      return node.kind;
  }
}
