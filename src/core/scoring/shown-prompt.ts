/** What a model gets for one text, as it can be shown to people. */
import type { AnswerMode } from './answer-plan';

export interface PromptToken {
  readonly id: number;
  /** Special tokens are written out: "<bos>". */
  readonly text: string;
}

/** A piece of the prompt: ordinary text, or one special token. */
interface PromptPiece {
  readonly text: string;
  readonly isSpecial: boolean;
}

/** The prompt of a model on this machine, after its chat template. */
export interface TokenPrompt {
  readonly kind: 'tokens';
  /** chat: through the chat template of the model; completion: plain text. */
  readonly template: 'chat' | 'completion';
  readonly pieces: readonly PromptPiece[];
  /** Number of tokens of all pieces. */
  readonly tokens: number;
  /** Tokens of the text, and how many were cut from its middle to make it fit. */
  readonly textTokens: number;
  readonly cutTokens: number;
  /** How the answer is read. */
  readonly mode: AnswerMode;
  /** Each label with the tokens of its spellings, in the order of the classifier. */
  readonly labels: readonly {
    readonly label: string;
    readonly spellings: readonly (readonly PromptToken[])[];
  }[];
}

/** What is sent to a model somewhere else. The key is no part of it. */
export interface RequestPrompt {
  readonly kind: 'request';
  /** "POST http://localhost:8000/v1/chat/completions" */
  readonly to: string;
  readonly body: object;
}

export type ShownPrompt = TokenPrompt | RequestPrompt;
