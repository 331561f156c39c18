/** Labels of a classifier, or with scores in a table. Time and memory of an evaluation grow with them. */
export const MOST_LABELS = 1000;
