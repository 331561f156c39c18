/** The tree of the Home view: finds what each group lists, when it is shown. */
import path from 'node:path';
import * as vscode from 'vscode';
import { calibratorsNamed } from '../../core/classifier/definition';
import { calibratorInWords } from '../../core/words/calibrated-score';
import { formatBytes } from '../../core/words/quantities';
import { chosenModel, type Present } from '../../editor/chosen-model';
import type { ClassifierEntry, UsableClassifier } from '../../editor/classifiers';
import { type JobEntry, jobInWords } from '../../editor/job-controls';
import type { Services } from '../../editor/services';
import { activeClassifier, readSettings } from '../../editor/settings';
import { COMMANDS, SETTINGS_SECTION } from '../../protocol/manifest';
import { isChosenModel } from '../../store/choose-model';
import { unfinishedDownloads } from '../../store/unfinished';
import { itemOf } from './items';
import { type GroupName, GROUPS, type HomeNode } from './nodes';
import { boundInWords, calibratorLines, inTurn, tableInWords } from './words';
import { MOST_TABLES, watchTables, WorkspaceTables } from './workspace-tables';

/** Milliseconds between two drawings of a group: files change in bursts, and jobs report often. */
const REDRAW_MS = 1000;

/** The workspace is not trusted, so its files say nothing here. */
const RESTRICTED = {
  kind: 'note',
  label: 'Not read in Restricted Mode',
  description: 'manage trust…',
  icon: 'shield',
  click: { command: 'workbench.trust.manage', title: 'Manage Workspace Trust', arguments: [] },
} as const satisfies HomeNode;

type Group = Extract<HomeNode, { readonly kind: 'group' }>;

