/** The section of decisions: buckets, thresholds, and the threshold for a target accuracy or for costs. */
import { largest } from '../../src/core/extremes';
import {
  cheapestInWords,
  count,
  interval,
  labelName,
  calibratorTitle,
  number,
} from '../../src/core/words/calibration';
import type { Costs } from '../../src/core/decisions/costs';
import {
  type Decided,
  type DecisionReport,
  type DecisionState,
  MOST_LABELS_WITH_PAIR_COSTS,
  type DecisionQuestion,
} from '../../src/protocol/calibration-decisions';
import { button } from '../button';
import { h, replaceContent, warningIcon } from '../dom';
import { BucketTable } from './buckets';
import { shownMethod } from './calibrators';
import type { ChosenRows } from './chosen-rows';
import { checkbox, radios } from './choices';
import { numberField } from './fields';
import type { Page, Section, Shown } from './page';
import { table } from './tables';
import { thresholdPlot } from './threshold-plot';
import type { View } from './view';
import type { CalibratorId } from '../../src/core/calibration/registry';

interface DecisionPart {
  readonly decisions: DecisionState;
  /** Labels of the table; null for a table with a confidence alone. */
  readonly labels: readonly string[] | null;
  /** The calibrator that stands beside raw. */
  readonly method: CalibratorId | 'raw' | undefined;
  readonly view: View['decisions'];
}

export class DecisionSection implements Section {
  readonly element = h('div', {});
  private readonly buckets: BucketTable;

  constructor(
    private readonly page: Page,
    private readonly rows: ChosenRows,
  ) {
    this.buckets = new BucketTable({
      save: (buckets) => page.host.editBuckets({ buckets }),
      redraw: () => {
        if (page.shown !== undefined) this.draw(page.shown);
      },
      list: (method, { low, high }) => rows.choose('decisions', { kind: 'range', low, high }, method),
    });
  }

  dependsOn({ state: { analysis, comparison, decisions }, view }: Shown): readonly unknown[] {
    // Not on the slider's position: drawing the slider again would end a drag.
    return [
      analysis?.evaluation.labels,
      decisions,
      comparison && shownMethod(comparison, view.method)?.method,
      view.decisions.by,
    ];
  }

  draw({ state: { analysis, comparison, decisions }, view }: Shown): void {
    const { report, error } = decisions;
    if (analysis === null || (report === null && error === null)) {
      this.element.replaceChildren();
      return;
    }
    const part: DecisionPart = {
      decisions,
      labels: analysis.evaluation.labels,
      method: comparison === null ? undefined : shownMethod(comparison, view.method)?.method,
      view: view.decisions,
    };
    replaceContent(
      this.element,
      h(
        'section',
        { class: 'decisions' },
        h('h2', {}, 'Decisions'),
        h('p', { class: 'about-calibrators' }, lead(report, part.method)),
        error === null ? undefined : h('p', { class: 'line' }, warningIcon(), error.message),
        ...(report === null ? [] : this.reported(part, report)),
      ),
    );
  }

  private reported(part: DecisionPart, report: DecisionReport): Node[] {
    const { view, decisions, labels } = part;
    const shown = shownOf(report, part.method);
    return [
      this.buckets.draw(decisions, shown),
      h(
        'div',
        { class: 'columns halves' },
        thresholdPlot({
          shown,
          buckets: report.buckets,
          target: view.by === 'target' ? report.question.target : null,
          at: view.at,
          onMove: (at) => this.look({ at }),
          onList: (method, threshold) =>
            this.rows.choose('decisions', { kind: 'range', low: threshold, high: 1 }, method),
          onUse: (method, threshold) => this.page.host.useThreshold({ method, threshold }),
        }),
        h(
          'section',
          { class: 'explorer' },
          h('h3', {}, 'Find a threshold'),
          radios(
            'by',
            'explore',
            [
              { value: 'target', text: 'a target accuracy' },
              { value: 'costs', text: 'the costs of mistakes and reviews' },
            ],
            view.by,
            (by) => this.look({ by }),
          ),
          ...(view.by === 'target'
            ? this.targetPart(report, decisions, shown)
            : this.costPart(report, decisions, shown, labels)),
        ),
      ),
    ];
  }

