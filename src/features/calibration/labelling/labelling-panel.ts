/** One open labelling page: its table, the design that is labelled, and the person's session. */
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { type Frame, frameOf } from '../../../app/labels/draw-rows';
import {
  designOf,
  disputedOf,
  isAnswered,
  labelsOfTable,
  queueOf,
  savedAnswers,
} from '../../../app/labels/labelling';
import { importedDecisions } from '../../../app/labels/import-labels';
import { writeSample } from '../../../app/labels/sample-table';
import { LabelSession } from '../../../app/labels/session';
import { type Labelling, shownSession } from '../../../app/labels/shown-session';
import { labelColumns } from '../../../core/data/columns';
import type { AnsweredRow, Decision } from '../../../core/labelling/decisions';
import { UserError } from '../../../core/user-error';
import { count } from '../../../core/words/calibration';
import { checkLabelPlace, type LabelPlace, labelPlace, saveDecisions } from '../../../editor/label-files';
import { openPage } from '../../../editor/page';
import { showGuide } from '../../../editor/guide';
import { reportError } from '../../../editor/report-error';
import type { Services } from '../../../editor/services';
import { readBuckets, readSettings } from '../../../editor/settings';
import { columnOptions } from '../../../protocol/calibration-page';
import {
  type DesignParams,
  LABELLING_PAGE_CONTRACT,
  type LabellingState,
  type Said,
} from '../../../protocol/labelling-page';
import { COMMANDS } from '../../../protocol/manifest';
import { MOST_ROWS, readDesigns, writeDesign, type WrittenDesign } from '../../../store/designs';
import { inspectTable } from '../../../store/tables/inspect';
import { LocalTable } from '../local-table';
import { rememberedOptions } from '../remembered';
import { showText } from '../show-text';
import { type FileWatch, watchTable } from '../watch-table';

type PageError = NonNullable<LabellingState['error']>;

export class LabellingPanel {
  private readonly table: LocalTable;
  private readonly place: LabelPlace | undefined;
  private readonly labelsWatch: FileWatch | undefined;
  private readonly subscriptions: { dispose(): unknown }[];
  private show: (state: LabellingState) => void = () => undefined;
  private current: LabellingState;
  private frame: Frame | undefined;
  private labelling: Labelling | undefined;
  /** A design that could not be written down yet. */
  private unwritten: WrittenDesign | undefined;
  /** Counts readings of the table: what an earlier one found is dropped. */
  private run = 0;
  private isStarted = false;

  constructor(
    readonly uri: vscode.Uri,
    private readonly panel: vscode.WebviewPanel,
    private readonly services: Services,
  ) {
    this.table = new LocalTable(uri);
    this.place = labelPlace(uri);
    this.current = {
      uri: uri.toString(),
      file: path.posix.basename(uri.path),
      busy: null,
      error: null,
      saving: null,
      notes: [],
      disputed: 0,
      setup: null,
      session: null,
    };
    this.labelsWatch =
      this.place &&
      watchTable(vscode.Uri.file(this.place.file), {
        changed: () => undefined,
        settled: () => void this.refresh(),
      });
    const again = (): void => void this.load();
    // The page first, so that it is not told what ends.
    this.subscriptions = [
      this.openPage(),
      watchTable(uri, { changed: () => this.table.forget(), settled: again }),
      ...(this.labelsWatch === undefined ? [] : [this.labelsWatch]),
      vscode.workspace.onDidGrantWorkspaceTrust(again),
      this.table,
    ];
  }

  get state(): LabellingState {
    return this.current;
  }

  /** Shows its tab. */
  reveal(): void {
    this.panel.reveal();
  }

  dispose(): void {
    this.run++;
    for (const subscription of this.subscriptions.splice(0)) subscription.dispose();
  }

