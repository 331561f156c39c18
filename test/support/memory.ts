/** Memory of a process, from the system. Linux only: elsewhere 0. */
import { readFileSync } from 'node:fs';

/**
 * Resident megabytes of a process; 0 where there is no such process, or the system does not tell.
 *
 * @param which the memory now, or the most that it ever was
 */
export function memoryOf(pid: number | undefined, which: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  try {
    const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8');
    return Number(new RegExp(`${which}:\\s*(\\d+)`).exec(status)?.[1] ?? 0) / 1e3;
  } catch {
    return 0;
  }
}
