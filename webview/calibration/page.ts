/** The page as its sections see it: what is shown, when each section is drawn, and what it may ask of the host. */
import { same } from '../same';
import type { Remote } from '../../src/protocol/contract';
import type {
  CALIBRATION_PAGE_CONTRACT,
  PanelSettings,
  PanelState,
} from '../../src/protocol/calibration-page';
import { h, replaceContent, setText } from '../dom';
import type { Memory } from '../start';
import { FIRST_VIEW, type Kept, keptSchema, type View } from './view';

/** Everything that sections are drawn from. */
export interface Shown {
  readonly state: PanelState;
  readonly view: View;
}

export interface Section {
  readonly element: HTMLElement;
  /**
   * What the section is drawn from. While that is the same, the section stays, with everything typed and selected in
   * it.
   */
  dependsOn(shown: Shown): readonly unknown[];
  /** Changes nothing but its element. */
  draw(shown: Shown): void;
}

/** A section whose content is replaced whenever it is drawn. */
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
  private state: PanelState | undefined;
  private view: View;
  /** What an earlier page of this panel kept. */
  readonly before: Kept | undefined;
  private kept: Kept | undefined;
  /** Where the page was scrolled to, until it is high enough to be there again; null once it is or the person moves. */
  private wanted: number | null;

  /** @param announcement read aloud when it changes */
  constructor(
    readonly host: Remote<typeof CALIBRATION_PAGE_CONTRACT.host>,
    private readonly memory: Memory,
    private readonly announcement: HTMLElement,
  ) {
    // What another version kept has another shape.
    this.before = keptSchema.safeParse(memory.read()).data;
    this.kept = this.before;
    this.view = this.before?.view ?? FIRST_VIEW;
    this.wanted = this.before?.scroll ?? null;
    for (const event of ['wheel', 'pointerdown', 'keydown'])
      addEventListener(event, () => (this.wanted = null), { passive: true });
    addEventListener('scrollend', () => {
      if (this.wanted === null && this.shown !== undefined) this.keep(this.shown);
    });
  }

  /** Undefined until the host has sent its state. */
  get shown(): Shown | undefined {
    return this.state && { state: this.state, view: this.view };
  }

  /** Adds sections, which are drawn in this order. */
  add(...sections: readonly Section[]): void {
    this.sections.push(...sections);
  }

  show(state: PanelState): void {
    this.state = state;
    this.draw();
  }

  /** Changes the view. */
  look(change: Partial<View>): void {
    this.view = { ...this.view, ...change };
    this.draw();
  }

  /** Asks the host for numbers with other settings. */
  change(settings: Partial<PanelSettings>): void {
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
    this.drawn();
    this.keep(shown);
  }

  /** Call it when a part of the page was drawn that came later: the page may be high enough now. */
  drawn(): void {
    if (this.wanted === null) return;
    scrollTo(0, this.wanted);
    if (Math.abs(scrollY - this.wanted) < 2) this.wanted = null;
  }

  private keep({ state: { settings, decisions }, view }: Shown): void {
    const scroll = this.wanted ?? Math.round(scrollY);
    const kept: Kept = { view, settings, choices: decisions.choices, scroll };
    if (same(kept, this.kept)) return;
    this.kept = kept;
    this.memory.keep(kept);
  }
}
