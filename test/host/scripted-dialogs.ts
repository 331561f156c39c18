/** A person whose answers a test decides, and what that person was told and asked. */
import assert from 'node:assert/strict';
import type {
  ChoiceQuestion,
  Dialogs,
  ReportProgress,
  Severity,
  TextQuestion,
} from '../../src/editor/dialogs';

type Answer = string | undefined;

export class ScriptedDialogs implements Dialogs {
  /** Everything in order: "choose …", "ask …", "confirm …", "info …", "progress …". */
  readonly said: string[] = [];
  /** Called with every progress message, with the signal's controller to cancel. */
  onProgress: (message: string, cancel: () => void) => void = () => undefined;

  /** @param answers to questions, in order: a label or part of one, a text, a button; undefined closes the question */
  constructor(private readonly answers: Answer[]) {}

  async choose<T>(question: ChoiceQuestion<T>): Promise<T | 'back' | undefined> {
    const choices = [...question.choices, ...((await question.more) ?? [])];
    this.said.push(`choose ${question.title}: ${choices.map((choice) => choice.label).join(' | ')}`);
    const answer = this.next();
    if (answer === undefined || answer === 'back') return answer;
    const chosen = choices.find((choice) => choice.label.includes(answer));
    assert.ok(chosen, `"${answer}" is not among the choices`);
    return chosen.value;
  }

  ask(question: TextQuestion): Promise<{ readonly text: string } | 'back' | undefined> {
    const text = this.next();
    this.said.push(`ask ${question.prompt}`);
    if (text === undefined || text === 'back') return Promise.resolve(text);
    const problem = question.validate(text);
    if (problem === undefined) return Promise.resolve({ text });
    this.said.push(`refused ${problem}`);
    return this.ask(question);
  }

  confirm(message: string, detail: string, actions: readonly string[]): Promise<string | undefined> {
    this.said.push(`confirm ${message} [${actions.join(', ')}]\n${detail}`);
    return Promise.resolve(this.next());
  }

  tell(severity: Severity, message: string, actions: readonly string[] = []): Promise<string | undefined> {
    this.said.push(`${severity} ${message} [${actions.join(', ')}]`);
    return Promise.resolve(actions.length === 0 ? undefined : this.next());
  }

  note(message: string, action: string): Promise<string | undefined> {
    return this.tell('info', message, [action]);
  }

  chooseFolder(title: string): Promise<string | undefined> {
    this.said.push(`folder ${title}`);
    return Promise.resolve(this.next());
  }

  chooseFile(title: string): Promise<string | undefined> {
    this.said.push(`file ${title}`);
    return Promise.resolve(this.next());
  }

  chooseNewFile(title: string, suggestion: string): Promise<string | undefined> {
    this.said.push(`new file ${title}: ${suggestion}`);
    return Promise.resolve(this.next());
  }

  copy(text: string): Promise<void> {
    this.said.push(`copy ${text}`);
    return Promise.resolve();
  }

  progress<T>(title: string, work: (report: ReportProgress, signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    return work((message) => {
      this.said.push(`progress ${title}: ${message}`);
      this.onProgress(message, () => controller.abort());
    }, controller.signal);
  }

  openLink(url: string): Promise<void> {
    this.said.push(`link ${url}`);
    return Promise.resolve();
  }

  /** Those that begin so. */
  saying(start: string): string[] {
    return this.said.filter((text) => text.startsWith(start));
  }

  private next(): Answer {
    assert.ok(this.answers.length > 0, `no answer is left for: ${this.said.at(-1) ?? ''}`);
    return this.answers.shift();
  }
}
