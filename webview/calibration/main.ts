/** The page of the calibration panel. The host sends numbers; the page keeps what is looked at. */
import '../no-eval';
import * as z from 'zod';
import {
  aboutNumbers,
  type Axes,
  binRange,
  CORRECTNESS,
  count,
  factsOf,
  labelName,
  calibratorTitle,
  verdict,
} from '../../src/core/words/calibration';
import { DECISION_PAGE_METHODS } from '../../src/protocol/calibration-decisions';
import {
  BIN_COUNTS,
  BIN_ROW_LIMIT,
  binRowsSchema,
  CALIBRATION_PAGE_METHODS,
  FEWEST_FOR_PLOT,
  panelChangeSchema,
  panelStateSchema,
  type Analysis,
  type BinOwner,
  type Diagram,
  type PanelSettings,
  type PanelState,
} from '../../src/protocol/calibration-page';
import { drawBusy } from '../busy';
import { button } from '../button';
import { h, replaceContent, warningIcon } from '../dom';
import { connectHost } from '../rpc';
import '../base.css';
import './calibration.css';
import './decisions.css';
import { checkbox, radios, select } from './choices';
import { calibratorSection, type Look, shownMethod } from './calibrators';
import { columnsForm } from './columns-form';
import { DecisionSection } from './decisions';
import { markChosen } from './diagram';
import { exportControls } from './export';
import { figure, type FigureOptions } from './figure';
import { methodsSection } from './methods';
import { axesOf, partsSection, partTitle, shownPart, viewChoice } from './parts';
import { progressionSection } from './progression';
import { binRowsTable, link, metricsTable } from './tables';
import { isMappable, remedy } from './words';
import type { CalibratorId } from '../../src/core/calibration/registry';

const viewSchema = z.object({
  band: z.enum(['consistency', 'wilson']),
  withCurve: z.boolean(),
  /** Whether the form of the columns is open though the table can be used. */
  mapping: z.boolean(),
  /** The part that is drawn; null for the worst one. */
  part: z.string().nullable(),
  chosen: z
    .object({
      figure: z.enum(['raw', 'before', 'after']),
      low: z.number(),
      high: z.number(),
      /** Rows that are listed at most. */
      limit: z.number(),
    })
    .nullable(),
  /** The calibrator that stands beside raw; null for the recommended one. */
  method: z.string().nullable(),
  decisions: z.object({ at: z.number(), by: z.enum(['target', 'costs']) }),
  progression: z.enum(['nll', 'brier']),
});
type View = z.infer<typeof viewSchema>;
type Chosen = NonNullable<View['chosen']>;

/** A diagram and what it is of. */
interface Choosable {
  readonly diagram: Diagram;
  readonly axes: Axes;
  readonly of: BinOwner;
  /** In words; empty for all rows as they are. */
  readonly words: string;
}

const keptSchema = z.object({ state: panelStateSchema, view: viewSchema });

const host = connectHost();
const { connection } = host;
const notify = (method: string, params?: object): void => {
  connection.sendNotification(method, params).catch((error: unknown) => console.error(error));
};
const save = (method: CalibratorId): void => notify(CALIBRATION_PAGE_METHODS.save, { method });
const retry = (): void => notify(CALIBRATION_PAGE_METHODS.retry);
const reveal = (line: number): void => notify(CALIBRATION_PAGE_METHODS.reveal, { line });

let view: View = {
  band: 'consistency',
  withCurve: true,
  mapping: false,
  part: null,
  chosen: null,
  method: null,
  decisions: { at: 0.9, by: 'target' },
  progression: 'nll',
};
let drawn: PanelState | undefined;
/** The diagrams whose bins can be chosen, as they are drawn. */
const choosable = new Map<Chosen['figure'], Choosable>();
/** The bin that the rows below are of; a later answer to an earlier question is not shown. */
let asked = 0;

