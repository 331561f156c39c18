/** Fine-tunings of the editor: each is a job with a tab of its own. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { Job, JobKind } from '../../app/jobs/job';
import type { JobEntry } from '../../editor/job-controls';
import { type TunedAdapter, type TuningHome, tuningKind, type TuningOrder } from '../../app/jobs/tuning';
import { shareOf } from '../../app/jobs/progress';
import { proveTuning } from '../../app/training/prove';
import type { CurvePoint } from '../../core/model/adapter-card';
import { proofVerdict } from '../../core/words/tuning';
import { showGuide } from '../../editor/guide';
import { discardJob } from '../../editor/job-controls';
import { runInThread } from '../../editor/in-thread';
import { checkPlace } from '../../editor/place';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { COMMANDS } from '../../protocol/manifest';
import type { TuningState } from '../../protocol/tuning-page';
import { cacheFolder } from '../../store/cache-home';
import { isInside } from '../../store/inside';
import { TuningPanel } from './tuning-panel';

/** What is known of one tuning in this window. */
interface Known {
  readonly order: TuningOrder;
  readonly curve: CurvePoint[];
  phase: TuningState['phase'];
  words: string;
  share: number | null;
  error: string | null;
  result: TunedAdapter | null;
}

export class TuningRuns implements vscode.Disposable {
  readonly home: TuningHome;
  readonly kind: JobKind<TuningOrder, TunedAdapter>;
  /** By the path of the adapter. */
  private readonly known = new Map<string, Known>();
  private readonly panels = new Map<string, TuningPanel>();

  constructor(private readonly services: Services) {
    const { context } = services;
    this.home = {
      program: vscode.Uri.joinPath(context.extensionUri, 'training').fsPath,
      cache: cacheFolder('training'),
      folder: cacheFolder('jobs'),
      now: () => performance.now(),
      clock: () => new Date(),
      version: String((context.extension.packageJSON as { readonly version?: unknown }).version),
      prove: async (order, files, job) => {
        const { classifier } = await services.classifiers.find(order.classifier);
        return proveTuning(
          services.sources,
          {
            ...files,
            classifier,
            examples: order.examples,
            textColumn: order.textColumn,
            made: { version: this.home.version, time: new Date() },
          },
          job,
          (judged, signal) => runInThread(context, 'judge', judged, { signal }),
        );
      },
      onPoint: ({ out }, point) => this.addPoint(out, point),
    };
    const kind = tuningKind(this.home);
    this.kind = {
      ...kind,
      // The cache knows those of every workspace; resuming writes files.
      unfinished: async (folder) => (await kind.unfinished(folder)).filter(({ order }) => isHere(order.out)),
    };
  }

  dispose(): void {
    for (const panel of this.panels.values()) panel.dispose();
    for (const job of this.services.jobs.running) if (job.kind === this.kind.name) job.pause();
  }

  /** The tabs that are open. */
  get shown(): readonly TuningPanel[] {
    return [...this.panels.values()];
  }

  /** Tunes, or resumes, and tells how it ended. Settles when the person has answered. */
  async run(order: TuningOrder): Promise<void> {
    const { services } = this;
    let job: Job<TuningOrder, TunedAdapter>;
    try {
      await checkPlace(vscode.Uri.file(order.out));
      job = services.jobs.start(this.kind, order);
    } catch (error) {
      return reportError(services, error);
    }
    const known = this.begin(order);
    const subscription = job.onDidChange(() => {
      const { progress } = job;
      if (progress === undefined) return;
      known.words = progress.words;
      known.share = shareOf(progress);
      this.draw(order.out);
    });
    await this.show(order.out);
    const end = await job.ended;
    subscription.dispose();
    known.phase = end.state === 'cancelled' ? 'discarded' : end.state;
    if (end.state === 'failed')
      known.error = end.error instanceof Error ? end.error.message : String(end.error);
    if (end.state === 'finished') known.result = end.result;
    this.draw(order.out);
    if (end.state === 'failed') await reportError(services, end.error, { retry: () => this.run(order) });
    if (end.state === 'finished') await this.tellEnd(end.result);
  }

  /** Shows the tab of the tuning that writes this adapter. */
  async show(out: string): Promise<void> {
    const open = this.panels.get(out);
    if (open !== undefined) {
      open.reveal();
      return;
    }
    const known = this.known.get(out) ?? (await this.left(out));
    if (known === undefined) return;
    const panel = new TuningPanel(this.services, stateOf(known), {
      pause: () => this.jobOf(out)?.pause(),
      resume: () => this.run(known.order),
      discard: () => this.discard(known.order),
      showLog: () => this.showLog(known.order),
      compare: () => this.compare(known.result),
      useAdapter: () => vscode.commands.executeCommand(COMMANDS.useAdapter, { adapter: out }),
      openGuide: () => showGuide(this.services, 'fine-tuning.md'),
    });
    this.panels.set(out, panel);
    panel.onDidDispose(() => this.panels.delete(out));
  }

