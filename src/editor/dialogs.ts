/**
 * Everything that a feature asks or tells a person, in one small interface. Features ask the question, and their tests
 * answer it. Texts may hold anything, of whomever: here, and only here, they are encoded for VS Code, which makes links and
 * icons of some.
 */
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { editorText } from '../core/encode';
import { UserError } from '../core/user-error';
import { linkHost } from '../store/link';
import type { Step } from './questions';
import { signalOf } from './cancellation';

/** One line of a list. `value` is the result if it is chosen; a line without a value is a heading. */
export interface Choice<T> {
  /** Name of a codicon, drawn before the label. */
  readonly icon?: string;
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  readonly value?: T;
  /** Chosen at the start. */
  readonly active?: boolean;
}

export interface TextQuestion {
  readonly title: string;
  readonly prompt: string;
  readonly placeholder?: string;
  readonly value?: string;
  /** True if the typed text is hidden. */
  readonly password?: boolean;
  /** The problem of the text; undefined for none. Called for every key. */
  readonly validate: (text: string) => string | undefined;
  readonly step?: Step;
}

export interface ChoiceQuestion<T> {
  readonly title: string;
  readonly placeholder: string;
  readonly choices: readonly Choice<T>[];
  /** Choices that take a while to find. They are added at the end. */
  readonly more?: Promise<readonly Choice<T>[]>;
  readonly step?: Step;
}

export type Severity = 'info' | 'warning' | 'error';

/** Of the commands that links of notes run. */
const NOTE_COMMAND = 'promptConfidence.note';

/** Reports progress: what is being done, and the increment since the last report, in percent. */
export type ReportProgress = (message: string, increment?: number) => void;

export interface Dialogs {
  /** The chosen value; undefined if the question was closed; 'back' only if there is an earlier step. */
  choose<T>(question: ChoiceQuestion<T>): Promise<T | 'back' | undefined>;
  /** As `choose`, for a text. */
  ask(question: TextQuestion): Promise<{ readonly text: string } | 'back' | undefined>;
  /** A modal question; undefined for Cancel. */
  confirm(message: string, detail: string, actions: readonly string[]): Promise<string | undefined>;
  /** A notification; resolves with the action, or undefined once it is closed. */
  tell(severity: Severity, message: string, actions?: readonly string[]): Promise<string | undefined>;
  /**
   * A notification about something that stands still at a share from 0 to 1. It closes by itself once that is gone, which
   * no other notification can; resolves as `tell`.
   */
  note(message: string, action: string, share: number, gone: AbortSignal): Promise<string | undefined>;
  /** Absolute path of an existing folder. */
  chooseFolder(title: string): Promise<string | undefined>;
  /** Absolute path of an existing file. */
  chooseFile(title: string, extensions: Readonly<Record<string, string[]>>): Promise<string | undefined>;
  /**
   * Absolute path of a file to write. If it exists, the person has agreed to replace it.
   *
   * @param extensions file extensions by kind of file
   * @throws UserError not-on-disk
   */
  chooseNewFile(
    title: string,
    suggestion: string,
    extensions: Readonly<Record<string, string[]>>,
  ): Promise<string | undefined>;
  /** Puts a text on the clipboard. */
  copy(text: string): Promise<void>;
  /** Shows a cancellable notification while `work` runs. */
  progress<T>(title: string, work: (report: ReportProgress, signal: AbortSignal) => Promise<T>): Promise<T>;
  /**
   * Opens a page in the browser.
   *
   * @throws UserError `link-refused` for everything but https
   */
  openLink(url: string): Promise<void>;
}

export class EditorDialogs implements Dialogs {
  choose<T>(question: ChoiceQuestion<T>): Promise<T | 'back' | undefined> {
    const picker = vscode.window.createQuickPick<Item<T>>();
    picker.title = editorText(question.title);
    picker.placeholder = editorText(question.placeholder);
    picker.matchOnDescription = true;
    picker.matchOnDetail = true;
    picker.items = itemsOf(question.choices);
    const active = picker.items.filter((_, index) => question.choices[index]?.active === true);
    // An empty list would move the focus away from the first choice.
    if (active.length > 0) picker.activeItems = active;
    if (question.more !== undefined) void addWhenFound(picker, question.more);
    return answer<T>(picker, question.step, (resolve) => {
      const chosen = picker.selectedItems[0]?.value;
      if (chosen !== undefined) resolve(chosen);
    });
  }

  ask(question: TextQuestion): Promise<{ readonly text: string } | 'back' | undefined> {
    const input = vscode.window.createInputBox();
    input.title = editorText(question.title);
    input.prompt = editorText(question.prompt);
    input.placeholder = question.placeholder && editorText(question.placeholder);
    input.value = question.value ?? '';
    input.password = question.password ?? false;
    // An empty field is no error until it is submitted.
    const check = (): string | undefined => {
      const problem = question.validate(input.value);
      return (input.validationMessage = problem && editorText(problem));
    };
    input.onDidChangeValue(() => check());
    return answer<{ readonly text: string }>(input, question.step, (resolve) => {
      if (check() === undefined) resolve({ text: input.value });
    });
  }

  async confirm(message: string, detail: string, actions: readonly string[]): Promise<string | undefined> {
    return vscode.window.showWarningMessage(
      editorText(message),
      { modal: true, detail: editorText(detail) },
      ...actions,
    );
  }

