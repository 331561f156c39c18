/** Add Endpoint…, Set Endpoint Key…, Remove Endpoint…, and the connection test. */
import { keyProblem } from '../../sources/endpoint/key';
import * as vscode from 'vscode';
import { COMMANDS } from '../../protocol/manifest';
import { UserError } from '../../core/user-error';
import { baseAddress, type Endpoint, type EndpointSetting } from '../../sources/endpoint/settings';
import type { EndpointSource } from '../../sources/endpoint/endpoint-source';
import { nameArgument } from '../../editor/argument';
import type { TextQuestion } from '../../editor/dialogs';
import { askInTurn, question, type DialogQuestion } from '../../editor/questions';
import { proposedName } from './proposed-name';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';

export function registerEndpoints(services: Services): vscode.Disposable {
  const command = (
    id: string,
    run: (services: EndpointServices, name: string | undefined) => Promise<void>,
  ): vscode.Disposable =>
    vscode.commands.registerCommand(id, (argument: unknown) =>
      run(services, nameArgument(argument, 'endpoint')).catch((error: unknown) =>
        reportError(services, error),
      ),
    );
  const kept: KeptAnswers = { answers: {} };
  return vscode.Disposable.from(
    command(COMMANDS.addEndpoint, (own) => addEndpoint(own, kept)),
    command(COMMANDS.setEndpointKey, setEndpointKey),
    command(COMMANDS.removeEndpoint, removeEndpoint),
  );
}

type EndpointServices = Pick<Services, 'endpoints' | 'dialogs' | 'log'>;

interface Draft {
  readonly url: string;
  readonly api: EndpointSetting['api'];
  readonly model: string;
  readonly name: string;
  readonly key: string;
}

/**
 * What was answered while no endpoint was added. The key is kept only while the questions are asked.
 *
 * @internal
 */
export interface KeptAnswers {
  answers: Partial<Draft>;
}

const RETRY = 'Retry';
const CHANGE = 'Change Answers…';
const SAVE = 'Save Anyway';

/**
 * Asks for one field after the other, tests the connection, and saves the endpoint. After a failed test, the answers
 * can be changed, tested again or saved as they are.
 *
 * @param kept answers of the last time; they are proposed
 *
 * @internal
 */
export async function addEndpoint(
  services: EndpointServices,
  kept: KeptAnswers = { answers: {} },
): Promise<void> {
  let answers = kept.answers;
  for (;;) {
    const draft = await askDraft(services, answers);
    if (draft === undefined) return;
    answers = draft;
    kept.answers = withoutKey(draft);
    const next = await tryToAdd(services, draft);
    if (next === 'added') kept.answers = {};
    if (next !== 'change') return;
  }
}

function withoutKey({ url, api, model, name }: Draft): Partial<Draft> {
  return { url, api, model, name };
}

/** Undefined if the person leaves it at that. */
async function tryToAdd(services: EndpointServices, draft: Draft): Promise<'added' | 'change' | undefined> {
  const { endpoints, dialogs, log } = services;
  const { key, ...fields } = draft;
  const given = key === '' ? undefined : key;
  const save = async (setting: EndpointSetting): Promise<Endpoint> => {
    const { endpoint } = endpoints.trial(setting, given);
    await endpoints.setKey(endpoint, given);
    await endpoints.add(setting);
    return endpoint;
  };
  for (;;)
    try {
      const { topLogprobs, thinks } = await dialogs.progress(`Testing ${draft.url}`, (_, signal) =>
        capability((count) => endpoints.trial({ ...fields, topLogprobs: count }, given), signal),
      );
      const endpoint = await save({ ...fields, topLogprobs });
      await dialogs.tell('info', addedInWords(endpoint, thinks));
      return 'added';
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (error.code === 'cancelled') return undefined;
      log.error(error.code, error.message);
      const answer = await dialogs.tell('error', error.message, [RETRY, CHANGE, SAVE]);
      if (answer === CHANGE) return 'change';
      if (answer === SAVE) {
        const { name } = await save(fields);
        await dialogs.tell('warning', `The endpoint ${name} was saved without a test. ${useInWords(name)}`);
        return 'added';
      }
      if (answer !== RETRY) return undefined;
    }
}

/**
 * How many of the likeliest tokens the server shows: 20 if it can, else 5, which every server grants that shows any; 0
 * for none. And whether its model thinks before it answers.
 */
async function capability(
  trial: (topLogprobs: number) => EndpointSource,
  signal: AbortSignal,
): Promise<{ readonly topLogprobs: number; readonly thinks: boolean }> {
  for (const topLogprobs of [20, 5, 0])
    try {
      const { likeliest, thinks } = await trial(topLogprobs).test(signal);
      // One token alone is the answer itself: the server ignored the request for more.
      return { topLogprobs: likeliest > 1 ? topLogprobs : 0, thinks };
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== 'endpoint-no-logprobs') throw error;
    }
  return { topLogprobs: 0, thinks: false };
}

function addedInWords({ name, model, topLogprobs }: Endpoint, thinks: boolean): string {
  const why = thinks ? 'thinks first, so its first token is no answer' : 'shows no token probabilities';
  const use = useInWords(name);
  return topLogprobs === 0
    ? `${model} answers, but ${why}. Set "method" of the classifier to "consistency". ${use}`
    : `${model} answers and shows the ${topLogprobs} likeliest tokens. ${use}`;
}

function useInWords(name: string): string {
  return `Write "source": "endpoint:${name}" into a classifier to use it.`;
}

/**
 * @param before answers that are proposed
 * @returns undefined if the person cancelled
 */
