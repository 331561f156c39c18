/**
 * One person labels the rows of a queue, one after the other. Every answer is written before it counts; closing at any
 * moment loses nothing, and another session on the same queue goes on where the answers end.
 */
import { type AnsweredRow, type Decision, rowKey } from '../../core/labelling/decisions';
import { type SelectedBy, worthOf } from '../../core/labelling/design';
import type { Reached } from '../../core/labelling/goal';
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
  /** Whether labels decide what counts of rows on which people differ. */
  readonly settles?: boolean;
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
  /** Whether the model's answer was shown: estimates then keep what was said before. */
  readonly isSeen: boolean;
  /** Of the rows that could be labelled; null before the first, and without predictions. */
  readonly accuracy: RunningAccuracy | null;
  readonly reached: Reached;
}

export class LabelSession {
  private readonly said = new Map<number, Said>();
  /** What counts of it: said before the model's answer was shown, where there is such an answer. */
  private readonly counted = new Map<number, Said>();
  /** Rows that were answered without the model's answer. */
  private readonly blindly = new Set<number>();
  /** Rows whose model answer this person has seen. */
  private readonly seen = new Set<number>();
  /** Rows of the queue that this person answered for another design, or chose by hand: they are not asked again. */
  private readonly elsewhere = new Map<number, { readonly said: Said; readonly isBlind: boolean }>();
  /** Rows that were answered in this session, the last one at the end. */
  private readonly history: {
    readonly at: number;
    readonly before: Said | undefined;
    readonly counted: Said | undefined;
  }[] = [];
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
    if (this.at !== null) return;
    // Another design drew all of these rows: they are asked again, since no answer would carry the others over.
    this.elsewhere.clear();
    this.at = this.nextOpen(0);
  }

  get who(): string {
    return this.options.who;
  }

  get view(): SessionView {
    const { queue, isBlind } = this.options;
    const row = this.at === null ? null : (queue[this.at] ?? null);
    const isSeen = this.at !== null && this.seen.has(this.at);
    const mayShow = !isBlind || isSeen;
    const accuracy = this.accuracy();
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
      isSeen,
      accuracy,
      reached: this.reached(accuracy),
    };
  }

  /** Places of the rows that this person has not answered. */
  get open(): readonly number[] {
    return [...this.options.queue.keys()].filter((at) => !this.said.has(at));
  }

  /**
   * @param at the row that the person saw: another one is not answered; absent for the one that is shown by then
   * @throws UserError what `append` throws: then nothing was answered
   */
  label(label: string, at?: number): Promise<void> {
    if (!this.options.labels.includes(label)) throw new RangeError(`no label ${label}`);
    return this.answer({ kind: 'label', label }, at);
  }

  /** @throws UserError as label */
  unsure(at?: number): Promise<void> {
    return this.answer({ kind: 'unsure' }, at);
  }

  /** @throws UserError as label */
  skip(at?: number): Promise<void> {
    return this.answer({ kind: 'skip' }, at);
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
      const undo = this.decision(last.at, { kind: 'undo' });
      const isSaid = this.options.settles !== true || this.said.get(last.at)?.kind === 'label';
      if (isSaid) await this.options.append([undo]);
      this.history.pop();
      put(this.said, last.at, last.before);
      // What was said before the model's answer was shown still counts.
      if (undo.isBlind || !this.blindly.has(last.at)) put(this.counted, last.at, last.counted);
      if (undo.isBlind && last.counted === undefined) this.blindly.delete(last.at);
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

  /**
   * Takes in what another window has written meanwhile.
   *
   * @param read called when no answer is being written, so that it finds all of them
   */
  refresh(read: () => Promise<readonly AnsweredRow[]>): Promise<void> {
    return this.inTurn(async () => {
      this.take(await read());
      if (this.at !== null && this.said.has(this.at) && !this.history.some(({ at }) => at === this.at))
        this.at = this.nextOpen(this.at);
    });
  }

  private take(answers: readonly AnsweredRow[]): void {
    const places = new Map(this.options.queue.map((row, at) => [rowKey(row), at]));
    for (const answered of answers) {
      const at = places.get(rowKey(answered));
      const { who } = this.options;
      const row = at === undefined ? undefined : this.options.queue[at];
      if (at === undefined || row === undefined || !answered.people.has(who)) continue;
      // The model's answer was shown when they answered, also where they took that back.
      if (row.predicted !== null) this.seen.add(at);
      const own = answered.saidBy.get(who);
      if (own !== undefined && !answered.designs.has(row.design)) {
        this.elsewhere.set(at, { said: own, isBlind: answered.isBlind });
        continue;
      }
      put(this.said, at, own);
      const label = answered.byPerson.get(who);
      put(this.counted, at, label === undefined ? own : { kind: 'label', label });
      if (answered.isBlind && this.counted.has(at)) this.blindly.add(at);
    }
  }

  private answer(said: Said, asked: number | undefined): Promise<void> {
    return this.inTurn(async () => {
      const { at } = this;
      const row = at === null ? undefined : this.options.queue[at];
      if (at === null || row === undefined || (asked !== undefined && asked !== at)) return;
      const decision = this.decision(at, said);
      const next = this.nextOpen(at + 1, at);
      const carried = this.carriedUpTo(next === null ? this.options.queue.length : Math.max(at, next));
      const isSaid = this.options.settles !== true || said.kind === 'label';
      // Who cannot settle a row leaves it as it is.
      if (isSaid) await this.options.append([decision, ...carried.map(({ decision: other }) => other)]);
      this.history.push({ at, before: this.said.get(at), counted: this.counted.get(at) });
      this.record(at, said, decision.isBlind);
      for (const other of carried) this.record(other.at, other.said, other.decision.isBlind);
      const { predicted } = row;
      if (predicted !== null) this.seen.add(at);
      this.last =
        said.kind === 'label' && predicted !== null
          ? { label: said.label, model: predicted, agrees: said.label === predicted }
          : null;
      this.at = next;
    });
  }

  private record(at: number, said: Said, isBlind: boolean): void {
    this.said.set(at, said);
    this.elsewhere.delete(at);
    if (isBlind || !this.blindly.has(at)) this.counted.set(at, said);
    if (isBlind) this.blindly.add(at);
  }

  /**
   * Answers that were given elsewhere to the rows that are passed on the way to the next open one: the design holds them
   * once it reaches them, and not before.
   */
  private carriedUpTo(place: number): { at: number; said: Said; decision: Decision }[] {
    return [...this.elsewhere].flatMap(([at, { said, isBlind }]) => {
      if (at > place) return [];
      return [{ at, said, decision: { ...this.decision(at, said), isBlind } }];
    });
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.writing.then(work);
    // The next answer does not fail because this one did.
    this.writing = done.catch(() => undefined);
    return done;
  }

  private decision(at: number, said: Said | { readonly kind: 'undo' }): Decision {
    const { queue, who, isBlind, now } = this.options;
    const {
      rowId = '',
      textSha256 = '',
      design = '',
      selectedBy = 'user',
      probability = null,
    } = queue[at] ?? {};
    return {
      kind: said.kind === 'label' && this.options.settles === true ? 'settled' : said.kind,
      ...{ rowId, textSha256, design, selectedBy, probability, who },
      label: said.kind === 'label' ? said.label : '',
      isBlind: isBlind && !this.seen.has(at),
      time: now().toISOString(),
    };
  }

  /**
   * The first row from a place on that has no answer, then from the beginning; null if there is none.
   *
   * @param answered a row that is being answered
   */
  private nextOpen(from: number, answered?: number): number | null {
    const { queue } = this.options;
    for (let step = 0; step < queue.length; step++) {
      const at = (from + step) % queue.length;
      if (at !== answered && !this.said.has(at) && !this.elsewhere.has(at)) return at;
    }
    return null;
  }

  private reached(accuracy: RunningAccuracy | null): Reached {
    const labelled = this.options.queue.flatMap(({ probability }, at) =>
      this.counted.get(at)?.kind === 'label' ? [probability ?? 1] : [],
    );
    return {
      labelled: labelled.length,
      worth: labelled.length === 0 ? 0 : worthOf(labelled),
      accuracy: accuracy?.value ?? null,
    };
  }

  private accuracy(): RunningAccuracy | null {
    const { queue, leastProbability } = this.options;
    const right: number[] = [];
    const probability: number[] = [];
    queue.forEach((row, at) => {
      const said = this.counted.get(at);
      if (said?.kind !== 'label' || row.predicted === null || row.probability === null) return;
      right.push(Number(said.label === row.predicted));
      probability.push(row.probability);
    });
    if (right.length === 0) return null;
    return runningAccuracy(right, probability, leastProbability, this.said.size === queue.length);
  }
}

function put(map: Map<number, Said>, at: number, said: Said | undefined): void {
  if (said === undefined) map.delete(at);
  else map.set(at, said);
}