  private look(change: Partial<View['decisions']>): void {
    const { page } = this;
    if (page.shown !== undefined) page.look({ decisions: { ...page.shown.view.decisions, ...change } });
  }

  private targetPart(report: DecisionReport, { choices }: DecisionState, shown: readonly Decided[]): Node[] {
    const { target, costs } = choices;
    return [
      numberField({
        label: 'Accuracy of automatic decisions',
        key: 'target',
        value: target,
        check: (value) =>
          value > 0 && value < 1 ? undefined : 'Enter a number above 0 and below 1, such as 0.95.',
        onChange: (value) => this.page.host.ask({ target: value, costs }),
      }),
      ...shown.flatMap(({ method, threshold }) => [
        finding(shown, method, threshold.message),
        ...this.useButton('target', method, threshold.threshold),
      ]),
      table(
        `Thresholds for an accuracy of ${report.question.target}`,
        [
          { name: 'Calibrator' },
          { name: 'Threshold', isNumber: true },
          { name: 'Chosen on half', isNumber: true },
          { name: 'Accuracy on the other', isNumber: true },
          { name: 'Coverage', isNumber: true },
        ],
        shown.map(({ method, threshold: { threshold, estimate } }) => [
          calibratorTitle(method),
          decimal(threshold),
          decimal(estimate.threshold),
          withInterval(number(estimate.value), interval(estimate)),
          withInterval(
            number(estimate.coverage),
            estimate.coverage === null ? '' : count(estimate.rows, 'row'),
          ),
        ]),
      ),
      h(
        'p',
        { class: 'quiet' },
        'Thresholds 0.99, 0.98, … are tested in that order from up to three starts, each until one fails (exact binomial tests, or betting tests where rows have weights; 5% together), so the target is missed in at most 1 of 20 tables. Accuracy and coverage are estimated on one half of the rows, for the threshold that the other half chose.',
      ),
    ];
  }

  /** @param threshold null if none was found */
  private useButton(
    by: View['decisions']['by'],
    method: Decided['method'],
    threshold: number | null,
  ): HTMLElement[] {
    if (threshold === null) return [];
    return [
      h(
        'div',
        { class: 'buttons' },
        button('Use This Threshold…', { key: `use-${by}-${method}`, secondary: true }, () =>
          this.page.host.useThreshold({ method, threshold }),
        ),
      ),
    ];
  }

  private costPart(
    report: DecisionReport,
    { choices }: DecisionState,
    shown: readonly Decided[],
    labels: readonly string[] | null,
  ): Node[] {
    const { target, costs } = choices;
    const ask = (change: Partial<Costs>): void =>
      this.page.host.ask({ target, costs: asSent({ ...costs, ...change }) });
    const check = (value: number): string | undefined =>
      value >= 0 && value < Infinity ? undefined : 'Enter a number of at least 0.';
    const review = numberField({
      label: 'Cost of a review',
      key: 'cost-review',
      value: costs.review,
      check,
      onChange: (value) => ask({ review: value }),
    });
    const canPair = labels !== null && labels.length <= MOST_LABELS_WITH_PAIR_COSTS;
    const pairs = canPair ? pairCosts(costs.wrong, labels.length) : null;
    const wrong =
      pairs !== null && labels !== null
        ? pairTable(labels, pairs, check, (matrix) => ask({ wrong: matrix }))
        : numberField({
            label: 'Cost of a wrong automatic decision',
            key: 'cost-wrong',
            value: oneCost(costs.wrong),
            check,
            onChange: (value) => ask({ wrong: value }),
          });
    return [
      review,
      ...(canPair
        ? [
            checkbox('A cost for each pair of labels', 'cost-pairs', pairs !== null, (isPaired) =>
              ask({
                wrong: isPaired ? everyPair(oneCost(costs.wrong), labels.length) : oneCost(costs.wrong),
              }),
            ),
          ]
        : []),
      wrong,
      ...shown.flatMap(({ method, costs: choice }) =>
        choice === null
          ? []
          : [
              finding(shown, method, cheapestInWords(choice.threshold)),
              ...this.useButton('costs', method, choice.threshold),
            ],
      ),
      table(
        'Thresholds with the lowest cost',
        [
          { name: 'Calibrator' },
          { name: 'Threshold', isNumber: true },
          { name: 'Cost a row', isNumber: true },
          { name: 'Decided automatically', isNumber: true },
          { name: 'Cost if all are reviewed', isNumber: true },
          { name: 'Cost if none is', isNumber: true },
        ],
        shown.map(({ method, costs: choice }) => {
          const scored = choice?.scored ?? null;
          return [
            calibratorTitle(method),
            number(choice?.threshold ?? null),
            withInterval(number(scored?.cost ?? null), scored === null ? '' : interval(scored)),
            number(scored?.automaticShare ?? null),
            number(scored?.reviewAll ?? null),
            number(scored?.automaticAll ?? null),
          ];
        }),
      ),
      h(
        'p',
        { class: 'quiet' },
        `The costs are measured on one half of the ${count(report.n, 'row')}, for the threshold that the other half chose. A reviewed row counts as correct.`,
      ),
    ];
  }
}