async function askDraft(
  { endpoints, dialogs }: EndpointServices,
  before: Partial<Draft>,
): Promise<Draft | undefined> {
  const title = 'Add Endpoint';
  const draft: { -readonly [Field in keyof Draft]?: Draft[Field] } = { ...before };
  const taken = (): string[] => endpoints.list().endpoints.map(({ name }) => name);
  type Field = Exclude<keyof Draft, 'api'>;
  const field = (name: Field, text: Omit<TextQuestion, 'title' | 'value' | 'step'>): DialogQuestion =>
    question(
      (step) => {
        // A key is never shown in a box again.
        const value = name === 'key' ? undefined : (draft[name] ?? proposal(name));
        return dialogs.ask({ title, step, ...text, ...(value === undefined ? {} : { value }) });
      },
      ({ text }) => {
        if (name !== 'key' || text.trim() !== '' || draft.key === undefined) draft[name] = text.trim();
      },
    );
  const proposal = (name: Field): string | undefined =>
    name === 'name' && draft.url !== undefined ? proposedName(draft.url, taken()) : undefined;
  const answered = await askInTurn([
    field('url', {
      prompt: 'Address of the OpenAI-compatible API. http is allowed only for a server on this machine.',
      placeholder: 'http://localhost:8000/v1',
      validate: addressProblem,
    }),
    question(
      (step) =>
        dialogs.choose<EndpointSetting['api']>({
          title,
          placeholder: 'Which API does the server have?',
          step,
          choices: [
            {
              label: 'Chat',
              detail: 'For models with a chat template: /chat/completions',
              value: 'chat',
              active: draft.api === 'chat',
            },
            {
              label: 'Completion',
              detail: 'For base models with few-shot classifiers: /completions',
              value: 'completion',
              active: draft.api === 'completion',
            },
          ],
        }),
      (api) => (draft.api = api),
    ),
    field('model', {
      prompt: 'Name of the model, as the server knows it.',
      placeholder: 'Qwen/Qwen3-8B',
      validate: (text) => (text.trim() === '' ? 'Enter the name of the model.' : undefined),
    }),
    field('name', {
      prompt: 'A short name, for classifiers to refer to: "source": "endpoint:NAME".',
      placeholder: 'local',
      validate: (text) => {
        if (!/^[\w.-]+$/.test(text.trim())) return 'Letters, digits, dots, dashes and underscores only.';
        return taken().includes(text.trim()) ? 'An endpoint with this name already exists.' : undefined;
      },
    }),
    field('key', {
      prompt:
        before.key === undefined || before.key === ''
          ? 'The key, if the server needs one; otherwise leave this empty. It is kept in the secret storage of the editor.'
          : 'The key. Leave this empty to keep the one that you entered.',
      password: true,
      validate: (text) => keyProblem(text.trim()),
    }),
  ]);
  const { url, api, model, name, key } = draft;
  if (!answered || url === undefined || api === undefined || model === undefined || name === undefined)
    return undefined;
  return { url, api, model, name, key: key ?? '' };
}

function addressProblem(text: string): string | undefined {
  try {
    baseAddress(text);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/**
 * @param name undefined to ask which endpoint
 *
 * @internal
 */
export async function setEndpointKey(services: EndpointServices, name?: string): Promise<void> {
  const { endpoints, dialogs } = services;
  const endpoint = await chooseEndpoint(services, 'Set Endpoint Key', name);
  if (endpoint === undefined) return;
  const answer = await dialogs.ask({
    title: 'Set Endpoint Key',
    prompt: `The key for ${new URL(endpoint.address).host}. Leave this empty to delete the stored key.`,
    password: true,
    validate: (text) => keyProblem(text.trim()),
  });
  if (answer === undefined || answer === 'back') return;
  const key = answer.text.trim();
  await endpoints.setKey(endpoint, key === '' ? undefined : key);
  if (key === '') {
    await dialogs.tell('info', `The key of ${endpoint.name} was deleted.`);
    return;
  }
  await dialogs.progress(`Testing ${endpoint.address}`, (_, signal) =>
    endpoints.source(endpoint.name).test(signal),
  );
  await dialogs.tell('info', `${endpoint.model} answers with this key.`);
}

/**
 * @param name undefined to ask which endpoint
 *
 * @internal
 */
export async function removeEndpoint(services: EndpointServices, name?: string): Promise<void> {
  const { endpoints, dialogs } = services;
  const endpoint = await chooseEndpoint(services, 'Remove Endpoint', name);
  if (endpoint === undefined) return;
  // From a menu there was no list to close.
  if (name !== undefined) {
    const detail = 'Its setting and its key are deleted from this machine.';
    if ((await dialogs.confirm(`Remove the endpoint ${name}?`, detail, ['Remove'])) !== 'Remove') return;
  }
  await endpoints.remove(endpoint);
  await dialogs.tell('info', `The endpoint ${endpoint.name} and its key were removed from this machine.`);
}

async function chooseEndpoint(
  { endpoints, dialogs }: EndpointServices,
  title: string,
  name: string | undefined,
): Promise<Endpoint | undefined> {
  const { endpoints: all, problems } = endpoints.list();
  const given = all.find((endpoint) => endpoint.name === name);
  if (given !== undefined) return given;
  const [problem] = problems;
  if (all.length === 0)
    throw (
      problem ?? new UserError('endpoint-missing', 'There is no endpoint yet. Run Add Endpoint… to add one.')
    );
  const chosen = await dialogs.choose({
    title,
    placeholder: 'Which endpoint?',
    choices: all.map((endpoint) => ({
      label: endpoint.name,
      description: endpoint.model,
      detail: endpoint.address,
      value: endpoint,
    })),
  });
  return chosen === 'back' ? undefined : chosen;
}
