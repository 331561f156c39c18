/**
 * Editor models (`vscode.lm`) as a source. They show no probabilities, so answers are sampled. The
 * editor asks the person for consent at the first request. The provider sets the temperature and does not report it.
 */
import * as vscode from 'vscode';
import { chatMessages } from '../core/classifier/prompt';
import { type Asking, askingOf, type Classifier } from '../core/classifier/definition';
import type { Binding } from '../core/model/binding';
import {
  answerTokensPerText,
  cutToTokens,
  estimateTokens,
  requestsPerText,
  type RunPlan,
} from '../core/scoring/estimate';
import { labelOfAnswer } from '../core/scoring/parse-answer';
import type { RequestPrompt } from '../core/scoring/shown-prompt';
import { afterThought } from '../core/scoring/thoughts';
import { cancelledError, UserError } from '../core/user-error';
import { endingTogether } from '../sources/ending-together';
import { Places } from '../sources/places';
import type {
  Failed,
  Sampled,
  SampleRequest,
  Source,
  SourceIdentity,
  SourceSamples,
} from '../sources/source';

/** Largest number of simultaneous requests: providers have limits that they do not publish. */
const AT_ONCE = 4;
const places = new Places(() => AT_ONCE);

/** Number of characters that are read of an answer: a label is at its beginning. */
const ANSWER_CHARACTERS = 400;

/** Number of characters on top of these that are read of a thought before the answer. */
const THOUGHT_CHARACTERS = 64_000;

const JUSTIFICATION =
  'Prompt Confidence asks the model several times for the label of the text that you classify.';

/**
 * @param id id of the model; null for the first that the editor offers
 * @throws UserError `editor-model-missing`
 */
export async function editorModelSource(id: string | null): Promise<Source> {
  const models = await vscode.lm.selectChatModels(id === null ? {} : { id });
  const [model] = models;
  if (model === undefined)
    throw new UserError(
      'editor-model-missing',
      id === null
        ? 'The editor offers no language model. Install an extension that brings one (GitHub Copilot, for example) and sign in, or use a model on this machine.'
        : `The editor offers no language model "${id}". Choose one that it offers: ${await offered()}.`,
    );
  return new EditorModelSource(model);
}

/** A language model in words, without asking the editor for it. */
export function describeEditorModel(id: string | null): { readonly name: string; readonly inWords: string } {
  return id === null
    ? { name: 'model of the editor', inWords: 'the first language model that the editor offers' }
    : { name: id, inWords: `the language model ${id} of the editor` };
}

async function offered(): Promise<string> {
  const all = await vscode.lm.selectChatModels({});
  return all.length === 0 ? 'none at the moment' : all.map((model) => model.id).join(', ');
}

class EditorModelSource implements Source {
  readonly score = null;
  readonly mayBoundScores = false;
  readonly tokens = null;
  readonly textsAtOnce = (): number => AT_ONCE;

  constructor(private readonly chat: vscode.LanguageModelChat) {}

  get sendsTextsTo(): string {
    return `${this.chat.name} of the editor (${this.chat.vendor})`;
  }

  async identity(): Promise<SourceIdentity> {
    return {
      model: await this.model(),
      modelFile: null,
      backend: 'editor',
      device: null,
      versions: {},
      inWords: this.sendsTextsTo,
    };
  }

  /** The model is identified like an endpoint's, because it cannot be verified either. */
  model(): Promise<Binding['model']> {
    const { vendor, id, version } = this.chat;
    return Promise.resolve({
      kind: 'endpoint',
      address: `editor:${vendor}`,
      name: id,
      fingerprint: version,
      verified: false,
    });
  }

  /** Without limits and prices, because providers publish neither. */
  readonly plan = (classifier: Classifier, rows: number, bytes: number): RunPlan => {
    const asks = askingOf(classifier);
    const { text } = cutToTokens('x'.repeat(bytes), asks.maxTextTokens);
    const prompt = chatMessages(asks, text).map(({ content }) => content);
    return {
      rows,
      requestsPerRow: requestsPerText(classifier, 1),
      promptTokens: estimateTokens(prompt.join('\n')),
      answerTokens: answerTokensPerText(classifier),
      price: null,
      requestsPerMinute: null,
    };
  };