function lead(report: DecisionReport | null, method: CalibratorId | 'raw' | undefined): string {
  const what = 'Buckets and thresholds say what to do at a confidence.';
  if (report === null) return what;
  if (shownOf(report, method).length < 2)
    return `${what} Compare calibrators to see the same numbers after one of them.`;
  const on = report.isTestPart
    ? `both on the ${count(report.n, 'row')} marked test`
    : 'each row calibrated by a fit that did not see it';
  return `${what} Raw beside ${calibratorTitle(method ?? 'raw')}, ${on}.`;
}

/** Raw, and the calibrator beside it if there is one. */
function shownOf({ methods }: DecisionReport, method: CalibratorId | 'raw' | undefined): readonly Decided[] {
  return methods.filter((decided) => decided.method === 'raw' || decided.method === method);
}

function finding(shown: readonly Decided[], method: CalibratorId | 'raw', words: string): HTMLElement {
  return h('p', {}, shown.length > 1 ? h('strong', {}, `${calibratorTitle(method)}: `) : undefined, words);
}

function withInterval(value: string, beneath: string): Node {
  return h('span', {}, value, beneath === '' ? undefined : h('span', { class: 'interval' }, ` ${beneath}`));
}

function decimal(threshold: number | null): string {
  return threshold === null ? 'none' : threshold.toFixed(2);
}

type Wrong = Costs['wrong'];

/** (K×K) The cost of each pair of this table's labels; null if there is one cost for all. */
function pairCosts(wrong: Wrong, K: number): readonly (readonly number[])[] | null {
  return typeof wrong !== 'number' && wrong.length === K ? wrong : null;
}

/** One cost for all mistakes: the highest of the pairs. */
function oneCost(wrong: Wrong): number {
  return typeof wrong === 'number' ? wrong : largest([0, ...wrong.flat()]);
}

function everyPair(cost: number, K: number): number[][] {
  return Array.from({ length: K }, (_, truth) =>
    Array.from({ length: K }, (_, predicted) => (truth === predicted ? 0 : cost)),
  );
}

/** The costs as messages hold them: with mutable lists. */
function asSent({ wrong, review }: Costs): DecisionQuestion['costs'] {
  return { wrong: typeof wrong === 'number' ? wrong : wrong.map((row) => [...row]), review };
}

function pairTable(
  labels: readonly string[],
  costs: readonly (readonly number[])[],
  check: (value: number) => string | undefined,
  onChange: (costs: readonly (readonly number[])[]) => void,
): HTMLElement {
  return h(
    'div',
    { class: 'pair-costs' },
    table(
      'Cost of a wrong automatic decision by true and predicted label',
      [
        { name: 'True label' },
        ...labels.map((label) => ({ name: `decided ${labelName(label)}`, isNumber: true })),
      ],
      labels.map((truth, row) => [
        labelName(truth),
        ...labels.map((predicted, column) =>
          row === column
            ? '0'
            : numberField({
                name: `Cost of ${labelName(predicted)} where ${labelName(truth)} is true`,
                key: `cost-${row}-${column}`,
                value: costs[row]?.[column] ?? 0,
                check,
                onChange: (value) =>
                  onChange(
                    costs.map((line, i) => line.map((old, j) => (i === row && j === column ? value : old))),
                  ),
              }),
        ),
      ]),
    ),
  );
}
