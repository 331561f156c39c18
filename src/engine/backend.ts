/** Starts llama.cpp: which GPU interface, how many threads. */
import os from 'node:os';
import { getLlama, LlamaLogLevel, type Llama } from 'node-llama-cpp';
import { threadCount } from '../child/threads';
import type { EngineOptions } from '../protocol/engine';

export type Log = (level: 'error' | 'warn' | 'info' | 'debug', message: string) => void;

export interface Backend {
  readonly llama: Llama;
  readonly threads: number;
  /** Why the CPU is used although a GPU was requested. */
  readonly fallback: string | undefined;
}

const LEVELS: Partial<Record<LlamaLogLevel, 'error' | 'warn' | 'info'>> = {
  [LlamaLogLevel.fatal]: 'error',
  [LlamaLogLevel.error]: 'error',
  [LlamaLogLevel.warn]: 'warn',
  [LlamaLogLevel.info]: 'info',
};

/**
 * @throws the error of llama.cpp if not even the CPU binary loads
 */
export async function startBackend(options: EngineOptions, log: Log): Promise<Backend> {
  const start = (gpu: 'auto' | 'metal' | 'cuda' | 'vulkan' | false): Promise<Llama> =>
    getLlama({
      gpu,
      // Without these a missing binary would be downloaded, or built from source on the user's machine.
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      maxThreads: threadCount(options.threads, os.availableParallelism()),
      logLevel: LlamaLogLevel.warn,
      logger: (level, message) => log(LEVELS[level] ?? 'debug', message.trimEnd()),
    });
  let fallback = options.fallback;
  let llama: Llama;
  if (options.gpu === 'off') {
    llama = await start(false);
  } else {
    try {
      llama = await start(options.gpu);
    } catch (error) {
      fallback = `${options.gpu === 'auto' ? 'No GPU backend' : `The ${options.gpu} backend`} could be started: ${error instanceof Error ? error.message : String(error)}`;
      log('warn', `${fallback}. Using the CPU.`);
      llama = await start(false);
    }
  }
  const threads = threadCount(options.threads, llama.cpuMathCores);
  llama.maxThreads = threads;
  return { llama, threads, fallback };
}