const heading = h('h1', {});
const facts = h('p', { class: 'facts' });
const controls = h('div', { class: 'controls' });
const exporting = exportControls(connection, () => {
  const of = choosable.get('raw')?.of;
  return of?.kind === 'part' ? of.name : null;
});
const busy = h('div', { class: 'busy', hidden: true });
const problem = h('div', {});
const mapping = h('div', {});
const methods = h('div', {});
const parts = h('div', {});
const content = h('div', {});
const binRows = h('section', { class: 'bin-rows', hidden: true, tabindex: -1 });
const calibrators = h('div', {});
const decisions = new DecisionSection({
  ask: (question) => notify(DECISION_PAGE_METHODS.ask, question),
  saveBuckets: (buckets) => notify(DECISION_PAGE_METHODS.buckets, { buckets }),
  look: (part) => look({ decisions: part }),
});
const progression = h('div', {});
const notes = h('div', {});
/** Read aloud when it changes; never seen. */
const announcement = h('div', { class: 'unseen', role: 'status', 'aria-live': 'polite' });
document.body.append(
  h(
    'main',
    {},
    busy,
    h('header', {}, h('div', {}, heading, facts, exporting.element), controls),
    problem,
    methods,
    mapping,
    parts,
    content,
    binRows,
    calibrators,
    decisions.element,
    progression,
    notes,
  ),
  announcement,
);

function draw(state: PanelState): void {
  heading.textContent = state.name;
  drawBusy(busy, state.busy === null ? null : `${state.busy}…`, () =>
    notify(CALIBRATION_PAGE_METHODS.cancel),
  );
  if (!same(state.error, drawn?.error) || (state.analysis === null) !== (drawn?.analysis === null))
    replaceContent(problem, ...problemParts(state));
  controls.hidden = state.analysis === null;
  exporting.element.hidden = state.analysis === null || state.analysis.preliminary || state.error !== null;
  exporting.draw(state.busy !== null);
  if (!same(controlPart(state), drawn && controlPart(drawn))) drawControls(state);
  if (!same(methodsPart(state), drawn && methodsPart(drawn))) drawMethods(state);
  if (!same(mappingPart(state), drawn && mappingPart(drawn))) drawMapping(state);
  if (!same(contentPart(state), drawn && contentPart(drawn))) drawContent(state);
  if (!same(state.analysis, drawn?.analysis)) drawNotes(state.analysis);
  if (!same(calibratorPart(state), drawn && calibratorPart(drawn))) drawCalibrators(state);
  if (!same(decisionPart(state), drawn && decisionPart(drawn))) drawDecisions(state);
  if (!same(progressionPart(state), drawn && progressionPart(drawn))) drawProgression(state);
  drawn = state;
}

/** What each part of the page is drawn from. */
function controlPart({ settings, columns }: PanelState): unknown {
  return [settings, columns?.header];
}

function methodsPart({ columns, methods: compared, methodsError, busy, settings }: PanelState): unknown {
  return [columns?.header, compared, methodsError, busy === null, settings.table];
}

function drawMethods(state: PanelState): void {
  const { settings } = state;
  replaceContent(
    methods,
    ...methodsSection(state, lookOfDiagrams(), {
      compare: () => notify(CALIBRATION_PAGE_METHODS.compareMethods),
      choose: (method) =>
        notify(CALIBRATION_PAGE_METHODS.settings, { ...settings, table: { ...settings.table, method } }),
      saveCombination: () => save('combination'),
    }),
  );
}

function mappingPart({ columns, settings, error, analysis }: PanelState): unknown {
  return [columns, settings.table, error?.code, analysis?.evaluation.labels];
}

function contentPart({ analysis, settings, breakdown, breakdownError }: PanelState): unknown {
  return [analysis, settings.view, breakdown, breakdownError];
}

function decisionPart({ analysis, comparison, decisions: decided }: PanelState): unknown {
  return [decided, comparison?.choice, analysis?.evaluation.labels];
}

function drawDecisions({ analysis, comparison, decisions: decided }: PanelState): void {
  decisions.draw(
    analysis === null || (decided.report === null && decided.error === null)
      ? undefined
      : {
          decisions: decided,
          labels: analysis.evaluation.labels,
          method: comparison === null ? undefined : shownMethod(comparison, view.method)?.method,
          view: view.decisions,
        },
  );
}

