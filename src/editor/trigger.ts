/** What caused the classification. It is shown unless it was a selection. */
export const TRIGGERS = ['selection', 'line', 'lines', 'hover'] as const;
export type Trigger = (typeof TRIGGERS)[number];
