/** How many threads a process computes with. */
import { readFileSync } from 'node:fs';
import os from 'node:os';

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
 * Threads to compute with. Never above the cores that this process may use: llama.cpp's threads spin at barriers, and
 * with twice as many threads as cores one token took 150 times as long.
 *
 * @param wanted the limit of the user, 0 for none
 * @param physical physical cores of the machine as llama.cpp counts them
 */
export function threadCount(
  wanted: number,
  physical: number,
  available: number = os.availableParallelism(),
  quota: number = cgroupCores(),
): number {
  // Comparisons that NaN fails: what cannot be read sets no limit.
  const granted = quota >= 0 ? Math.max(1, Math.floor(quota)) : available;
  const limit = Math.min(physical > 0 ? physical : available, available, granted);
  return Math.max(1, wanted > 0 ? Math.min(wanted, limit) : limit);
}
