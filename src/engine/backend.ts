/** Starts llama.cpp: which GPU interface, how many threads. */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { getLlama, LlamaLogLevel, type Llama } from 'node-llama-cpp';
import type { EngineOptions } from '../protocol/engine';

export type Log = (level: 'error' | 'warn' | 'info' | 'debug', message: string) => void;

export interface Backend {
  readonly llama: Llama;
  readonly threads: number;
  /** Why the CPU is used although a GPU was wanted. */
  readonly fallback: string | undefined;
}

/** Cores that a container's CPU quota leaves, or Infinity. Written against cgroup v2 and v1. */
function cgroupCores(): number {
  try {
    const [quota, period] = readFileSync('/sys/fs/cgroup/cpu.max', 'utf8').trim().split(' ');
    return quota === 'max' ? Infinity : Number(quota) / Number(period);
  } catch {
    // not cgroup v2
  }
  try {
    const quota = Number(readFileSync('/sys/fs/cgroup/cpu/cpu.cfs_quota_us', 'utf8'));
    const period = Number(readFileSync('/sys/fs/cgroup/cpu/cpu.cfs_period_us', 'utf8'));
    return quota > 0 && period > 0 ? quota / period : Infinity;
  } catch {
    return Infinity;
  }
}

/**
 * Threads to decode with. Never above the cores that this process may use: llama.cpp's threads spin at barriers, and
 * with twice as many threads as cores one token took 150 times as long.
 *
 * @param wanted the user's limit, 0 for none
 * @param physical physical cores of the machine as llama.cpp counts them
 */
export function threadCount(
  wanted: number,
  physical: number,
  available: number = os.availableParallelism(),
  quota: number = cgroupCores(),
): number {
  const limit = Math.min(physical > 0 ? physical : available, available, Math.max(1, Math.floor(quota)));
  return Math.max(1, wanted > 0 ? Math.min(wanted, limit) : limit);
}

const LEVELS: Partial<Record<LlamaLogLevel, 'error' | 'warn' | 'info'>> = {
  [LlamaLogLevel.fatal]: 'error',
  [LlamaLogLevel.error]: 'error',
  [LlamaLogLevel.warn]: 'warn',
  [LlamaLogLevel.info]: 'info',
};

/**
 * @throws whatever llama.cpp says where not even the CPU binary loads
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