function progressionPart({ analysis, comparison, progression: computed }: PanelState): unknown {
  return [computed, comparison?.choice, analysis?.preliminary, analysis?.evaluation.n];
}

function drawProgression({ analysis, comparison, progression: computed }: PanelState): void {
  if (analysis === null || analysis.preliminary) {
    progression.replaceChildren();
    return;
  }
  const choice = comparison?.choice ?? null;
  replaceContent(
    progression,
    progressionSection(
      {
        progression: computed,
        rows: analysis.evaluation.n,
        recommended: choice === 'raw' ? null : choice,
        metric: view.progression,
      },
      {
        start: () => notify(DECISION_PAGE_METHODS.progression),
        cancel: () => notify(DECISION_PAGE_METHODS.cancelProgression),
        show: (metric) => {
          look({ progression: metric });
          if (drawn !== undefined) drawProgression(drawn);
        },
      },
    ),
  );
}

function calibratorPart({ analysis, comparison, comparisonError, busy, settings }: PanelState): unknown {
  const { origin, preliminary } = analysis ?? {};
  return [comparison, comparisonError, settings, busy === null, origin, preliminary];
}

function problemParts({ error, analysis, columns }: PanelState): Node[] {
  if (error === null) return [];
  const again = button(
    'Compute Again',
    { key: 'retry', secondary: isMappable(error.code) || error.code === 'several-methods' },
    retry,
  );
  const text = button('Open as Text', { key: 'text', secondary: true }, () =>
    notify(CALIBRATION_PAGE_METHODS.openText),
  );
  const outdated = isMappable(error.code)
    ? 'The numbers below are the earlier ones.'
    : 'The numbers below are of the file as it was before.';
  const mapped = columns !== null && error.code !== 'no-file' && !isMappable(error.code);
  const advice = [remedy(error.code), ...(analysis === null ? [] : [outdated])].filter((part) => part !== '');
  return [
    h(
      'section',
      { class: 'problem' },
      h('h2', {}, warningIcon(), errorTitle(error.code)),
      h('p', {}, error.message),
      ...advice.map((part) => h('p', { class: 'quiet' }, part)),
      h(
        'div',
        { class: 'buttons' },
        again,
        ...(error.code === 'no-file' ? [] : [text]),
        ...(mapped ? [columnsButton()] : []),
      ),
    ),
  ];
}

function errorTitle(code: string): string {
  if (code === 'several-methods') return 'Choose a scoring method';
  if (code === 'no-file') return 'The file is gone';
  if (code === 'cancelled') return 'Cancelled';
  return 'This table cannot be used as it is';
}

function columnsButton(): HTMLElement {
  return button('Columns…', { key: 'columns', secondary: true }, () => {
    look({ mapping: !view.mapping });
    if (drawn !== undefined) drawMapping(drawn);
    mapping.querySelector('h2')?.focus();
  });
}

function drawMapping(state: PanelState): void {
  const { columns, settings, error, analysis } = state;
  const isNeeded = error !== null && isMappable(error.code);
  if (columns === null || !(view.mapping || isNeeded)) {
    mapping.replaceChildren();
    return;
  }
  const { labelMetrics, n } = analysis?.evaluation ?? {};
  replaceContent(
    mapping,
    columnsForm({
      columns,
      table: settings.table,
      labels:
        labelMetrics?.perLabel.map(({ label, support }) => ({ label, share: support / (n ?? 1) })) ?? null,
      use: (table) => {
        look({ mapping: false });
        notify(CALIBRATION_PAGE_METHODS.settings, { ...settings, table });
        if (drawn !== undefined) drawMapping(drawn);
      },
      close: isNeeded
        ? null
        : () => {
            look({ mapping: false });
            if (drawn !== undefined) drawMapping(drawn);
          },
    }),
  );
}

