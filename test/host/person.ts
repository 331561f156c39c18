/** Somebody who answers the running extension, and goes away again. */
import type { Prompts } from '../../src/workspace/prompts';
import { ScriptedPrompts } from './scripted-prompts';

/** Puts a script over the methods of the extension's own prompts; gives what was said. */
export function person(prompts: Prompts, answers: (string | undefined)[]): ScriptedPrompts {
  const scripted = new ScriptedPrompts(answers);
  prompts.choose = (question) => scripted.choose(question);
  prompts.ask = (question) => scripted.ask(question);
  prompts.confirm = (message, detail, actions) => scripted.confirm(message, detail, actions);
  prompts.tell = (severity, message, actions) => scripted.tell(severity, message, actions);
  return scripted;
}

export function personLeaves(prompts: Prompts): void {
  for (const name of ['choose', 'ask', 'confirm', 'tell'] as const) Reflect.deleteProperty(prompts, name);
}
