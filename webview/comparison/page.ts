/** The page as its sections see it: what is shown, when each is drawn, and what it may ask of the host. */
import * as z from 'zod';
import { STAGES } from '../../src/core/comparison/compare-runs';
import type { Remote } from '../../src/protocol/contract';
import {
  type COMPARISON_PAGE_CONTRACT,
  type ComparisonSettings,
  comparisonSettingsSchema,
  type ComparisonState,
  type ListedDifferences,
} from '../../src/protocol/comparison-page';
import { h, replaceContent, setText } from '../dom';
import { same } from '../same';
import type { Memory } from '../start';

const viewSchema = z.object({
  /** What was done to the scores that are looked at. */
  stage: z.enum(STAGES),
  band: z.enum(['consistency', 'wilson']),
  withCurve: z.boolean(),
  /** The slice whose pictures are shown; null for the first. */
  slice: z.string().nullable(),
});
export type View = z.infer<typeof viewSchema>;

const FIRST_VIEW: View = { stage: 'raw', band: 'consistency', withCurve: true, slice: null };

/** Kept while the page is hidden: the host has the numbers. */
const keptSchema = z.object({ view: viewSchema, settings: comparisonSettingsSchema, scroll: z.number() });
type Kept = z.infer<typeof keptSchema>;

export interface Shown {
  readonly state: ComparisonState;
  readonly view: View;
  /** More rows than the host sent at first; null for those. */
  readonly rows: ListedDifferences | null;
}

export interface Section {
  readonly element: HTMLElement;
  /** What the section is drawn from. While that is the same, it stays. */
  dependsOn(shown: Shown): readonly unknown[];
  draw(shown: Shown): void;
}

export function section(
  dependsOn: Section['dependsOn'],
  content: (shown: Shown) => readonly (Node | string)[],
  element: HTMLElement = h('div', {}),
): Section {
  return { element, dependsOn, draw: (shown) => replaceContent(element, ...content(shown)) };
}

export class Page {
  private readonly sections: Section[] = [];
  private readonly drawnFrom = new Map<Section, readonly unknown[]>();
  private state: ComparisonState | undefined;
  private rows: ListedDifferences | null = null;
  private view: View;
  /** What an earlier page of this comparison kept. */
  readonly before: Kept | undefined;
  /** Where the page was scrolled to, until it is high enough to be there again. */
  private wanted: number | null;

  /** @param announcement read aloud when it changes */
  constructor(
    readonly host: Remote<typeof COMPARISON_PAGE_CONTRACT.host>,
    private readonly memory: Memory,
    private readonly announcement: HTMLElement,
  ) {
    this.before = keptSchema.safeParse(memory.read()).data;
    this.view = this.before?.view ?? FIRST_VIEW;
    this.wanted = this.before?.scroll ?? null;
    for (const event of ['wheel', 'pointerdown', 'keydown'])
      addEventListener(event, () => (this.wanted = null), { passive: true });
    addEventListener('scrollend', () => this.keep());
  }

  get shown(): Shown | undefined {
    return this.state && { state: this.state, view: this.view, rows: this.rows };
  }

  /** Adds sections, which are drawn in this order. */
  add(...sections: readonly Section[]): void {
    this.sections.push(...sections);
  }

  show(state: ComparisonState): void {
    if (state.view !== this.state?.view) this.rows = null;
    this.state = state;
    this.draw();
  }

  look(change: Partial<View>): void {
    this.view = { ...this.view, ...change };
    this.draw();
  }

  list(rows: ListedDifferences): void {
    this.rows = rows;
    this.draw();
  }

  /** Asks the host for numbers with other settings. */
  change(settings: Partial<ComparisonSettings>): void {
    if (this.state !== undefined) this.host.settings({ ...this.state.settings, ...settings });
  }

  announce(words: string): void {
    setText(this.announcement, words);
  }

  private draw(): void {
    const { shown } = this;
    if (shown === undefined) return;
    for (const part of this.sections) {
      const from = part.dependsOn(shown);
      if (same(from, this.drawnFrom.get(part))) continue;
      this.drawnFrom.set(part, from);
      part.draw(shown);
    }
    if (this.wanted !== null) {
      scrollTo(0, this.wanted);
      if (Math.abs(scrollY - this.wanted) < 2) this.wanted = null;
    }
    this.keep();
  }

  private keep(): void {
    if (this.state === undefined) return;
    const kept: Kept = {
      view: this.view,
      settings: this.state.settings,
      scroll: this.wanted ?? Math.round(scrollY),
    };
    this.memory.keep(kept);
  }
}
