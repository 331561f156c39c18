/** The status bar item, and the commands of the engine. */
import { markdownText } from '../../core/markdown';
import * as vscode from 'vscode';
import { COMMANDS, SETTINGS_SECTION, STATUS_ITEM } from '../../protocol/manifest';
import { type ChosenModel, chosenModel } from '../../editor/chosen-model';
import type { Choice } from '../../editor/dialogs';
import type { JobEntry } from '../../editor/job-controls';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { activeClassifier, readSettings } from '../../editor/settings';
import { stepDone } from '../../editor/walkthrough';
import { type Action, actionChoices, declaredKeys } from './actions';
import { actOnJob, runningChoices, unfinishedChoices } from './job-actions';
import { offerUnfinished } from './offer';
import { statusText, withClassifier, withJobs, type ShownClassifier, type StatusText } from './status-text';

export function registerStatus(services: Services): vscode.Disposable {
  const { log, engineModels, encoderModels, classifiers, context, dialogs, jobs } = services;
  const item = new StatusItem(services);
  const loadForUse = async (): Promise<void> => {
    const classifier = await classifiers.get(activeClassifier()).catch(() => undefined);
    const kind = classifier?.source.kind ?? 'engine';
    if (kind !== 'engine' && kind !== 'encoder') return;
    await dialogs.progress('Restarting the model engine', async (_, signal) => {
      if (classifier !== undefined && kind === 'encoder') await encoderModels.load(classifier, signal);
      else await engineModels.load(classifier, signal);
    });
  };
  const restart = async (): Promise<void> => {
    try {
      await Promise.all([engineModels.engine.reset(), encoderModels.encoder.reset()]);
      await loadForUse();
    } catch (error) {
      await reportError(services, error);
    }
  };
  const unfinishedJobs = async (): Promise<Choice<Action | JobEntry>[]> => {
    try {
      return unfinishedChoices(await jobs.unfinished());
    } catch (error) {
      log.warn('unfinished jobs', error);
      return [];
    }
  };
  const showActions = async (): Promise<void> => {
    const keys = declaredKeys(context.extension.packageJSON, process.platform === 'darwin');
    const chosen = await dialogs.choose<Action | JobEntry>({
      title: 'Prompt Confidence',
      placeholder: item.shown.spoken,
      choices: [...runningChoices(jobs.running), ...actionChoices(keys, context.extension.id)],
      more: unfinishedJobs(),
    });
    if (chosen === undefined || chosen === 'back') return;
    if ('command' in chosen)
      await vscode.commands.executeCommand(chosen.command, ...(chosen.arguments ?? []));
    else if ((await actOnJob(services, chosen)) === 'back') await showActions();
  };
  void offerUnfinished(services).catch((error: unknown) => reportError(services, error));
  return vscode.Disposable.from(
    item,
    vscode.commands.registerCommand(COMMANDS.restartEngine, restart),
    vscode.commands.registerCommand(COMMANDS.showLog, () => log.show()),
    vscode.commands.registerCommand(COMMANDS.showActions, () =>
      showActions().catch((error: unknown) => reportError(services, error)),
    ),
  );
}

/** Milliseconds between two updates of the item: the engine reports progress more often. */
const REDRAW_MS = 100;

/** @internal */
export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(STATUS_ITEM, vscode.StatusBarAlignment.Right, 90);
  private readonly subscriptions: { dispose(): unknown }[];
  private chosen: ChosenModel = { kind: 'none', present: 0 };
  private classifier: ShownClassifier = { name: activeClassifier(), isThere: true, calibrator: undefined };
  /** Counts the searches for the chosen model, so that a late result of an earlier one is ignored. */
  private run = 0;
  private timer: NodeJS.Timeout | undefined;
  private current: StatusText;

  constructor(
    private readonly services: Pick<
      Services,
      'engineModels' | 'encoderModels' | 'classifiers' | 'models' | 'endpoints' | 'jobs' | 'log'
    > &
      Events,
  ) {
    this.item.name = 'Prompt Confidence';
    this.item.command = COMMANDS.showActions;
    const refresh = (): void => this.refresh();
    this.subscriptions = [
      this.item,
      services.engineModels.engine.onStateChange(() => this.redrawSoon()),
      services.encoderModels.encoder.onStateChange(() => this.redrawSoon()),
      services.jobs.onDidChange(() => this.redrawSoon()),
      services.modelsChanged.event(refresh),
      services.classifiers.onDidChange(refresh),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(SETTINGS_SECTION)) this.refresh();
      }),
      // Folders may have classifiers of their own in use.
      vscode.window.onDidChangeActiveTextEditor(() => {
        if (activeClassifier() !== this.classifier.name) this.refresh();
      }),
      // Another window may have downloaded or deleted a model meanwhile.
      vscode.window.onDidChangeWindowState((state) => {
        if (state.focused) this.refresh();
      }),
    ];
    this.current = this.draw();
    this.item.show();
    this.refresh();
  }

  /** The current text of the item. */
  get shown(): StatusText {
    return this.current;
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private refresh(): void {
    const run = ++this.run;
    find(this.services)
      .then(({ chosen, classifier }) => {
        if (run !== this.run) return;
        this.chosen = chosen;
        this.classifier = classifier;
        this.draw();
        if (chosen.kind === 'there' || (chosen.kind !== 'missing' && chosen.present > 0)) stepDone('model');
      })
      .catch((error: unknown) => this.services.log.warn('status', error));
  }

  private redrawSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.draw();
    }, REDRAW_MS);
  }

  private draw(): StatusText {
    const { engineModels, encoderModels } = this.services;
    const states = { engine: engineModels.engine.state, encoder: encoderModels.encoder.state };
    const model = statusText(states, this.chosen, readSettings());
    const status = withJobs(withClassifier(model, this.classifier), this.services.jobs.running);
    this.current = status;
    this.item.text = status.text;
    this.item.accessibilityInformation = { label: status.spoken, role: 'button' };
    this.item.tooltip = tooltipOf(status);
    this.item.backgroundColor =
      status.severity === 'none'
        ? undefined
        : new vscode.ThemeColor(`statusBarItem.${status.severity}Background`);
    return status;
  }
}

interface Events {
  readonly modelsChanged: vscode.EventEmitter<void>;
}

function tooltipOf(status: StatusText): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString();
  // File names, drivers' names and error messages are text, whatever they contain.
  for (const [what, value] of status.details) {
    // Not appendText, which makes every space non-breaking, so that a long reason would run off the screen.
    tooltip.appendMarkdown(`**${what}:** ${markdownText(value)}\n\n`);
  }
  tooltip.appendMarkdown('Click for actions.');
  return tooltip;
}

type Finding = Pick<Services, 'classifiers' | 'models' | 'endpoints'>;

async function find(services: Finding): Promise<{ chosen: ChosenModel; classifier: ShownClassifier }> {
  const name = activeClassifier();
  const found = await services.classifiers.get(name).catch(() => undefined);
  const [models, folders] = await Promise.all([services.models.list(), services.models.folders()]);
  const present = { models: models.filter((entry) => !entry.missing), folders };
  return {
    chosen: chosenModel(found, present, services.endpoints),
    classifier: { name, isThere: found !== undefined, calibrator: found?.calibrator },
  };
}
