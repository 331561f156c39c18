/**
 * Figures of tables that were computed once, kept for the workspace so that lists can show them. They hold for the file
 * as it was then: its size and the time of its last change.
 */
import * as vscode from 'vscode';
import * as z from 'zod';

const KEY = 'table.figures';

/** The most tables whose figures are kept; those computed last stay. */
const MOST_TABLES = 200;

const figuresSchema = z.object({
  /** Bytes, and milliseconds since 1970. */
  size: z.number(),
  modified: z.number(),
  /** Rows that were evaluated. */
  rows: z.number(),
  /** From 0 to 1. */
  accuracy: z.number(),
});
export type TableFigures = z.infer<typeof figuresSchema>;

const keptSchema = z.array(z.tuple([z.string(), figuresSchema])).catch([]);

export class KnownFigures implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();

  /** Fires when other figures are known. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly memory: vscode.Memento) {}

  /** The figures of a table; undefined where none were computed for the file as it is now. */
  of(uri: vscode.Uri, { size, modified }: Pick<TableFigures, 'size' | 'modified'>): TableFigures | undefined {
    const found = this.kept().find(([address]) => address === uri.toString())?.[1];
    return found?.size === size && found.modified === modified ? found : undefined;
  }

  async keep(uri: vscode.Uri, figures: TableFigures): Promise<void> {
    const others = this.kept().filter(([address]) => address !== uri.toString());
    await this.memory.update(KEY, [[uri.toString(), figures], ...others].slice(0, MOST_TABLES));
    this.changed.fire();
  }

  dispose(): void {
    this.changed.dispose();
  }

  private kept(): z.infer<typeof keptSchema> {
    return keptSchema.parse(this.memory.get(KEY));
  }
}
