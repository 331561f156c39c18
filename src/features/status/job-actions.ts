/** Jobs in Show Actions: running and unfinished ones, and the actions of each. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { Job } from '../../app/jobs/job';
import type { UnfinishedJob } from '../../app/jobs/jobs';
import type { Choice } from '../../editor/dialogs';
import { discardJob, type JobEntry, jobInWords } from '../../editor/job-controls';
import type { Services } from '../../editor/services';

type Do = () => Promise<unknown>;

export function runningChoices(jobs: readonly Job[]): Choice<JobEntry>[] {
  const choices = jobs.map((job): Choice<JobEntry> => {
    const value: JobEntry = { kind: 'running', job };
    return { icon: 'sync~spin', label: job.title, description: jobInWords(value), value };
  });
  return choices.length === 0 ? [] : [{ label: 'Running Jobs' }, ...choices];
}

export function unfinishedChoices(jobs: readonly UnfinishedJob[]): Choice<JobEntry>[] {
  const choices = jobs.map((job): Choice<JobEntry> => {
    const value: JobEntry = { kind: 'unfinished', job };
    return {
      icon: 'debug-pause',
      label: job.title,
      description: jobInWords(value),
      detail: path.basename(job.output),
      value,
    };
  });
  return choices.length === 0 ? [] : [{ label: 'Unfinished Jobs' }, ...choices];
}

/** Asks what to do with a job and does it. Settles when it is done. */
export async function actOnJob(services: Services, entry: JobEntry): Promise<'back' | undefined> {
  const chosen = await services.dialogs.choose({
    title: entry.job.title,
    placeholder: jobInWords(entry),
    choices: entry.kind === 'running' ? whileRunning(services, entry) : whileUnfinished(services, entry),
    step: { at: 2, of: 2 },
  });
  if (chosen === 'back') return 'back';
  await chosen?.();
  return undefined;
}

function whileRunning(services: Services, entry: Extract<JobEntry, { kind: 'running' }>): Choice<Do>[] {
  const { job } = entry;
  const pause = (): Promise<void> => {
    job.pause();
    return Promise.resolve();
  };
  return [
    { icon: 'debug-pause', label: 'Pause', detail: 'It can be resumed later', value: pause },
    discard(services, entry, 'Stop it and delete the work done so far'),
    showLog(services, job),
  ];
}

function whileUnfinished(services: Services, entry: Extract<JobEntry, { kind: 'unfinished' }>): Choice<Do>[] {
  const { job } = entry;
  if (job.isElsewhere) return [showLog(services, job)];
  return [
    { icon: 'debug-continue', label: 'Resume', value: job.resume },
    discard(services, entry, 'Delete the work done so far'),
    showLog(services, job),
  ];
}

function discard({ dialogs }: Services, entry: JobEntry, detail: string): Choice<Do> {
  return { icon: 'trash', label: 'Discard…', detail, value: () => discardJob(dialogs, entry) };
}

function showLog({ log }: Services, { logFile }: Pick<Job, 'logFile'>): Choice<Do> {
  const show = async (): Promise<void> => {
    if (logFile === undefined) log.show();
    else await vscode.window.showTextDocument(vscode.Uri.file(logFile));
  };
  return { icon: 'output', label: 'Show Log', value: show };
}