  private openPage(): { dispose(): void } {
    const peer = openPage(this.panel.webview, this.services, {
      name: 'labelling',
      title: 'Label Rows',
      drawsPictures: false,
    });
    const page = peer.remote(LABELLING_PAGE_CONTRACT.page);
    this.show = (state) => page.state(state);
    peer.serve(LABELLING_PAGE_CONTRACT.host, {
      ready: () => {
        if (this.isStarted) page.state(this.current);
        else {
          this.isStarted = true;
          void this.load();
        }
      },
      begin: (params) => this.begin(params),
      answer: ({ at, said }) => this.answer(at, said),
      undo: () => this.undo(),
      back: () => this.say((session) => session.back()),
      forward: () => this.say((session) => session.forward()),
      setUp: ({ isShown }) => this.setUp(isShown),
      exportRows: () => this.exportRows(),
      importLabels: () => this.importLabels(),
      settle: () => this.settle(),
      retry: () => this.reload(),
      reveal: ({ line }) => this.showLine(line),
      openPanel: () => vscode.commands.executeCommand(COMMANDS.openCalibration, this.uri),
      manageTrust: () => vscode.commands.executeCommand('workbench.trust.manage'),
      openGuide: () => showGuide(this.services, 'labels.md'),
    });
    return peer;
  }

  /** Reads the table again. */
  reload(): Promise<void> {
    this.table.forget();
    return this.load();
  }

  /** Reads the table, and resumes the design that is not complete; else asks for one. */
  private async load(): Promise<void> {
    if (!this.isStarted) return;
    const run = ++this.run;
    this.update({ busy: 'Reading the table', error: null });
    try {
      const columns = columnOptions(rememberedOptions(this.services.context.workspaceState, this.uri));
      const file = await this.table.file();
      if (labelColumns((await inspectTable(file)).header).length > 0)
        throw new UserError(
          'own-labels',
          'The labels of this table do not exclude each other, and one label for each text is kept here. Write what is right into its columns label:LABEL: 1 or 0.',
        );
      const frame = await frameOf(file, columns);
      const { designs, unread } = await this.designs();
      const saved = await this.saved();
      if (run !== this.run) return;
      this.frame = frame;
      const who = this.who();
      const known = [...designs, ...(this.unwritten === undefined ? [] : [this.unwritten])];
      // Those that are not complete first, the newest before the others.
      const latest = known.toReversed();
      const incomplete = latest.filter((design) => !isAnswered(design, saved.answers, who));
      let resumed: Labelling | undefined;
      for (const design of [...incomplete, ...latest])
        resumed ??= await this.resumed(frame, design, saved.answers);
      if (run !== this.run) return;
      const open = this.labelling;
      if (resumed === undefined || !isSameWork(resumed, open)) this.labelling = resumed;
      const notes = [
        ...(frame.identity.text === undefined
          ? ['The table has no column of texts, so only ids are shown. Label the table that holds the texts.']
          : []),
        ...frame.warnings.map(({ message }) => message),
        ...unread.map((name) => `${name} holds no design that this version can read, so it is not used.`),
        ...(saved.unread === 0
          ? []
          : [`${count(saved.unread, 'line')} of the labels file hold no decision. The others count.`]),
        ...(resumed !== undefined || known.length === 0 ? [] : [OTHER_TEXTS]),
      ];
      this.countDisputed(saved.answers);
      const gone = this.labelling?.queue.gone ?? 0;
      this.update({
        busy: null,
        notes: gone === 0 ? notes : [...notes, goneInWords(gone)],
        saving: this.savingProblem(),
        setup: resumed === undefined ? await this.setup(frame) : null,
      });
      // An answer may have been given while this was read.
      if (open !== undefined) await this.refresh();
    } catch (error) {
      if (run === this.run) this.update({ error: this.explained(error), busy: null });
    }
  }

  private async designs(): Promise<Awaited<ReturnType<typeof readDesigns>>> {
    const { place } = this;
    return place === undefined ? { designs: [], unread: [] } : readDesigns(place.file);
  }

  private async saved(): ReturnType<typeof savedAnswers> {
    this.labelsWatch?.willRead();
    return this.place === undefined
      ? { decisions: [], answers: [], unread: 0 }
      : savedAnswers(this.place.file);
  }

  private who(): string {
    return readSettings(this.uri).labelsWho;
  }

  /** @returns undefined where none of the rows of a design is in the table */
  private async resumed(
    frame: Frame,
    design: WrittenDesign,
    answers: readonly AnsweredRow[],
  ): Promise<Labelling | undefined> {
    const queue = await queueOf(frame, design);
    if (queue.rows.length === 0) return undefined;
    const session = new LabelSession(
      {
        queue: queue.rows,
        leastProbability: design.leastProbability,
        labels: design.labels,
        who: this.who(),
        isBlind: design.isBlind,
        now: () => new Date(),
        append: (decisions) => this.append(decisions),
      },
      answers,
    );
    return { design, queue, session };
  }

