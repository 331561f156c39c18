/**
 * One person labels the rows of a queue, one after the other. Every answer is written before it counts; closing at any
 * moment loses nothing, and another session on the same queue goes on where the answers end.
 */
import { type AnsweredRow, type Decision, rowKey } from '../../core/labelling/decisions';
import type { SelectedBy } from '../../core/labelling/design';
import { type RunningAccuracy, runningAccuracy } from '../../core/labelling/running-accuracy';

/** A row of the queue. */
export interface QueueRow {
  readonly rowId: string;
  readonly textSha256: string;
  readonly text: string;
  readonly design: string;
  readonly selectedBy: SelectedBy;
  /** Null for a row that a person chose. */
  readonly probability: number | null;
  /** The label that the model predicts; null for a table without scores. */
  readonly predicted: string | null;
}

export interface SessionOptions {
  readonly queue: readonly QueueRow[];
  /** The smallest probability of any row of the table. */
  readonly leastProbability: number;
  readonly labels: readonly string[];
  /** Empty: nobody in particular. */
  readonly who: string;
  /** Whether the model's answer is hidden until the person has answered. */
  readonly isBlind: boolean;
  readonly now: () => Date;
  /** Writes decisions; they are on the disk when it returns. */
  readonly append: (decisions: readonly Decision[]) => Promise<void>;
}

/** What a person said about a row, now. */
type Said = { readonly kind: 'label'; readonly label: string } | { readonly kind: 'unsure' | 'skip' };

/** What a page shows. */
export interface SessionView {
  /** Place of the row that is shown, from 0; null: all rows are answered. */
  readonly at: number | null;
  readonly row: QueueRow | null;
  /** What this person said about it before; undefined: nothing yet. */
  readonly said: Said | undefined;
  /** The model's answer, where it may be seen. */
  readonly model: string | null;
  /** The answer that was given last: whether the model agrees; null where one of them is no label. */
  readonly last: { readonly label: string; readonly model: string; readonly agrees: boolean } | null;
  readonly answered: number;
  readonly labelled: number;
  readonly rows: number;
  readonly canUndo: boolean;
  /** Of the rows that could be labelled; null before the first, and without predictions. */
  readonly accuracy: RunningAccuracy | null;
}

/** @internal until a page has it */
export class LabelSession {
  private readonly said = new Map<number, Said>();
  /** Rows whose model answer this person has seen. */
  private readonly seen = new Set<number>();
  /** Rows that were answered in this session, the last one at the end. */
  private readonly history: { readonly at: number; readonly before: Said | undefined }[] = [];
  private at: number | null;
  private last: SessionView['last'] = null;
  /** Answers are written one after the other: a key that is pressed twice is two answers. */
  private writing: Promise<unknown> = Promise.resolve();

  /**
   * @param answers of earlier sessions, of any person
   */
  constructor(
    private readonly options: SessionOptions,
    answers: readonly AnsweredRow[] = [],
  ) {
    this.take(answers);
    this.at = this.nextOpen(0);
  }

  get view(): SessionView {
    const { queue, isBlind } = this.options;
    const row = this.at === null ? null : (queue[this.at] ?? null);
    const mayShow = this.at !== null && (!isBlind || this.seen.has(this.at));
    return {
      at: this.at,
      row,
      said: this.at === null ? undefined : this.said.get(this.at),
      model: mayShow ? (row?.predicted ?? null) : null,
      last: this.last,
      answered: this.said.size,
      labelled: [...this.said.values()].filter(({ kind }) => kind === 'label').length,
      rows: queue.length,
      canUndo: this.history.length > 0,
      accuracy: this.accuracy(),
    };
  }

  /** @throws UserError what `append` throws: then nothing was answered */
  label(label: string): Promise<void> {
    if (!this.options.labels.includes(label)) throw new RangeError(`no label ${label}`);
    return this.answer({ kind: 'label', label });
  }

  /** @throws UserError as label */
  unsure(): Promise<void> {
    return this.answer({ kind: 'unsure' });
  }