function drawControls(state: PanelState): void {
  const { settings } = state;
  const change = (part: Partial<PanelSettings>): void =>
    notify(CALIBRATION_PAGE_METHODS.settings, { ...settings, ...part });
  const counts = [...new Set([...BIN_COUNTS, settings.bins])].sort((a, b) => a - b);
  replaceContent(
    controls,
    viewChoice(state, (wanted) => {
      look({ part: null, chosen: null });
      change({ view: wanted });
    }),
    select(
      'Bins',
      'bins',
      counts.map((value) => ({ value, text: String(value) })),
      settings.bins,
      (bins) => change({ bins }),
    ),
    radios(
      'of equal',
      'binning',
      [
        { value: 'width', text: 'width' },
        { value: 'mass', text: 'mass' },
      ],
      settings.binning,
      (binning) => change({ binning }),
    ),
    radios(
      'Bars',
      'band',
      [
        { value: 'consistency', text: 'if calibrated' },
        { value: 'wilson', text: 'interval of accuracy' },
      ],
      view.band,
      (band) => drawAs({ band }),
    ),
    checkbox('Smooth curve', 'curve', view.withCurve, (withCurve) => drawAs({ withCurve })),
    columnsButton(),
  );
}

/** Another look of every diagram. */
function drawAs(change: Pick<View, 'band'> | Pick<View, 'withCurve'>): void {
  look(change);
  if (drawn === undefined) return;
  drawContent(drawn);
  drawCalibrators(drawn);
  drawMethods(drawn);
}

function lookOfDiagrams(): Look {
  return { band: view.band, withCurve: view.withCurve };
}

function drawContent(state: PanelState): void {
  const { analysis } = state;
  choosable.delete('raw');
  if (analysis === null) {
    for (const element of [facts, parts, content]) element.replaceChildren();
    chooseAgain('raw');
    return;
  }
  facts.textContent = factsOf(analysis.evaluation);
  const part = shownPart(state, view.part);
  replaceContent(
    parts,
    ...partsSection(state, part, (name) => {
      look({ part: name, chosen: null });
      if (drawn === undefined) return;
      drawContent(drawn);
      announcement.textContent = `The diagram below is of ${labelName(name)}.`;
    }),
  );
  const shown = part?.diagram ?? analysis;
  const { evaluation } = shown;
  const axes = axesOf(state, part);
  const words = part === undefined ? '' : partTitle(state, part);
  const of: BinOwner = part === undefined ? { kind: 'table' } : { kind: 'part', name: part.name };
  const said = verdict(evaluation, axes);
  const title = said === undefined ? [] : [h('h2', {}, said.title), h('p', {}, said.text)];
  replaceContent(
    content,
    ...(part === undefined ? [] : [h('h2', { class: 'part-title' }, words)]),
    h(
      'div',
      { class: 'columns' },
      evaluation.n < FEWEST_FOR_PLOT ? tooFew(evaluation.n) : mainFigure({ diagram: shown, axes, of, words }),
      h(
        'section',
        { class: 'numbers' },
        ...title,
        metricsTable(evaluation, part === undefined && analysis.preliminary, axes),
      ),
    ),
  );
  chooseAgain('raw');
}

function drawNotes(analysis: Analysis | null): void {
  replaceContent(notes, ...(analysis === null ? [] : noteParts(analysis)));
}

function tooFew(n: number): HTMLElement {
  return h(
    'section',
    { class: 'too-few' },
    h('h2', {}, 'Too few rows for a diagram'),
    h(
      'p',
      {},
      `${count(n, 'row')} cannot show how confidence and accuracy go together: a diagram needs at least ${FEWEST_FOR_PLOT}, and says little below a few hundred. The numbers of the table stand beside, with their intervals.`,
    ),
  );
}

function mainFigure(shown: Choosable): HTMLElement {
  const { diagram, axes, words } = shown;
  const whose = words === '' ? '' : ` of ${words}`;
  return figure({
    diagram,
    axes,
    band: view.band,
    withCurve: view.withCurve,
    id: 'raw',
    title: `Reliability diagram${whose}: ${axes.upWords} by ${axes.acrossWords}, with a histogram below`,
    ...choosing('raw', shown),
  });
}

