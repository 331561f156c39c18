/** The page of the calibration panel. The host sends numbers; the page keeps what is looked at. */
import '../no-eval';
import * as z from 'zod';
import {
  BIN_COUNTS,
  binRowsSchema,
  CALIBRATION_PAGE_METHODS,
  FEWEST_FOR_PLOT,
  panelStateSchema,
  type Analysis,
  type PanelSettings,
  type PanelState,
} from '../../src/protocol/calibration-page';
import { button } from '../button';
import { h, replaceContent, warningIcon } from '../dom';
import { connectHost } from '../rpc';
import './calibration.css';
import { radios, select } from './choices';
import { calibratorSection } from './calibrators';
import { markChosen } from './diagram';
import { exportControls } from './export';
import { figure } from './figure';
import { binRowsTable, link, metricsTable } from './tables';
import { aboutNumbers, binRange, count, factsOf, remedy, verdict } from './words';

const viewSchema = z.object({
  band: z.enum(['consistency', 'wilson']),
  chosen: z.object({ low: z.number(), high: z.number() }).nullable(),
  /** The calibrator that stands beside raw; null for the recommended one. */
  method: z.string().nullable(),
});
type View = z.infer<typeof viewSchema>;
const keptSchema = z.object({ state: panelStateSchema, view: viewSchema });

const host = connectHost();
const { connection } = host;
const notify = (method: string, params?: object): void => {
  connection.sendNotification(method, params).catch((error: unknown) => console.error(error));
};
const reveal = (line: number): void => notify(CALIBRATION_PAGE_METHODS.reveal, { line });

let view: View = { band: 'consistency', chosen: null, method: null };
let drawn: PanelState | undefined;
/** The bin that the rows below are of; a later answer to an earlier question is not shown. */
let asked = 0;

const heading = h('h1', {});
const facts = h('p', { class: 'facts' });
const controls = h('div', { class: 'controls' });
const exportButtons = exportControls(connection);
const busy = h('div', { class: 'busy', hidden: true });
const problem = h('div', {});
const content = h('div', {});
const binRows = h('section', { class: 'bin-rows', hidden: true, tabindex: -1 });
const calibrators = h('div', {});
const notes = h('div', {});
/** Read aloud when it changes; never seen. */
const announcement = h('div', { class: 'unseen', role: 'status', 'aria-live': 'polite' });
document.body.append(
  h(
    'main',
    {},
    busy,
    h('header', {}, h('div', {}, heading, facts, exportButtons), controls),
    problem,
    content,
    binRows,
    calibrators,
    notes,
  ),
  announcement,
);

function draw(state: PanelState): void {
  heading.textContent = state.name;
  drawBusy(state.busy);
  if (!same(state.error, drawn?.error) || (state.analysis === null) !== (drawn?.analysis === null))
    replaceContent(problem, ...problemParts(state));
  controls.hidden = state.analysis === null;
  exportButtons.hidden = state.analysis === null || state.analysis.preliminary || state.error !== null;
  if (!same(state.settings, drawn?.settings) || controls.firstChild === null) drawControls(state.settings);
  if (!same(state.analysis, drawn?.analysis)) drawAnalysis(state.analysis);
  if (!same(calibratorPart(state), drawn && calibratorPart(drawn))) drawCalibrators(state);
  drawn = state;
}

/** What the section of the calibrators is drawn from. */
function calibratorPart({ analysis, comparison, comparisonError, busy, settings }: PanelState): unknown {
  const { origin, preliminary } = analysis ?? {};
  return [comparison, comparisonError, settings, busy === null, origin, preliminary];
}

function drawBusy(words: string | null): void {
  busy.hidden = words === null;
  if (words === null) busy.replaceChildren();
  else if (busy.firstChild === null)
    busy.append(
      h('div', { class: 'busy-bar', 'aria-hidden': 'true' }),
      h(
        'div',
        { class: 'busy-words' },
        h('p', {}, `${words}…`),
        button('Cancel', { key: 'cancel', secondary: true }, () => notify(CALIBRATION_PAGE_METHODS.cancel)),
      ),
    );
  else busy.querySelector('p')?.replaceChildren(`${words}…`);
}

function problemParts({ error, analysis }: PanelState): Node[] {
  if (error === null) return [];
  const again = button('Compute Again', { key: 'retry' }, () => notify(CALIBRATION_PAGE_METHODS.retry));
  const text = button('Open as Text', { key: 'text', secondary: true }, () =>
    notify(CALIBRATION_PAGE_METHODS.openText),
  );
  const outdated = 'The numbers below are of the file as it was before.';
  const advice = [remedy(error.code), ...(analysis === null ? [] : [outdated])].filter((part) => part !== '');
  return [
    h(
      'section',
      { class: 'problem' },
      h('h2', {}, warningIcon(), errorTitle(error.code)),
      h('p', {}, error.message),
      ...advice.map((part) => h('p', { class: 'quiet' }, part)),
      h('div', { class: 'buttons' }, again, ...(error.code === 'no-file' ? [] : [text])),
    ),
  ];
}

function errorTitle(code: string): string {
  if (code === 'no-file') return 'The file is gone';
  if (code === 'cancelled') return 'Cancelled';
  return 'This table cannot be used as it is';
}

