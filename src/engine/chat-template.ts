/**
 * Renders the chat template of a model: a Jinja program that somebody else wrote. It is given what transformers gives
 * it, except that the date is always the same and thinking is off.
 */
import { Environment, Interpreter, Template } from '@huggingface/jinja';
import { PROMPT_DATE, type ChatMessage } from '../core/classifier/prompt';
import { UserError } from '../core/user-error';
import { endsThought } from '../core/scoring/thoughts';
import { answerStart } from './open-thought';
import { formatDate } from './strftime';

/** Words of templates whose models can think aloud, of families that are not known, too. */
const THINKING = /think|thought|reason|<\|channel/i;

/** Elements that `range` may have in a chat template; real ones count messages. */
const LONGEST_RANGE = 10_000;

/** Characters of a rendered chat; the prompt of a classifier has some thousands. */
const LONGEST_CHAT = 1 << 20;

/**
 * Bytes that a chat template may add to the messages: so it cannot make a prompt long that the classifier keeps short.
 * The longest preambles of real templates have some thousands. A token has at least one byte.
 */
const MOST_ADDED_BYTES = 1 << 14;

/** Characters of a template's own message that are shown. */
const LONGEST_REASON = 300;

/** Stands where an answer would be, in a chat that has one. */
const ANSWER = '\u{F8FF}answer\u{F8FF}';

type Evaluate = Interpreter['evaluate'];

/** Also reads dictionaries whose keys are whole numbers, which the interpreter refuses. */
class ChatInterpreter extends Interpreter {
  override evaluate(...[statement, environment]: Parameters<Evaluate>): ReturnType<Evaluate> {
    if (statement?.type === 'ObjectLiteral' && 'value' in statement && statement.value instanceof Map)
      textKeys(statement.value.keys());
    if (statement?.type === 'MemberExpression') {
      const member = statement as Member;
      if (member.computed && member.property.type !== 'SliceExpression') {
        const { value: key } = this.evaluate(member.property, environment);
        const object = typeof key === 'number' ? this.evaluate(member.object, environment) : undefined;
        if (typeof key === 'number' && object?.type === 'ObjectValue' && object.value instanceof Map)
          return object.value.get(String(key)) ?? environment.lookupVariable(UNKNOWN);
      }
    }
    return super.evaluate(statement, environment);
  }
}

type Node = NonNullable<Parameters<Evaluate>[0]>;
type Member = Node & { readonly computed: boolean; readonly property: Node; readonly object: Node };

/** A variable that no template sets. */
const UNKNOWN = '\u{F8FF}';

/** Whole numbers become texts, once: no dictionary of a template has both 1 and "1" as keys. */
function textKeys(keys: Iterable<unknown>): void {
  for (const key of keys)
    if (isWholeNumber(key)) {
      key.type = 'StringLiteral';
      key.value = String(key.value);
    }
}

function isWholeNumber(key: unknown): key is { type: string; value: unknown } {
  return typeof key === 'object' && key !== null && 'type' in key && key.type === 'IntegerLiteral';
}

/** Strings of a model that its template may write. */
interface SpecialStrings {
  readonly bos: string;
  readonly eos: string;
}

export interface ChatPrompt {
  /** Up to where the answer begins. */
  readonly text: string;
  /** What was appended to the template's own text so that the next token is the answer; empty for nothing. */
  readonly answerStart: string;
  /** Whether an answer may begin with a thought or a channel although nothing in the prompt opens one. */
  readonly mayThink: boolean;
  /** {@link PROMPT_DATE} if the template asked for the date, otherwise undefined. */
  readonly date: string | undefined;
}

/**
 * The prompt for a chat. Models that were trained without a system role say so by raising; their instruction goes before
 * the first question. A template can still take all time and memory: the host ends an engine that does not get past this.
 *
 * @throws UserError `chat-template` where the template itself is broken
 */