  async tell(
    severity: Severity,
    message: string,
    actions: readonly string[] = [],
  ): Promise<string | undefined> {
    const shown = editorText(message);
    switch (severity) {
      case 'info':
        return vscode.window.showInformationMessage(shown, ...actions);
      case 'warning':
        return vscode.window.showWarningMessage(shown, ...actions);
      case 'error':
        return vscode.window.showErrorMessage(shown, ...actions);
    }
  }

  async note(message: string, action: string, share: number, gone: AbortSignal): Promise<string | undefined> {
    // Only progress closes by itself. It has no buttons but Cancel, so the action is a link to a command of its own.
    const command = `${NOTE_COMMAND}.${randomUUID()}`;
    const title = `${editorText(message)} [${action}](command:${command})`;
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    const subscriptions: vscode.Disposable[] = [];
    try {
      return await vscode.window.withProgress(options, (progress, token) => {
        progress.report({ increment: 100 * share });
        return new Promise<string | undefined>((resolve) => {
          const close = (): void => resolve(undefined);
          subscriptions.push(
            vscode.commands.registerCommand(command, () => resolve(action)),
            token.onCancellationRequested(close),
          );
          if (gone.aborted) close();
          else gone.addEventListener('abort', close, { once: true });
        });
      });
    } finally {
      for (const subscription of subscriptions) subscription.dispose();
    }
  }

  async chooseFolder(title: string): Promise<string | undefined> {
    const found = await vscode.window.showOpenDialog({
      title,
      canSelectFiles: false,
      canSelectFolders: true,
    });
    return found?.[0]?.fsPath;
  }

  async chooseFile(
    title: string,
    extensions: Readonly<Record<string, string[]>>,
  ): Promise<string | undefined> {
    const found = await vscode.window.showOpenDialog({ title, filters: { ...extensions } });
    return found?.[0]?.fsPath;
  }

  async chooseNewFile(
    title: string,
    suggestion: string,
    extensions: Readonly<Record<string, string[]>>,
  ): Promise<string | undefined> {
    const chosen = await vscode.window.showSaveDialog({
      title,
      defaultUri: vscode.Uri.file(suggestion),
      filters: { ...extensions },
    });
    if (chosen !== undefined && chosen.scheme !== 'file')
      throw new UserError(
        'not-on-disk',
        'Files can only be saved on this machine’s disk. Choose a folder on it.',
      );
    return chosen?.fsPath;
  }

  async copy(text: string): Promise<void> {
    await vscode.env.clipboard.writeText(text);
  }

  async progress<T>(
    title: string,
    work: (report: ReportProgress, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      (report, token) => work(report, signalOf(token)),
    );
  }

  async openLink(url: string): Promise<void> {
    if (linkHost(url) === undefined)
      throw new UserError('link-refused', 'This link does not lead to a page (https), so it was not opened.');
    await vscode.env.openExternal(vscode.Uri.parse(url, true));
  }
}

/** As that of VS Code, for the places that `progress` does not cover. */
export function withProgress<T>(
  { title, ...options }: vscode.ProgressOptions & { readonly title: string },
  work: (report: ReportProgress, token: vscode.CancellationToken) => Promise<T>,
): Promise<T> {
  const done = vscode.window.withProgress({ ...options, title: editorText(title) }, (progress, token) =>
    work((words, increment) => {
      const message = editorText(words);
      progress.report(increment === undefined ? { message } : { message, increment });
    }, token),
  );
  return Promise.resolve(done);
}

type Item<T> = vscode.QuickPickItem & { value?: T };

function itemsOf<T>(choices: readonly Choice<T>[]): Item<T>[] {
  return choices.map(({ icon, value, ...choice }) => {
    const label = editorText(choice.label);
    if (value === undefined) return { label, kind: vscode.QuickPickItemKind.Separator };
    const { description, detail } = choice;
    return {
      label: icon === undefined ? label : `$(${icon}) ${label}`,
      ...(description === undefined ? {} : { description: editorText(description) }),
      ...(detail === undefined ? {} : { detail: editorText(detail) }),
      value,
    };
  });
}

async function addWhenFound<T>(
  picker: vscode.QuickPick<Item<T>>,
  more: Promise<readonly Choice<T>[]>,
): Promise<void> {
  picker.busy = true;
  const found = await more;
  // New items take the focus to the first one.
  const { activeItems } = picker;
  picker.items = [...picker.items, ...itemsOf(found)];
  picker.activeItems = activeItems;
  picker.busy = false;
}

/** Shows a picker or an input box until it is answered, and closes it. */
function answer<T>(
  input: vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox,
  step: Step | undefined,
  accept: (resolve: (value: T) => void) => void,
): Promise<T | 'back' | undefined> {
  input.ignoreFocusOut = true;
  if (step !== undefined) {
    input.step = step.at;
    input.totalSteps = step.of;
    if (step.at > 1) input.buttons = [vscode.QuickInputButtons.Back];
  }
  return new Promise<T | 'back' | undefined>((resolve) => {
    input.onDidTriggerButton(() => resolve('back'));
    input.onDidHide(() => resolve(undefined));
    input.onDidAccept(() => accept(resolve));
    input.show();
  }).finally(() => input.dispose());
}
