/** The labelling page as its sections see it. */
import type { Remote } from '../../src/protocol/contract';
import type { LABELLING_PAGE_CONTRACT, LabellingState, Said } from '../../src/protocol/labelling-page';
import { h, replaceContent, setText } from '../dom';
import { same } from '../same';
import type { Memory } from '../start';

export interface Section {
  readonly element: HTMLElement;
  /** What the section is drawn from. While that is the same, it stays. */
  dependsOn(state: LabellingState): readonly unknown[];
  draw(state: LabellingState): void;
}

export function section(
  dependsOn: Section['dependsOn'],
  content: (state: LabellingState) => readonly (Node | string)[],
  element: HTMLElement = h('div', {}),
): Section {
  return { element, dependsOn, draw: (state) => replaceContent(element, ...content(state)) };
}

export class Page {
  private readonly sections: Section[] = [];
  private readonly drawnFrom = new Map<Section, readonly unknown[]>();
  private shown: LabellingState | undefined;
  /** The row that was answered last, until another one is shown: a key that follows too soon answers nothing. */
  private answering: number | undefined;

  /** @param announcement read aloud when it changes */
  constructor(
    readonly host: Remote<typeof LABELLING_PAGE_CONTRACT.host>,
    private readonly memory: Memory,
    private readonly announcement: HTMLElement,
  ) {}

  get state(): LabellingState | undefined {
    return this.shown;
  }

  /** Adds sections, which are drawn in this order. */
  add(...sections: readonly Section[]): void {
    this.sections.push(...sections);
  }

  show(state: LabellingState): void {
    if (this.shown?.uri !== state.uri) this.memory.keep({ uri: state.uri });
    this.shown = state;
    this.answering = undefined;
    for (const part of this.sections) {
      const from = part.dependsOn(state);
      if (same(from, this.drawnFrom.get(part))) continue;
      this.drawnFrom.set(part, from);
      part.draw(state);
    }
  }

  /** Answers the row that is shown, once. */
  answer(said: Said): void {
    const at = this.shown?.setup === null ? this.shown.session?.row?.at : undefined;
    if (at === undefined || this.answering === at) return;
    this.answering = at;
    this.host.answer({ at, said });
  }

  announce(words: string): void {
    setText(this.announcement, words);
  }
}