  /** @throws UserError as label */
  skip(): Promise<void> {
    return this.answer({ kind: 'skip' });
  }

  /**
   * Takes back the last answer of this session, and shows its row again.
   *
   * @throws UserError what `append` throws: then nothing was taken back
   */
  undo(): Promise<void> {
    return this.inTurn(async () => {
      const last = this.history.at(-1);
      if (last === undefined) return;
      await this.options.append([this.decision(last.at, 'undo', '')]);
      this.history.pop();
      if (last.before === undefined) this.said.delete(last.at);
      else this.said.set(last.at, last.before);
      this.at = last.at;
      this.last = null;
    });
  }

  /** Shows the row before the one that is shown; answers nothing. */
  back(): void {
    const at = this.at ?? this.options.queue.length;
    if (at > 0) this.at = at - 1;
  }

  /** Shows the row behind it, up to the first that has no answer. */
  forward(): void {
    if (this.at === null || !this.said.has(this.at)) return;
    this.at = this.at + 1 < this.options.queue.length ? this.at + 1 : this.nextOpen(0);
  }

  /** Takes in what another window has written meanwhile. */
  refresh(answers: readonly AnsweredRow[]): void {
    this.take(answers);
    if (this.at !== null && this.said.has(this.at) && !this.history.some(({ at }) => at === this.at))
      this.at = this.nextOpen(this.at);
  }

  private take(answers: readonly AnsweredRow[]): void {
    const places = new Map(this.options.queue.map((row, at) => [rowKey(row), at]));
    for (const answered of answers) {
      const at = places.get(rowKey(answered));
      const { who } = this.options;
      if (at === undefined || !answered.people.has(who)) continue;
      // The model's answer was shown when they answered, also where they took that back.
      this.seen.add(at);
      const own = answered.saidBy.get(who);
      if (own === undefined) this.said.delete(at);
      else this.said.set(at, own);
    }
  }

  private answer(said: Said): Promise<void> {
    return this.inTurn(async () => {
      const { at } = this;
      const row = at === null ? undefined : this.options.queue[at];
      if (at === null || row === undefined) return;
      await this.options.append([this.decision(at, said.kind, said.kind === 'label' ? said.label : '')]);
      this.history.push({ at, before: this.said.get(at) });
      this.said.set(at, said);
      this.seen.add(at);
      const { predicted } = row;
      this.last =
        said.kind === 'label' && predicted !== null
          ? { label: said.label, model: predicted, agrees: said.label === predicted }
          : null;
      this.at = this.nextOpen(at + 1);
    });
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.writing.then(work);
    // The next answer does not fail because this one did.
    this.writing = done.catch(() => undefined);
    return done;
  }

  private decision(at: number, kind: Decision['kind'], label: string): Decision {
    const { queue, who, isBlind, now } = this.options;
    const {
      rowId = '',
      textSha256 = '',
      design = '',
      selectedBy = 'user',
      probability = null,
    } = queue[at] ?? {};
    return {
      ...{ rowId, textSha256, kind, label, design, selectedBy, probability, who },
      isBlind: isBlind && !this.seen.has(at),
      time: now().toISOString(),
    };
  }

  /** The first row from a place on that has no answer, then from the beginning; null if there is none. */
  private nextOpen(from: number): number | null {
    const { queue } = this.options;
    for (let step = 0; step < queue.length; step++) {
      const at = (from + step) % queue.length;
      if (!this.said.has(at)) return at;
    }
    return null;
  }

  private accuracy(): RunningAccuracy | null {
    const { queue, leastProbability } = this.options;
    const right: number[] = [];
    const probability: number[] = [];
    queue.forEach((row, at) => {
      const said = this.said.get(at);
      if (said?.kind !== 'label' || row.predicted === null || row.probability === null) return;
      right.push(Number(said.label === row.predicted));
      probability.push(row.probability);
    });
    if (right.length === 0) return null;
    return runningAccuracy(right, probability, leastProbability, this.said.size === queue.length);
  }
}