  /** The messages as they would be sent; the model is not asked. */
  prompt(classifier: Classifier, text: string): Promise<RequestPrompt> {
    return Promise.resolve({
      kind: 'request',
      to: this.sendsTextsTo,
      body: messagesOf(askingOf(classifier), text).map(({ role, content }) => ({
        role: role === vscode.LanguageModelChatMessageRole.Assistant ? 'assistant' : 'user',
        content: content
          .map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : ''))
          .join(''),
      })),
    });
  }

  async sample({ prompts, texts }: SampleRequest, signal?: AbortSignal): Promise<SourceSamples> {
    const asks = texts.flatMap((text, index) =>
      prompts
        .flatMap(({ asks, samples }) => Array.from({ length: samples }, () => asks))
        .map((asking, sample) => ({ index, sample, text, asking })),
    );
    const answers: string[][] = texts.map(() => []);
    const failures: (UserError | undefined)[] = texts.map(() => undefined);
    const run = async (
      { index, sample, text, asking }: (typeof asks)[number],
      either: AbortSignal,
    ): Promise<void> => {
      if (failures[index] !== undefined) return;
      try {
        (answers[index] ??= [])[sample] = await this.answer(asking, text, either);
      } catch (error) {
        if (!(error instanceof UserError) || error.code !== 'editor-model-failed') throw error;
        failures[index] = error;
      }
    };
    await endingTogether(signal, async (either) => {
      const inTurn = (ask: (typeof asks)[number]): Promise<void> =>
        places.hold(either, () => run(ask, either));
      // The first request alone: it may ask the person for consent, and the answer counts for all.
      const [first, ...rest] = asks;
      if (first !== undefined) await inTurn(first);
      await Promise.all(rest.map(inTurn));
    });
    const labels = prompts[0]?.asks.labels ?? [];
    const samples = texts.map((text, index): Sampled | Failed => {
      const failure = failures[index];
      if (failure !== undefined) return { reason: failure.message };
      const { tokens, cut } = cutToTokens(text, prompts[0]?.asks.maxTextTokens ?? Infinity);
      return {
        answers: (answers[index] ?? []).map((answer) => ({
          text: answer,
          label: labelOfAnswer(answer, labels),
        })),
        textTokens: tokens,
        cutTokens: cut,
      };
    });
    return { samples, temperature: null, shape: null };
  }

  private async answer(asking: Asking, text: string, signal: AbortSignal | undefined): Promise<string> {
    const cancellation = new vscode.CancellationTokenSource();
    const cancel = (): void => cancellation.cancel();
    if (signal?.aborted === true) throw cancelledError();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const short = cutToTokens(text, asking.maxTextTokens);
      const response = await this.chat.sendRequest(
        messagesOf(asking, short.text),
        { justification: JUSTIFICATION },
        cancellation.token,
      );
      let answer = '';
      for await (const part of response.text) {
        answer += part;
        const length = afterThought(answer)?.length ?? answer.length - THOUGHT_CHARACTERS;
        if (length > ANSWER_CHARACTERS) break;
      }
      if ((afterThought(answer) ?? '').trim() === '')
        throw new Error('its answer is empty, or ended within a thought');
      return answer;
    } catch (error) {
      throw this.asUserError(error, signal);
    } finally {
      signal?.removeEventListener('abort', cancel);
      // The rest of the answer is not needed.
      cancellation.cancel();
      cancellation.dispose();
    }
  }

  private asUserError(error: unknown, signal: AbortSignal | undefined): UserError {
    if (signal?.aborted === true) return cancelledError();
    const { name } = this.chat;
    const code = error instanceof vscode.LanguageModelError ? error.code : '';
    const said = error instanceof Error ? error.message : String(error);
    switch (code) {
      case vscode.LanguageModelError.NoPermissions.name:
        return new UserError(
          'editor-model-refused',
          `Prompt Confidence may not use ${name}: you or your organisation did not allow it. Classify again and allow it, or run Manage Language Model Access from the Command Palette.`,
        );
      case vscode.LanguageModelError.NotFound.name:
        return new UserError('editor-model-missing', `${name} is no longer available. Choose another model.`);
      case vscode.LanguageModelError.Blocked.name:
        return new UserError(
          'editor-model-blocked',
          `${name} accepts no requests at the moment (a quota or a filter of its provider). Try again later, or use another model.`,
        );
      default:
        return new UserError('editor-model-failed', `${name} did not answer: ${said}`, { cause: error });
    }
  }
}

/** The interface has no system messages, so an instruction becomes the beginning of the first user message. */
function messagesOf(asking: Asking, text: string): vscode.LanguageModelChatMessage[] {
  const messages = chatMessages(asking, text);
  const [system] = messages;
  const instruction = system?.role === 'system' ? `${system.content}\n\n` : '';
  return messages
    .filter(({ role }) => role !== 'system')
    .map(({ role, content }, index) =>
      role === 'assistant'
        ? vscode.LanguageModelChatMessage.Assistant(content)
        : vscode.LanguageModelChatMessage.User(index === 0 ? `${instruction}${content}` : content),
    );
}
