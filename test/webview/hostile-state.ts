/** A state of the calibration panel in which every text that comes from a file or from its rows attacks. */
import type { ListedRows, PanelState } from '../../src/protocol/calibration-page';
import { HOSTILE } from '../support/hostile';

const TEXTS = Object.values(HOSTILE);

/** What the page is told by a word of its own. */
const OWN_WORDS = new Set([
  'binning',
  'by',
  'choice',
  'code',
  'kind',
  'method',
  'on',
  'risk',
  'sha256',
  'verdict',
]);

/** Equal texts become equal ones, so that what belongs together still does. */
export class HostileTexts {
  private readonly known = new Map<string, string>();

  of(state: PanelState): PanelState {
    // Nothing but texts is changed.
    return this.changed(state, '') as PanelState;
  }

  rows(): ListedRows {
    const rows = TEXTS.map((text, i) => ({
      line: i + 2,
      confidence: 0.99,
      correct: false,
      predicted: text,
      truth: `${text} ${i}`,
      text: `${text} ${i} text`,
    }));
    return { total: rows.length, hasText: true, rows };
  }

  private changed(value: unknown, key: string): unknown {
    if (typeof value === 'string') return OWN_WORDS.has(key) || value === '' ? value : this.text(value);
    if (Array.isArray(value)) return value.map((entry) => this.changed(entry, key));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, entry]) => [name, this.changed(entry, name)]),
    );
  }

  private text(original: string): string {
    const made =
      this.known.get(original) ?? `${TEXTS[this.known.size % TEXTS.length] ?? ''} ${this.known.size}`;
    this.known.set(original, made);
    return made;
  }
}