function drawControls(settings: PanelSettings): void {
  const change = (part: Partial<PanelSettings>): void =>
    notify(CALIBRATION_PAGE_METHODS.settings, { ...settings, ...part });
  const counts = [...new Set([...BIN_COUNTS, settings.bins])].sort((a, b) => a - b);
  replaceContent(
    controls,
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
      (band) => {
        look({ band });
        if (drawn === undefined) return;
        drawAnalysis(drawn.analysis);
        drawCalibrators(drawn);
      },
    ),
  );
}

function drawAnalysis(analysis: Analysis | null): void {
  if (analysis === null) {
    facts.replaceChildren();
    content.replaceChildren();
    notes.replaceChildren();
    return;
  }
  const { evaluation } = analysis;
  facts.textContent = factsOf(evaluation);
  const said = verdict(evaluation);
  replaceContent(
    content,
    h(
      'div',
      { class: 'columns' },
      evaluation.n < FEWEST_FOR_PLOT ? tooFew(evaluation.n) : rawFigure(analysis),
      h(
        'section',
        { class: 'numbers' },
        ...(said === undefined ? [] : [h('h2', {}, said.title), h('p', {}, said.text)]),
        metricsTable(analysis),
      ),
    ),
  );
  replaceContent(notes, ...noteParts(analysis));
  chooseAgain(analysis);
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

function rawFigure(analysis: Analysis): HTMLElement {
  return figure({
    diagram: analysis,
    band: view.band,
    id: 'raw',
    title: 'Reliability diagram: accuracy by confidence, with a histogram of the confidence below',
    chosen: () => chosenIndex(analysis),
    onChoose: (index) => chooseBin(analysis, index),
  });
}

function drawCalibrators(state: PanelState): void {
  replaceContent(
    calibrators,
    ...calibratorSection(state, view.band, view.method, {
      compare: () => notify(CALIBRATION_PAGE_METHODS.settings, { ...state.settings, compare: true }),
      show: (method) => {
        look({ method });
        if (drawn !== undefined) drawCalibrators(drawn);
      },
      save: (method) => notify(CALIBRATION_PAGE_METHODS.save, { method }),
    }),
  );
}

function chosenIndex({ evaluation }: Analysis): number | undefined {
  const { chosen } = view;
  if (chosen === null) return undefined;
  const index = evaluation.bins.findIndex(({ low, high }) => low === chosen.low && high === chosen.high);
  return index < 0 ? undefined : index;
}

function chooseBin(analysis: Analysis, index: number): void {
  const bin = analysis.evaluation.bins[index];
  if (bin === undefined) return;
  look({ chosen: { low: bin.low, high: bin.high } });
  showChosen(analysis, true);
}

/** After new numbers: the same bin again where there is one. */
function chooseAgain(analysis: Analysis): void {
  if (view.chosen !== null && chosenIndex(analysis) === undefined) look({ chosen: null });
  showChosen(analysis, false);
}

function showChosen(analysis: Analysis, announce: boolean): void {
  const index = chosenIndex(analysis);
  const picture = content.querySelector('.diagram');
  if (picture !== null) markChosen(picture, index);
  binRows.hidden = index === undefined;
  const { chosen } = view;
  const question = ++asked;
  if (index === undefined || chosen === null) return;
  connection
    .sendRequest(CALIBRATION_PAGE_METHODS.binRows, { low: chosen.low, high: chosen.high })
    .then((answer) => {
      if (question === asked) drawBinRows(chosen, answer, announce);
    })
    .catch((error: unknown) => console.error(error));
}

function drawBinRows(chosen: { low: number; high: number }, answer: unknown, announce: boolean): void {
  const close = button('Close', { key: 'close-rows', secondary: true }, () => {
    look({ chosen: null });
    const analysis = drawn?.analysis ?? null;
    if (analysis !== null) showChosen(analysis, false);
  });
  const title = h('h2', {}, `Rows of the bin ${binRange(chosen)}`);
  const head = h('div', { class: 'section-head' }, title, close);
  const parsed = binRowsSchema.nullable().parse(answer);
  if (parsed === null) {
    replaceContent(
      binRows,
      head,
      h('p', {}, 'The table is not loaded any more. Compute again to list them.'),
    );
    return;
  }
  const { total, rows } = parsed;
  const shown =
    rows.length < total ? ` The first ${rows.length} of ${total.toLocaleString('en-US')} are listed.` : '';
  const words = `${count(total, 'row')}, worst first: wrong ones from the most confident on, then right ones from the least confident on.${shown} A line number shows the row in the text editor.`;
  replaceContent(binRows, head, h('p', { class: 'quiet' }, words), binRowsTable(parsed, reveal));
  if (announce)
    announcement.textContent = `${count(total, 'row')} of the bin ${binRange(chosen)} listed below.`;
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
  if (drawn !== undefined) host.setState({ state: drawn, view });
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What a screen reader is told of a new state. */
function spoken(state: PanelState): string | undefined {
  if (state.error !== null && !same(state.error, drawn?.error)) return state.error.message;
  if (state.busy !== null && (drawn?.busy ?? null) === null) return state.busy;
  if (state.busy === null && (drawn?.busy ?? null) !== null && state.analysis !== null) {
    const said = verdict(state.analysis.evaluation);
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

connection.onNotification(CALIBRATION_PAGE_METHODS.state, (params: unknown) => {
  const state = panelStateSchema.parse(params);
  const words = spoken(state);
  if (words !== undefined) announcement.textContent = words;
  draw(state);
  host.setState({ state, view });
});
connection.listen();
notify(CALIBRATION_PAGE_METHODS.ready, { settings: kept.success ? kept.data.state.settings : null });