  private countDisputed(answers: readonly AnsweredRow[]): void {
    const disputed = answers.filter(({ answer }) => answer.kind === 'disputed').length;
    this.current = { ...this.current, disputed };
  }

  /** Shows the rows on which people differ, one by one: a label decides. */
  async settle(): Promise<void> {
    const { frame, labelling } = this;
    if (frame === undefined || labelling === undefined) return;
    const run = ++this.run;
    try {
      const { queue, said } = await disputedOf(frame, (await this.saved()).answers);
      if (run !== this.run) return;
      if (queue.rows.length === 0) {
        const gone = 'None of the rows on which people differ is in this table: their texts are others now.';
        await this.services.dialogs.tell('info', gone);
        return;
      }
      const { design } = labelling;
      const session = new LabelSession({
        ...{ queue: queue.rows, labels: design.labels, who: this.who(), isBlind: true, settles: true },
        leastProbability: design.leastProbability,
        now: () => new Date(),
        append: (decisions) => this.append(decisions),
      });
      this.labelling = { design, queue, session, disputed: said };
      this.update({ setup: null });
    } catch (error) {
      if (run === this.run) this.update({ saving: this.explained(error) });
    }
  }

  private async setup(frame: Frame): Promise<NonNullable<LabellingState['setup']>> {
    const { labels, areAll } = await labelsOfTable(frame);
    const known = this.labelling?.design.labels ?? labels;
    return {
      rows: frame.lines.length,
      isScored: frame.table !== null,
      labels: areAll ? labels : [...known],
      areAllLabels: areAll,
    };
  }

  /** Draws rows, and shows the first of them. */
  async begin({ kind, rows, labels, isBlind, goal }: DesignParams): Promise<void> {
    const { frame } = this;
    if (frame === undefined || this.current.busy !== null) return;
    const run = ++this.run;
    this.update({ busy: 'Drawing rows', error: null });
    try {
      const { designs, unread } = await this.designs();
      const design = await designOf(frame, {
        ...{ kind, labels, isBlind, goal },
        // What is below the highest bucket is not automatic.
        below: readBuckets(this.uri).buckets[0]?.low,
        rows: Math.min(rows, MOST_ROWS),
        // Another seed than those before it, which would draw the same rows, and have the same name.
        seed: designs.length + unread.length + Number(this.unwritten !== undefined),
        now: new Date(),
      });
      this.unwritten = design;
      const saving = await this.write().then(
        () => null,
        (error: unknown) => this.explained(error),
      );
      const { answers } = await this.saved();
      if (run !== this.run) return;
      this.labelling = await this.resumed(frame, design, answers);
      this.update({ busy: null, setup: null, saving });
    } catch (error) {
      if (run === this.run) this.update({ error: this.explained(error), busy: null });
    }
  }

  /**
   * Writes the design down that was not yet. Where that cannot be done, its rows can still be looked at.
   *
   * @throws UserError everything of `checkLabelPlace` and `writeDesign`
   */
  private async write(): Promise<void> {
    checkLabelPlace(this.place);
    if (this.unwritten === undefined) return;
    await writeDesign(this.place.workspace, this.place.name, this.unwritten);
    this.unwritten = undefined;
  }

  /** Why nothing can be saved, as far as one knows without trying. */
  private savingProblem(): PageError | null {
    try {
      checkLabelPlace(this.place);
      return null;
    } catch (error) {
      return this.explained(error);
    }
  }

  private async append(decisions: readonly Decision[]): Promise<void> {
    await this.write();
    await saveDecisions(this.place, decisions);
    this.services.labelsChanged.fire();
  }

  /**
   * Answers a row.
   *
   * @param at the row that the person saw
   */
  answer(at: number, said: Said): Promise<void> {
    // A key that was pressed before the next row was shown is no answer to it.
    return this.say((session) =>
      said.kind === 'label' ? session.label(said.label, at) : session[said.kind](at),
    );
  }

  /** Takes the last answer back. */
  undo(): Promise<void> {
    return this.say((session) => session.undo());
  }

  private async say(work: (session: LabelSession) => Promise<void> | void): Promise<void> {
    const session = this.labelling?.session;
    if (session === undefined) return;
    try {
      await work(session);
      this.update({ saving: this.savingProblem() });
    } catch (error) {
      this.update({ saving: this.explained(error) });
    }
  }