export class HomeTree implements vscode.TreeDataProvider<HomeNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<HomeNode | undefined>();
  private readonly groups = GROUPS.map((group): Group => ({ kind: 'group', group }));
  private readonly timers = new Map<GroupName, NodeJS.Timeout>();
  /** Looked for once the list was opened: until then nobody needs to know what changes. */
  private tableWatch: vscode.Disposable | undefined;
  private active = activeClassifier();
  private readonly subscriptions: readonly { dispose(): unknown }[];

  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly services: Services,
    private readonly tables = new WorkspaceTables(),
  ) {
    const { classifiers, calibrators, modelsChanged, jobs, figures } = services;
    const redraw = (...groups: readonly GroupName[]) => {
      return () => groups.forEach((group) => this.redrawSoon(group));
    };
    this.subscriptions = [
      this.changed,
      classifiers.onDidChange(redraw('classifiers', 'calibrators')),
      calibrators.onDidChange(redraw('calibrators')),
      modelsChanged.event(redraw('classifiers', 'models')),
      figures.onDidChange(redraw('tables')),
      jobs.onDidChange(redraw('running')),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(SETTINGS_SECTION)) redraw('classifiers', 'models')();
      }),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.refresh()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.refresh()),
      // Folders may have classifiers of their own in use.
      vscode.window.onDidChangeActiveTextEditor(() => {
        if (activeClassifier() !== this.active) redraw('classifiers')();
      }),
    ];
  }

  /** Looks at everything again. */
  refresh(): void {
    this.changed.fire(undefined);
  }

  getTreeItem(node: HomeNode): vscode.TreeItem {
    return itemOf(node);
  }

  async getChildren(node?: HomeNode): Promise<HomeNode[]> {
    if (node === undefined) return [...this.groups];
    if (node.kind !== 'group') return [];
    try {
      return await this.childrenOf(node.group);
    } catch (error) {
      this.services.log.error('home view', error);
      return [
        {
          kind: 'note',
          label: 'This list could not be made',
          details: [error instanceof Error ? error.message : String(error)],
          icon: 'error',
          click: { command: COMMANDS.showLog, title: 'Show Log', arguments: [] },
        },
      ];
    }
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.tableWatch?.dispose();
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private redrawSoon(group: GroupName): void {
    if (this.timers.has(group)) return;
    this.timers.set(
      group,
      setTimeout(() => {
        this.timers.delete(group);
        this.changed.fire(this.groups.find((node) => node.group === group));
      }, REDRAW_MS),
    );
  }

  private childrenOf(group: GroupName): Promise<HomeNode[]> {
    switch (group) {
      case 'classifiers':
        return this.classifierNodes();
      case 'tables':
        return this.tableNodes();
      case 'calibrators':
        return this.calibratorNodes();
      case 'models':
        return this.modelNodes();
      case 'running':
        return this.jobNodes();
    }
  }

  private async classifierNodes(): Promise<HomeNode[]> {
    const { classifiers, models } = this.services;
    const entries = await classifiers.list();
    const [all, folders] = await Promise.all([models.list(), models.folders()]);
    const present = { models: all.filter(({ missing }) => !missing), folders };
    this.active = activeClassifier();
    const nodes = entries.map((entry) => this.classifierNode(entry, present));
    const isThere = entries.some(
      (entry) => entry.kind !== 'invalid' && entry.classifier.name === this.active,
    );
    if (!vscode.workspace.isTrusted && vscode.workspace.workspaceFolders !== undefined)
      nodes.push({ ...RESTRICTED, label: 'Those of the workspace are not read in Restricted Mode' });
    if (isThere) return nodes;
    const missing: HomeNode = {
      kind: 'note',
      label: this.active,
      description: 'chosen, but not here',
      details: ['Choose another classifier, or create one of this name.'],
      icon: 'warning',
      click: { command: COMMANDS.chooseClassifier, title: 'Choose Classifier…', arguments: [] },
    };
    return [missing, ...nodes];
  }

  private classifierNode(entry: ClassifierEntry, present: Present): HomeNode {
    if (entry.kind === 'invalid')
      return {
        kind: 'broken',
        label: nameOf(entry.uri),
        description: 'not usable',
        details: [entry.error.message],
        icon: 'error',
        click: { command: 'vscode.open', title: 'Open', arguments: [entry.uri] },
      };
    const { classifier } = entry;
    const named = calibratorsNamed(classifier);
    const isActive = classifier.name === this.active;
    const source = this.sourceOf(entry, present);
    return {
      kind: 'classifier',
      classifier: classifier.name,
      uri: entry.kind === 'file' ? entry.uri : undefined,
      isActive,
      label: classifier.name,
      description: inTurn(
        isActive ? 'in use' : undefined,
        named.length === 0 ? 'raw' : `calibrated by ${named.join(', ')}`,
        source.replace(/\.gguf$/iu, ''),
      ),
      details: [
        classifier.description,
        `Labels: ${classifier.labels.map(({ name }) => name).join(', ')}`,
        `Model: ${source}`,
        named.length === 0
          ? 'Its confidence is raw: measure it on a labelled table, and save a calibrator.'
          : `Calibrator: ${named.join(', ')}`,
        entry.kind === 'builtin' ? 'Built in' : vscode.workspace.asRelativePath(entry.uri),
      ].filter((line) => line !== ''),
      icon: isActive ? 'pass-filled' : 'circle-large-outline',
      click: {
        command: COMMANDS.editClassifier,
        title: 'Edit Classifier',
        arguments: [entry.kind === 'file' ? entry.uri : classifier.name],
      },
    };
  }

  /** What a classifier would ask now. */
  private sourceOf({ classifier }: UsableClassifier, present: Present): string {
    const chosen = chosenModel(classifier, present, this.services.endpoints);
    switch (chosen.kind) {
      case 'elsewhere':
        return chosen.name;
      case 'none':
        return 'no model chosen';
      case 'missing':
        return `${path.basename(chosen.file)} is missing`;
      case 'encoder':
        return chosen.isThere ? chosen.file : `${chosen.file} is missing`;
      case 'there':
        return chosen.file;
    }
  }

  private async tableNodes(): Promise<HomeNode[]> {
    this.tableWatch ??= watchTables(() => this.redrawSoon('tables'));
    const [{ tables, cut }, unfinished] = await Promise.all([
      this.tables.list(),
      this.services.jobs.unfinished(),
    ]);
    const there = new Set(tables.map(({ uri }) => uri.fsPath));
    const begun = unfinished
      .filter(({ output }) => !there.has(output))
      .map((job) => jobNode({ kind: 'unfinished', job }));
    const nodes = [...begun, ...tables.map((table) => this.tableNode(table))];
    if (nodes.length === 0 && cut === undefined)
      return [
        {
          kind: 'note',
          label: 'No .csv file in this workspace',
          description: 'open one from elsewhere…',
          icon: 'info',
          click: { command: COMMANDS.openCalibration, title: 'Open Calibration Panel', arguments: [] },
        },
      ];
    if (cut === undefined) return nodes;
    return [
      ...nodes,
      {
        kind: 'note',
        label:
          cut === 'number'
            ? `Only ${MOST_TABLES} tables are listed`
            : 'The search for tables took too long, so there may be more',
        details: ['The explorer shows all files. Its menu opens and scores any table.'],
        icon: 'info',
        click: { command: 'workbench.view.explorer', title: 'Show Explorer', arguments: [] },
      },
    ];
  }

  private tableNode({
    uri,
    folder,
    stamp,
    facts,
  }: Awaited<ReturnType<WorkspaceTables['list']>>['tables'][number]): HomeNode {
    const figures = stamp && this.services.figures.of(uri, stamp);
    const isScored = facts?.isScored === true;
    const words = tableInWords({ facts, figures, folder });
    return {
      kind: 'table',
      uri,
      isScored,
      label: nameOf(uri),
      description: words,
      details: [
        words,
        ...(facts?.run === undefined ? [] : [`Scored by the classifier ${facts.run.classifier}`]),
        isScored
          ? 'A click opens the calibration panel.'
          : 'It has no scores yet. Score it with a classifier to measure that classifier.',
      ],
      icon: isScored ? 'graph-scatter' : 'table',
      click: isScored
        ? { command: COMMANDS.openCalibration, title: 'Open Calibration Panel', arguments: [uri] }
        : { command: 'vscode.open', title: 'Open', arguments: [uri] },
    };
  }

  private async calibratorNodes(): Promise<HomeNode[]> {
    if (!vscode.workspace.isTrusted) return [RESTRICTED];
    const { classifiers, calibrators } = this.services;
    const folders = vscode.workspace.workspaceFolders ?? [];
    const found = (await Promise.all(folders.map(({ uri }) => calibrators.list(uri)))).flat();
    const entries = await classifiers.list();
    if (found.length === 0)
      return [
        {
          kind: 'note',
          label: 'No calibrator yet',
          description: 'measure a scored table, and save one',
          details: [
            'The calibration panel compares calibrators on a labelled table, and saves the one that you choose.',
          ],
          icon: 'info',
          click: { command: COMMANDS.openCalibration, title: 'Open Calibration Panel', arguments: [] },
        },
      ];
    return found.map(({ uri, by, saved }): HomeNode => {
      const users = entries.flatMap((entry) =>
        entry.kind === 'file' && calibratorsNamed(entry.classifier).includes(by.name)
          ? [entry.classifier.name]
          : [],
      );
      return {
        kind: 'calibrator',
        uri,
        label: by.name,
        description: inTurn(
          users.length === 0 ? 'not used' : `used by ${users.join(', ')}`,
          boundInWords(saved),
          calibratorInWords(by),
        ),
        details: [vscode.workspace.asRelativePath(uri), ...calibratorLines(saved)],
        icon: 'law',
        click: { command: 'vscode.open', title: 'Open', arguments: [uri] },
      };
    });
  }

  private async modelNodes(): Promise<HomeNode[]> {
    const { models, endpoints } = this.services;
    const [entries, folders, downloads] = await Promise.all([
      models.list(),
      models.folders(),
      unfinishedDownloads(models.folder),
    ]);
    const setting = readSettings().model;
    const isOnly = setting === '' && entries.filter(({ missing }) => !missing).length === 1;
    const { endpoints: servers, problems } = endpoints.list();
    const nodes: HomeNode[] = [
      ...entries.map((entry): HomeNode => {
        const isChosen = isOnly ? !entry.missing : setting !== '' && isChosenModel(entry, entries, setting);
        const licence = entry.licence === undefined ? 'licence unknown' : `licence ${entry.licence}`;
        return {
          kind: 'model',
          model: entry.path,
          state: entry.missing ? 'missing' : isChosen ? 'chosen' : 'there',
          label: entry.file,
          description: inTurn(
            isChosen ? 'in use' : undefined,
            entry.missing ? 'missing' : formatBytes(entry.bytes),
          ),
          details: [entry.path, licence, entry.source ?? 'source unknown'],
          icon: entry.missing ? 'warning' : 'chip',
        };
      }),
      ...folders.map((entry): HomeNode => ({
        kind: 'folder',
        label: entry.file,
        description: entry.missing ? 'missing' : 'sequence classification',
        details: [
          entry.path,
          ...(entry.licence === undefined ? [] : [`licence ${entry.licence}`]),
          'New Classifier makes a classifier of it.',
        ],
        icon: entry.missing ? 'warning' : 'folder',
      })),
      ...downloads.map(({ file, have, total }): HomeNode => ({
        kind: 'download',
        label: file,
        description: `unfinished: ${formatBytes(have)}${total === undefined ? '' : ` of ${formatBytes(total)}`}`,
        icon: 'cloud-download',
        click: { command: COMMANDS.downloadModel, title: 'Download Model…', arguments: [] },
      })),
      ...servers.map(({ name, model, address }): HomeNode => ({
        kind: 'endpoint',
        endpoint: name,
        label: name,
        description: `${model} at ${new URL(address).host}`,
        details: [
          `${model} at ${address}`,
          'Texts that a classifier with this source classifies are sent there.',
        ],
        icon: 'globe',
      })),
      ...problems.map(({ message }): HomeNode => ({
        kind: 'note',
        label: 'An endpoint that cannot be used',
        details: [message],
        icon: 'error',
        click: {
          command: 'workbench.action.openSettings',
          title: 'Edit Endpoints',
          arguments: [`${SETTINGS_SECTION}.endpoints`],
        },
      })),
    ];
    if (entries.length > 0 || downloads.length > 0) return nodes;
    return [
      {
        kind: 'note',
        label: 'No model on this machine yet',
        description: 'download one…',
        icon: 'cloud-download',
        click: { command: COMMANDS.downloadModel, title: 'Download Model…', arguments: [] },
      },
      ...nodes,
    ];
  }

  private async jobNodes(): Promise<HomeNode[]> {
    const { jobs } = this.services;
    const unfinished = await jobs.unfinished();
    const entries: JobEntry[] = [
      ...jobs.running.map((job) => ({ kind: 'running' as const, job })),
      ...unfinished.map((job) => ({ kind: 'unfinished' as const, job })),
    ];
    if (entries.length > 0) return entries.map(jobNode);
    return [
      {
        kind: 'note',
        label: 'Nothing is running',
        details: [
          'Tables that are scored and models that are tuned appear here, also those that were paused or interrupted.',
        ],
      },
    ];
  }
}

function jobNode(entry: JobEntry): HomeNode {
  const { title, output } = entry.job;
  const words = jobInWords(entry);
  return {
    kind: 'job',
    entry,
    label: title,
    description: words,
    details: [words, `Writes ${output}`],
    icon: entry.kind === 'running' ? 'sync~spin' : 'debug-pause',
    // Other jobs have no tab.
    ...(entry.job.kind === 'tune'
      ? { click: { command: COMMANDS.showTuning, title: 'Show Fine-Tuning', arguments: [{ entry }] } }
      : {}),
  };
}

function nameOf(uri: vscode.Uri): string {
  return path.posix.basename(uri.path);
}