function drawCalibrators(state: PanelState): void {
  for (const name of ['before', 'after'] as const) choosable.delete(name);
  replaceContent(
    calibrators,
    ...calibratorSection(state, lookOfDiagrams(), view.method, {
      compare: () => notify(CALIBRATION_PAGE_METHODS.settings, { ...state.settings, compare: true }),
      show: (method) => {
        look({ method });
        if (drawn === undefined) return;
        drawCalibrators(drawn);
        drawDecisions(drawn);
      },
      save,
      retry,
      choosing: (name, { method, diagram }) =>
        choosing(name, {
          diagram,
          axes: CORRECTNESS,
          of: { kind: 'calibrator', method },
          words: calibratorTitle(method),
        }),
    }),
  );
  chooseAgain('before');
  chooseAgain('after');
}

/** What a figure needs so that its bins can be chosen. */
function choosing(
  name: Chosen['figure'],
  shown: Choosable,
): Required<Pick<FigureOptions, 'chosen' | 'onChoose'>> {
  choosable.set(name, shown);
  return {
    chosen: () => chosenIndex(name),
    onChoose: (index) => {
      const bin = shown.diagram.evaluation.bins[index];
      if (bin === undefined) return;
      look({ chosen: { figure: name, low: bin.low, high: bin.high, limit: BIN_ROW_LIMIT } });
      showChosen(true);
    },
  };
}

/** The bin of a diagram that is chosen; undefined for none. */
function chosenIndex(name: Chosen['figure']): number | undefined {
  const { chosen } = view;
  if (chosen?.figure !== name) return undefined;
  const bins = choosable.get(name)?.diagram.evaluation.bins ?? [];
  const index = bins.findIndex(({ low, high }) => low === chosen.low && high === chosen.high);
  return index < 0 ? undefined : index;
}

/** After a diagram is drawn anew: the same bin again where there is one. */
function chooseAgain(name: Chosen['figure']): void {
  if (view.chosen?.figure !== name) return;
  if (chosenIndex(name) === undefined) look({ chosen: null });
  showChosen(false);
}

function showChosen(announce: boolean): void {
  for (const name of choosable.keys()) {
    const picture = document.querySelector(`.diagram[data-picture="${name}"]`);
    if (picture !== null) markChosen(picture, chosenIndex(name));
  }
  const question = ++asked;
  const { chosen } = view;
  const shown = chosen === null ? undefined : choosable.get(chosen.figure);
  binRows.hidden = shown === undefined;
  if (chosen === null || shown === undefined) return;
  // Below the diagram that the bin is of. What is moved loses the focus.
  const above = chosen.figure === 'raw' ? content : calibrators;
  if (binRows.previousElementSibling !== above) above.after(binRows);
  const { low, high, limit } = chosen;
  connection
    .sendRequest(CALIBRATION_PAGE_METHODS.binRows, { low, high, limit, of: shown.of })
    .then((answer) => {
      if (question === asked) drawBinRows(chosen, shown, answer, announce);
    })
    .catch((error: unknown) => console.error(error));
}

function drawBinRows(
  chosen: Chosen,
  { axes, words: whose }: Choosable,
  answer: unknown,
  announce: boolean,
): void {
  const close = button('Close', { key: 'close-rows', secondary: true }, () => {
    look({ chosen: null });
    showChosen(false);
  });
  const name = `the bin ${binRange(chosen)}${whose === '' ? '' : `, ${whose}`}`;
  const head = h('div', { class: 'section-head' }, h('h2', {}, `Rows of ${name}`), close);
  const parsed = binRowsSchema.nullable().parse(answer);
  if (parsed === null) {
    replaceContent(
      binRows,
      head,
      h('p', {}, 'They could not be listed: what was being computed was stopped, or the file changed.'),
      button('List Again', { key: 'list-again', secondary: true }, () => showChosen(true)),
    );
    return;
  }
  const { total, rows } = parsed;
  const left = total - rows.length;
  const shown =
    left > 0
      ? ` The first ${rows.length.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} are listed.`
      : '';
  const words = `${count(total, 'row')}, worst first: “${axes.miss}” from the highest ${axes.acrossWords} on, then “${axes.hit}” from the lowest on.${shown} A line number shows the row in the text editor.`;
  const more = button(
    `List ${count(Math.min(left, rows.length), 'More Row')}`,
    { key: 'more-rows', secondary: true },
    () => {
      look({ chosen: { ...chosen, limit: 2 * chosen.limit } });
      showChosen(true);
    },
  );
  replaceContent(
    binRows,
    head,
    h('p', { class: 'quiet' }, words),
    binRowsTable(parsed, axes, reveal),
    ...(left > 0 ? [more] : []),
  );
  if (announce) announcement.textContent = `${count(rows.length, 'row')} of ${name} listed below.`;
}