  private begin(order: TuningOrder): Known {
    // Points of an earlier run of the order are told again.
    const known = knownOf(order, 'running', 'starting');
    this.known.set(order.out, known);
    this.draw(order.out);
    return known;
  }

  /** One that an earlier session left; its curve is told when it is resumed. */
  private async left(out: string): Promise<Known | undefined> {
    const found = (await this.services.jobs.unfinishedOf(this.kind)).find(({ order }) => order.out === out);
    if (found === undefined) return undefined;
    const known = knownOf(found.order, 'paused', found.words);
    this.known.set(out, known);
    return known;
  }

  private addPoint(out: string, point: CurvePoint): void {
    const known = this.known.get(out);
    if (known === undefined || known.curve.some(({ step }) => step === point.step)) return;
    known.curve.push(point);
    this.draw(out);
  }

  private draw(out: string): void {
    const known = this.known.get(out);
    if (known !== undefined) this.panels.get(out)?.show(stateOf(known));
  }

  private jobOf(out: string): Job | undefined {
    return this.services.jobs.running.find((job) => job.kind === this.kind.name && job.output === out);
  }

  private async discard(order: TuningOrder): Promise<void> {
    const job = this.jobOf(order.out);
    const left =
      job === undefined
        ? (await this.services.jobs.unfinished()).find(({ output }) => output === order.out)
        : undefined;
    const entry: JobEntry | undefined =
      job !== undefined
        ? { kind: 'running', job }
        : left === undefined
          ? undefined
          : { kind: 'unfinished', job: left };
    if (entry === undefined) return;
    try {
      if (!(await discardJob(this.services.dialogs, entry)) || entry.kind === 'running') return;
      const known = this.known.get(order.out);
      if (known !== undefined) known.phase = 'discarded';
      this.draw(order.out);
    } catch (error) {
      await reportError(this.services, error);
    }
  }

  private async showLog(order: TuningOrder): Promise<void> {
    const file = this.kind.logFile(order);
    try {
      if (file !== undefined) await vscode.window.showTextDocument(vscode.Uri.file(file));
    } catch (error) {
      await reportError(this.services, error);
    }
  }

  private async compare(result: TunedAdapter | null): Promise<void> {
    if (result === null) return;
    const tables = [result.proven.tables.base, result.proven.tables.tuned].map((file) =>
      vscode.Uri.file(file),
    );
    await vscode.commands.executeCommand(COMMANDS.compareTables, tables[0], tables);
  }

  private async tellEnd(result: TunedAdapter): Promise<void> {
    await this.compare(result);
    const { proof } = result.proven;
    const { title, warning } = proofVerdict(proof);
    const name = path.basename(result.adapter, '.gguf');
    const said = `Tuned ${name}. ${title}.${warning === null ? '' : ` ${warning}`}`;
    // What is not recommended is not offered first.
    const isAdvised = proof.results[proof.chosen]?.model === 'tuned';
    const actions = isAdvised
      ? ['Use for Classifier…', 'Show Result']
      : ['Show Result', 'Use for Classifier…'];
    const chosen = await this.services.dialogs.tell(warning === null ? 'info' : 'warning', said, actions);
    if (chosen === 'Show Result') await this.show(result.adapter);
    if (chosen === 'Use for Classifier…')
      await vscode.commands.executeCommand(COMMANDS.useAdapter, { adapter: result.adapter });
  }
}

function knownOf(order: TuningOrder, phase: Known['phase'], words: string): Known {
  return { order, curve: [], phase, words, share: null, error: null, result: null };
}

function stateOf({ order, curve, result, ...rest }: Known): TuningState {
  return {
    name: path.basename(order.out, '.gguf'),
    classifier: order.classifier,
    table: path.basename(order.table),
    facts: [...order.facts],
    curve: [...curve],
    chosenStep: result?.card.tuning?.chosenStep ?? null,
    proof: result?.proven.proof ?? null,
    ...rest,
  };
}

/** Whether a file lies in a trusted workspace that is open here. */
function isHere(file: string): boolean {
  if (!vscode.workspace.isTrusted) return false;
  return (vscode.workspace.workspaceFolders ?? []).some(
    ({ uri }) => uri.scheme === 'file' && isInside(uri.fsPath, file),
  );
}
