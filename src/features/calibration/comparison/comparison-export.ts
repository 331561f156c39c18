/** Export and Copy of a comparison. */
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../../../core/user-error';
import { markdownComparison } from '../../../core/words/comparison-report';
import { reportError } from '../../../editor/report-error';
import type { Services } from '../../../editor/services';
import type { Picture, PictureParams } from '../../../protocol/calibration-export';
import { type ComparisonState, type ComparisonView, reportOfDrawn } from '../../../protocol/comparison-page';
import { choosePicture, pictureBytes, saveExport } from '../export/export';
import { versions } from '../export/panel-export';

export interface ComparisonExportParts {
  readonly services: Services;
  /** The compared tables. Files are proposed beside the first. */
  readonly tables: readonly vscode.Uri[];
  readonly state: () => ComparisonState;
  /** All rows on which the runs differ. */
  readonly csv: () => Promise<string>;
  /** Null if the page no longer shows it. */
  readonly picture: (params: PictureParams) => Promise<string | null>;
}

type Form = 'svg' | 'png' | 'csv' | 'json' | 'md';

const FORMS: readonly { readonly form: Form; readonly label: string; readonly description: string }[] = [
  { form: 'svg', label: 'SVG', description: 'a picture for papers and pages, sharp at any size' },
  { form: 'png', label: 'PNG', description: 'a picture for slides and messages' },
  { form: 'csv', label: 'CSV', description: 'the rows on which the runs differ, worst first' },
  { form: 'json', label: 'JSON', description: 'every number, in the format of the command line' },
  { form: 'md', label: 'Markdown Report', description: 'facts, numbers, differences, warnings' },
];

const KINDS: Readonly<Record<Form, string>> = {
  svg: 'SVG pictures',
  png: 'PNG pictures',
  csv: 'CSV tables',
  json: 'JSON documents',
  md: 'Markdown documents',
};

export class ComparisonExport {
  constructor(private readonly parts: ComparisonExportParts) {}

  async file(pictures: readonly Picture[]): Promise<void> {
    const { services, tables } = this.parts;
    const [first, ...others] = tables;
    const { dialogs } = services;
    try {
      const view = this.complete();
      if (first === undefined) return;
      const form = await dialogs.choose({
        title: 'Export',
        placeholder: 'What to export',
        choices: FORMS.filter(({ form: kind }) => pictures.length > 0 || !isPicture(kind)).map(
          ({ form: value, label, description }) => ({ label, description, value }),
        ),
      });
      if (form === undefined || form === 'back') return;
      const picture = isPicture(form) ? await choosePicture(dialogs, pictures) : undefined;
      if (isPicture(form) && picture === undefined) return;
      const data = picture === undefined ? await this.text(view, form) : await this.drawn(picture, form);
      const file = await saveExport(dialogs, {
        tables: [first, ...others],
        name:
          picture?.id ??
          { csv: 'differences', json: 'comparison', md: 'comparison' }[form as 'csv' | 'json' | 'md'],
        form,
        kind: KINDS[form],
        data,
      });
      if (file === undefined) return;
      if ((await dialogs.tell('info', `Exported ${path.basename(file)}.`, ['Open File'])) === 'Open File')
        await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file));
    } catch (error) {
      void reportError(services, error);
    }
  }

  /** The report, to the clipboard. */
  async copy(): Promise<void> {
    const { services } = this.parts;
    try {
      await services.dialogs.copy(await this.text(this.complete(), 'md'));
      void services.dialogs.tell('info', 'Copied the report to the clipboard.');
    } catch (error) {
      void reportError(services, error);
    }
  }

  private drawn({ id }: Picture, form: Form): Promise<string | Uint8Array> {
    return pictureBytes(this.parts.picture, { id, format: form === 'svg' ? 'svg' : 'png' });
  }

  private async text({ report: drawn }: ComparisonView, form: Form): Promise<string> {
    const report = reportOfDrawn(drawn);
    switch (form) {
      case 'csv':
        return this.parts.csv();
      case 'md':
        return markdownComparison({ report, versions: versions(this.parts.services), time: new Date() });
      default:
        return `${JSON.stringify(report, null, 2)}\n`;
    }
  }

  private complete(): ComparisonView {
    const { view, busy, error } = this.parts.state();
    if (view !== null && busy === null && error === null) return view;
    throw new UserError(
      'incomplete',
      'The numbers of the comparison are not complete. Wait until they are computed, and try again.',
    );
  }
}

function isPicture(form: Form): form is 'svg' | 'png' {
  return form === 'svg' || form === 'png';
}