export function chatPrompt(
  template: string,
  messages: readonly ChatMessage[],
  special: SpecialStrings,
): ChatPrompt {
  const [first, second, ...rest] = messages;
  try {
    return promptOf(template, messages, special);
  } catch (error) {
    if (first?.role === 'system' && second !== undefined) {
      const merged = { ...second, content: `${first.content}\n\n${second.content}` };
      try {
        return promptOf(template, [merged, ...rest], special);
      } catch {
        // the first reason is the telling one
      }
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      'chat-template',
      `The chat template of this model cannot be used: ${reason.slice(0, LONGEST_REASON)}. Set "prompt" to "completion" in the classifier.`,
      { cause: error },
    );
  }
}

function promptOf(template: string, messages: readonly ChatMessage[], special: SpecialStrings): ChatPrompt {
  const asked = render(template, messages, special, true);
  const start = answerStart(asked.text, answeredText(template, messages, special));
  const mayThink = start === '' && THINKING.test(template) && !endsThought(asked.text);
  return { text: asked.text + start, answerStart: start, mayThink, date: asked.date };
}

/** The chat up to an answer that the template itself writes; undefined where it does not write one. */
function answeredText(
  template: string,
  messages: readonly ChatMessage[],
  special: SpecialStrings,
): string | undefined {
  try {
    const answered = [...messages, { role: 'assistant' as const, content: ANSWER }];
    const [text, after] = render(template, answered, special, false).text.split(ANSWER);
    return after === undefined ? undefined : text;
  } catch {
    return undefined;
  }
}

/**
 * The text of a template as transformers renders it (Jinja, with bos_token, eos_token and add_generation_prompt).
 *
 * @throws what the template raises
 */
function render(
  template: string,
  messages: readonly ChatMessage[],
  { bos, eos }: SpecialStrings,
  add_generation_prompt: boolean,
): { readonly text: string; readonly date: string | undefined } {
  let date: string | undefined;
  const environment = new Environment();
  const variables = {
    true: true,
    false: false,
    none: null,
    True: true,
    False: false,
    None: null,
    raise_exception: (reason: unknown) => {
      throw new Error(String(reason));
    },
    range: boundedRange,
    strftime_now: (format: unknown) => {
      date = PROMPT_DATE;
      return formatDate(PROMPT_DATE, String(format));
    },
    messages: messages.map((message) => ({ ...message })),
    // As transformers does where there are none.
    tools: null,
    documents: null,
    add_generation_prompt,
    // Models that can think aloud would answer with their thoughts first.
    enable_thinking: false,
    bos_token: bos,
    eos_token: eos,
  };
  for (const [name, value] of Object.entries(variables)) environment.set(name, value);
  const { value: text } = new ChatInterpreter(environment).run(new Template(template).parsed);
  if (typeof text !== 'string') throw new Error('it makes no text');
  if (text.length > LONGEST_CHAT) throw new Error(`it makes ${text.length} characters of a prompt`);
  const added = Buffer.byteLength(text) - Buffer.byteLength(messages.map(({ content }) => content).join(''));
  if (added > MOST_ADDED_BYTES) throw new Error(`it adds ${added} bytes to the prompt`);
  return { text, date };
}

/** Python's `range`, for a template. */
function boundedRange(start: number, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const length = Math.max(0, Math.ceil((to - from) / step));
  // Also where a number is none.
  if (!(length <= LONGEST_RANGE)) throw new Error(`its range is longer than ${LONGEST_RANGE}`);
  return Array.from({ length }, (_, index) => from + index * step);
}

/**
 * The template of a model's metadata. A model may have several, each under a name; the one without a name, or the one
 * called "default", is for chats without tools.
 *
 * @param entry `tokenizer.chat_template` as the GGUF reader nests it
 */
export function defaultTemplate(entry: unknown): string | undefined {
  if (typeof entry === 'string') return entry;
  if (typeof entry !== 'object' || entry === null || !('default' in entry)) return undefined;
  return typeof entry.default === 'string' ? entry.default : undefined;
}