  /** What another window has written. */
  private async refresh(): Promise<void> {
    const session = this.labelling?.session;
    if (session === undefined) return;
    try {
      const { answers } = await this.saved();
      this.countDisputed(answers);
      // What is settled here was said by others before.
      if (this.labelling?.disputed === undefined)
        await session.refresh(async () => (await this.saved()).answers);
      this.update({});
    } catch (error) {
      this.services.log.warn('labelling', error);
    }
  }

  private async setUp(isShown: boolean): Promise<void> {
    if (this.frame === undefined) return;
    this.update({ setup: isShown ? await this.setup(this.frame) : null });
  }

  /** Writes the rows that are still open into a table for somebody else. */
  async exportRows(): Promise<void> {
    const { frame, labelling, services, uri } = this;
    if (frame === undefined || labelling === undefined) return;
    const { design, queue, session } = labelling;
    const { dialogs } = services;
    try {
      const base = uri.scheme === 'file' ? uri.fsPath : path.basename(uri.path);
      const file = await dialogs.chooseNewFile(
        'Export Rows to Label',
        `${base.replace(/\.csv$/iu, '')}-to-label.csv`,
        { 'CSV tables': ['csv'] },
      );
      if (file === undefined) return;
      if (path.resolve(file) === path.resolve(frame.source.file))
        throw new UserError('own-table', 'This is the table itself. Choose another name.');
      const rows = session.open.flatMap((at) => {
        const row = queue.rows[at];
        return row === undefined
          ? []
          : [{ ...row, probability: row.probability ?? 1, line: queue.lines[at] ?? 0 }];
      });
      const { id, kind } = design;
      await writeSample(file, frame, {
        id,
        kind,
        rows,
        buckets: readBuckets(uri).buckets,
        spreadsheetSafe: true,
      });
      const message = `Exported ${count(rows.length, 'row')}. Fill in the column "label", and import the file here.`;
      if ((await dialogs.tell('info', message, ['Open File'])) === 'Open File')
        await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file));
    } catch (error) {
      void reportError(services, error);
    }
  }

  /** Adds the labels of a table that somebody filled in. */
  async importLabels(): Promise<void> {
    const { dialogs } = this.services;
    try {
      checkLabelPlace(this.place);
      const file = await dialogs.chooseFile('Import Labels', { 'CSV tables': ['csv'] });
      if (file === undefined) return;
      const { decisions: known } = await this.saved();
      const decisions = await importedDecisions(file, known);
      if (decisions.length > 0) await this.append(decisions);
      await this.refresh();
      await dialogs.tell(
        'info',
        decisions.length === 0
          ? 'All labels of this file are there already.'
          : `Imported ${count(decisions.length, 'answer')}.`,
      );
    } catch (error) {
      void reportError(this.services, error);
    }
  }

  private async showLine(line: number): Promise<void> {
    try {
      await showText(this.uri, this.panel, line);
    } catch (error) {
      void reportError(this.services, error);
    }
  }

  private update(change: Partial<LabellingState>): void {
    const session = this.labelling === undefined ? null : shownSession(this.labelling);
    this.current = { ...this.current, ...change, session };
    this.show(this.current);
  }

  private explained(error: unknown): PageError {
    if (error instanceof UserError && error.code === 'no-file')
      return { code: error.code, message: `${this.current.file} was deleted, moved or renamed.` };
    if (error instanceof UserError) return { code: error.code, message: error.message };
    this.services.log.error('labelling', error);
    return { code: 'unexpected', message: error instanceof Error ? error.message : String(error) };
  }
}

const OTHER_TEXTS =
  'None of the rows that were drawn before is in this table: its texts are others now. Their labels are kept. Draw rows again.';

function goneInWords(gone: number): string {
  return `${count(gone, 'row')} that ${gone === 1 ? 'was' : 'were'} drawn ${gone === 1 ? 'is' : 'are'} no longer in the table, or the text has changed. ${gone === 1 ? 'It is' : 'They are'} left out.`;
}

/** Whether the same person labels the same rows: then the session that is open goes on, with what can be undone in it. */
function isSameWork(resumed: Labelling, open: Labelling | undefined): boolean {
  return (
    open !== undefined &&
    open.disputed === undefined &&
    open.session.who === resumed.session.who &&
    open.design.id === resumed.design.id &&
    isDeepStrictEqual(open.queue, resumed.queue)
  );
}
