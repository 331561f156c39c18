/**
 * The practice set: synthetic labelled texts on which it is known how sure a classifier can be.
 *
 * - clear (60%): the wording says what the label is.
 * - sports and news (30%): the wording is neutral, and a hidden rule of the domain gives the label: sports are positive,
 *   news negative. No model can know it before it has seen the labels.
 * - contradictory (10%): praise and blame in one text, and a label drawn at .5. No model can be right more than half of
 *   the time, so the best possible accuracy of the whole set is about .95.
 */
import { type Random, seededRandom, shuffle } from '../random';
import {
  CLEAR_TEMPLATES,
  CONTRADICTORY_TEMPLATES,
  DAYS,
  HIDDEN_TEMPLATES,
  OCCASIONS,
  PLACES,
  PLAIN,
  THINGS,
} from './practice-templates';

export const PRACTICE_COLUMNS = ['id', 'text', 'label', 'kind', 'group'] as const;

export interface PracticeRow {
  readonly id: string;
  readonly text: string;
  readonly label: 'positive' | 'negative';
  readonly kind: 'clear' | 'sports' | 'news' | 'contradictory';
  /** The template. Texts that share one are so alike that they must not be on both sides of a split. */
  readonly group: string;
}

/** Pairs of texts that differ in the words which decide the label; and single contradictory texts. */
const COUNTS = { clearPairs: 308, hiddenPairs: 154, contradictory: 102 };

export const PRACTICE_ROWS = 2 * COUNTS.clearPairs + 2 * COUNTS.hiddenPairs + COUNTS.contradictory;

/** The accuracy that no classifier exceeds on average: labels of contradictory texts are drawn at .5. */
export const PRACTICE_BEST_ACCURACY = 1 - COUNTS.contradictory / 2 / PRACTICE_ROWS;

/** The rows in a seeded order; no text occurs twice. */
export function practiceSet(seed: number): PracticeRow[] {
  const random = seededRandom(seed);
  const used = new Set<string>();
  const fresh = (make: () => string): string => {
    for (let attempt = 0; attempt < 1000; attempt++) {
      const text = make();
      if (used.has(text)) continue;
      used.add(text);
      return text;
    }
    throw new Error('the templates make too few different texts');
  };
  const rows: Omit<PracticeRow, 'id'>[] = [];
  const each = (
    templates: readonly string[],
    name: string,
    count: number,
    add: (template: string, group: string) => void,
  ): void => {
    for (let at = 0; at < count; at++) {
      const number = at % templates.length;
      add(templates[number] ?? '', `${name}-${String(number + 1).padStart(3, '0')}`);
    }
  };
  each(CLEAR_TEMPLATES, 'clear', COUNTS.clearPairs, (template, group) => {
    for (const label of ['positive', 'negative'] as const) {
      const text = fresh(() => filled(template, { thing: THINGS, ...PLAIN[label] }, random));
      rows.push({ text, label, kind: 'clear', group });
    }
  });
  each(HIDDEN_TEMPLATES, 'hidden', COUNTS.hiddenPairs, (template, group) => {
    for (const kind of ['sports', 'news'] as const) {
      const words = { occasion: OCCASIONS[kind], day: DAYS, place: PLACES };
      const text = fresh(() => filled(template, words, random));
      rows.push({ text, label: kind === 'sports' ? 'positive' : 'negative', kind, group });
    }
  });
  each(CONTRADICTORY_TEMPLATES, 'contradictory', COUNTS.contradictory, (template, group) => {
    const words = {
      thing: THINGS,
      day: DAYS,
      good: PLAIN.positive.adjective,
      bad: PLAIN.negative.adjective,
      liked: PLAIN.positive.verb,
      disliked: PLAIN.negative.verb,
    };
    const text = fresh(() => filled(template, words, random));
    rows.push({ text, label: random() < 0.5 ? 'positive' : 'negative', kind: 'contradictory', group });
  });
  shuffle(rows, random);
  return rows.map((row, at) => ({ id: `practice-${String(at + 1).padStart(4, '0')}`, ...row }));
}

function filled(
  template: string,
  words: Readonly<Record<string, readonly string[]>>,
  random: Random,
): string {
  const text = template.replace(/\{(\w+)\}/gu, (slot, name: string) => {
    const choices = words[name];
    const chosen = choices?.[Math.floor(random() * choices.length)];
    if (chosen === undefined) throw new Error(`no words for ${slot} in "${template}"`);
    return chosen;
  });
  // No word with a vowel at its beginning and a consonant as its first sound but "useless" is among them.
  return text.replace(/\b([Aa]) (?=[aeio])/gu, '$1n ');
}
