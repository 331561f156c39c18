/**
 * How families of models mark a thought before their answer. One table serves answers, first tokens and prompts.
 */

interface ThoughtMarks {
  /** What begins a thought. */
  readonly opens: string;
  /** What ends it; the answer follows. */
  readonly closes: string;
  /** White space between its end and the answer, where the thought has lines of its own. */
  readonly gap: '' | '\n' | '\n\n';
}

/**
 * | marks | published templates that use them |
 * |---|---|
 * | `<think>` | DeepSeek R1 and its distillations, Qwen 3, MiniMax M2, Nemotron, StepFun, GLM |
 * | `<\|START_THINKING\|>` | Cohere Command |
 * | `[THINK]` | Mistral Magistral |
 * | `<seed:think>` | ByteDance Seed |
 * | `<thought>` | EXAONE |
 * | `<\|channel\|>` | gpt-oss (harmony): every answer begins with a channel, the last one is "final" |
 * | `<\|channel>` | Gemma 4 |
 * | sentences | Apriel, Granite 3 |
 */
export const THOUGHTS: readonly ThoughtMarks[] = [
  { opens: '<think>', closes: '</think>', gap: '\n\n' },
  { opens: '<thinking>', closes: '</thinking>', gap: '\n\n' },
  { opens: '<thought>', closes: '</thought>', gap: '\n\n' },
  { opens: '<reasoning>', closes: '</reasoning>', gap: '\n\n' },
  { opens: '<seed:think>', closes: '</seed:think>', gap: '\n\n' },
  { opens: '◁think▷', closes: '◁/think▷', gap: '\n\n' },
  { opens: '[THINK]', closes: '[/THINK]', gap: '\n\n' },
  { opens: '<|begin_of_thought|>', closes: '<|end_of_thought|>', gap: '\n\n' },
  { opens: '<|START_THINKING|>', closes: '<|END_THINKING|>', gap: '\n\n' },
  { opens: '<|channel|>', closes: '<|channel|>final<|message|>', gap: '' },
  { opens: '<|channel>', closes: '<channel|>', gap: '' },
  { opens: 'Here are my reasoning steps:', closes: '[BEGIN FINAL RESPONSE]', gap: '\n' },
  { opens: 'Here is my thought process:', closes: 'Here is my response:', gap: '\n' },
];

/** What some families write between a thought and the answer. */
const ANSWER_MARKS = /^\s*(?:<answer>|<\|START_RESPONSE\|>|<\|START_TEXT\|>|<\|begin_of_solution\|>)/u;

/**
 * The part of an answer after its thought.
 *
 * @returns undefined where the answer ends within the thought
 */
export function afterThought(answer: string): string | undefined {
  const closed = THOUGHTS.map(({ closes }) => {
    const at = answer.lastIndexOf(closes);
    return at < 0 ? -1 : at + closes.length;
  }).reduce((latest, end) => Math.max(latest, end), -1);
  if (closed >= 0) return answer.slice(closed).replace(ANSWER_MARKS, '');
  return beginsThought(answer) ? undefined : answer.replace(ANSWER_MARKS, '');
}

/** Whether a prompt ends with a thought that is over. */
export function endsThought(prompt: string): boolean {
  const end = prompt.trimEnd();
  return THOUGHTS.some(({ closes }) => end.endsWith(closes));
}

/** Whether an answer, or its first token, begins with the mark of a thought. */
function beginsThought(text: string): boolean {
  const start = text.trimStart();
  return THOUGHTS.some(({ opens }) => start.startsWith(opens));
}

/** Whether the first token of an answer is the mark of a thought, of a channel or of a role, or the beginning of one. */
export function isThoughtToken(text: string): boolean {
  const token = text.trim();
  return (
    token === '<|start|>' ||
    beginsThought(token) ||
    // A tokenizer without a token of its own for the mark splits it: "<th", "ink>".
    (token.length > 2 && THOUGHTS.some(({ opens }) => opens.startsWith(token) && /^[<[◁]/u.test(opens)))
  );
}