function noteParts({ evaluation, rejectedCount, origin, preliminary }: Analysis): Node[] {
  const { warnings, rejected } = evaluation;
  const more = rejectedCount - rejected.length;
  return [
    ...(warnings.length === 0
      ? []
      : [
          h(
            'section',
            { class: 'warnings' },
            h('h2', {}, warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`),
            h('ul', {}, ...warnings.map(({ message }) => h('li', {}, warningIcon(), h('span', {}, message)))),
          ),
        ]),
    ...(rejectedCount === 0
      ? []
      : [
          h(
            'section',
            { class: 'rejected' },
            h('h2', {}, `${count(rejectedCount, 'row')} not used`),
            h(
              'ul',
              {},
              ...rejected.map(({ line, reason }) =>
                h(
                  'li',
                  {},
                  link(`Line ${line}`, `rejected-${line}`, () => reveal(line)),
                  `: ${reason}`,
                ),
              ),
              ...(more > 0 ? [h('li', {}, `and ${count(more, 'more row')}`)] : []),
            ),
          ),
        ]),
    ...(preliminary
      ? []
      : [
          h(
            'section',
            { class: 'about' },
            h('h2', {}, 'About these numbers'),
            h('p', {}, origin),
            h('p', {}, aboutNumbers(evaluation)),
          ),
        ]),
  ];
}

function look(change: Partial<View>): void {
  view = { ...view, ...change };
  keep();
}

/** For a page that is loaded anew. */
function keep(): void {
  if (drawn !== undefined) host.setState({ state: drawn, view });
}

/** Whether they say the same. What a change does not name is the same object as before, and need not be looked into. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((part, index) => same(part, b[index]));
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What a screen reader is told of a new state. */
function spoken(state: PanelState): string | undefined {
  if (state.error !== null && !same(state.error, drawn?.error)) return state.error.message;
  if (state.busy !== null && (drawn?.busy ?? null) === null) return state.busy;
  if (state.busy === null && (drawn?.busy ?? null) !== null && state.analysis !== null) {
    const said = verdict(state.analysis.evaluation, CORRECTNESS);
    return `${factsOf(state.analysis.evaluation)}. ${said?.title ?? ''}`;
  }
  return undefined;
}

// What was seen last stands at once; the host's answer corrects it.
const kept = keptSchema.safeParse(host.getState());
if (kept.success) {
  ({ view } = kept.data);
  draw({ ...kept.data.state, busy: null, error: null });
}

function show(state: PanelState): void {
  const words = spoken(state);
  if (words !== undefined) announcement.textContent = words;
  draw(state);
}

connection.onNotification(CALIBRATION_PAGE_METHODS.state, (params: unknown) => {
  show(panelStateSchema.parse(params));
  keep();
});
connection.onNotification(CALIBRATION_PAGE_METHODS.change, (params: unknown) => {
  const change = panelChangeSchema.parse(params);
  // Before the page knows anything, all of it is on its way.
  if (drawn === undefined) return;
  show(Object.assign({}, drawn, change));
  // What is being done is not kept: a page that is loaded anew is told.
  if (Object.keys(change).some((part) => part !== 'busy')) keep();
});
connection.listen();
notify(CALIBRATION_PAGE_METHODS.ready, {
  settings: kept.success ? kept.data.state.settings : null,
  choices: kept.success ? kept.data.state.decisions.choices : null,
});
