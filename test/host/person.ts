/** Somebody who answers the running extension, and goes away again. */
import type { Dialogs } from '../../src/editor/dialogs';
import { ScriptedDialogs } from './scripted-dialogs';

/** Puts a script over the methods of the extension's own dialogs; gives what was said. */
export function person(dialogs: Dialogs, answers: (string | undefined)[]): ScriptedDialogs {
  const scripted = new ScriptedDialogs(answers);
  dialogs.choose = (question) => scripted.choose(question);
  dialogs.ask = (question) => scripted.ask(question);
  dialogs.confirm = (message, detail, actions) => scripted.confirm(message, detail, actions);
  dialogs.tell = (severity, message, actions) => scripted.tell(severity, message, actions);
  dialogs.note = (message, action) => scripted.note(message, action);
  dialogs.chooseFile = (title) => scripted.chooseFile(title);
  dialogs.chooseNewFile = (title, suggestion) => scripted.chooseNewFile(title, suggestion);
  return scripted;
}

export function personLeaves(dialogs: Dialogs): void {
  for (const name of ['choose', 'ask', 'confirm', 'tell', 'note', 'chooseFile', 'chooseNewFile'] as const)
    Reflect.deleteProperty(dialogs, name);
}
