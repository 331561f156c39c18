/**
 * VS Code as a person uses it: the workbench in a browser, driven by keys and clicks from outside.
 *
 *   describe('…', () => {
 *     const workbench = useWorkbench();
 *     it('…', async () => {
 *       await workbench().openFile('reviews.txt');
 *       await workbench().runCommand('Prompt Confidence: …');
 *     });
 *   });
 *
 * Every helper waits for what it needs, up to the deadline; no test needs to sleep.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Frame, Locator, Page } from 'playwright-core';
import { until } from '../support/until';
import {
  DEADLINE_MS,
  type VSCodeServer,
  freshFolder,
  openBrowser,
  projectRoot,
  removeFolder,
  resultsFolder,
  startServer,
  workbenchUrl,
} from '../support/vscode-server';

export interface WorkbenchOptions {
  /** Folder of the checkout whose copy is opened; `sample` by default. */
  readonly sample?: string;
  /** With its classifiers and calibrators. */
  readonly isWhole?: boolean;
  /** With false the workspace opens in restricted mode. True by default. */
  readonly trusted?: boolean;
  /** User and machine settings besides the quiet ones of test/support/vscode-server.ts. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export type Theme = 'light' | 'dark' | 'hc-light' | 'hc-dark';

export const THEMES: Record<Theme, { name: string; workbenchClass: string }> = {
  light: { name: 'Light Modern', workbenchClass: 'vs' },
  dark: { name: 'Dark Modern', workbenchClass: 'vs-dark' },
  'hc-light': { name: 'Default High Contrast Light', workbenchClass: 'hc-light' },
  'hc-dark': { name: 'Default High Contrast', workbenchClass: 'hc-black' },
};

/** One workbench for all tests of the surrounding `describe`; a failing test leaves a picture. */
export function useWorkbench(options: WorkbenchOptions = {}): () => Workbench {
  let workbench: Workbench | undefined;
  before(async () => {
    workbench = await Workbench.open(options);
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') {
      await workbench?.screenshot(`failed ${this.currentTest.fullTitle()}`);
    }
  });
  after(async () => workbench?.close());
  return () => {
    if (workbench === undefined) throw new Error('the workbench is there only inside tests and hooks');
    return workbench;
  };
}

export class Workbench {
  private constructor(
    /** The page itself, for what has no helper here. */
    readonly page: Page,
    /** The copy of the sample workspace, on disk. */
    readonly workspace: string,
    private readonly folder: string,
    private readonly server: VSCodeServer,
    private readonly browser: Browser,
  ) {}

  static async open(options: WorkbenchOptions = {}): Promise<Workbench> {
    const { folder, workspace } = freshFolder(options.sample, options.isWhole);
    const server = await startServer({
      folder,
      trusted: options.trusted ?? true,
      ...(options.settings === undefined ? {} : { settings: options.settings }),
    });
    const { browser, page } = await openBrowser();
    const workbench = new Workbench(page, workspace, folder, server, browser);
    try {
      await page.goto(workbenchUrl(server.port, workspace, projectRoot()));
      await workbench.ready();
      return workbench;
    } catch (error) {
      await workbench.screenshot('failed to open the workbench');
      await workbench.close();
      throw error;
    }
  }

  /** The window anew. By its own command: it saves editors and memory first, which the browser's reload cuts short. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('load');
    // If the window never begins, that is said first.
    loaded.catch(() => undefined);
    // What took the focus from the palette has got the key: the command is run again.
    await this.until('the window begins anew', async () => {
      const begun = this.page.waitForRequest(
        (request) => request.isNavigationRequest() && request.frame() === this.page.mainFrame(),
        { timeout: 15_000 },
      );
      await Promise.all([begun, this.runCommand('Developer: Reload Window')]);
    });
    await loaded;
    await this.ready();
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.server.stop();
    removeFolder(this.folder);
  }

  /** Puts a file into the opened copy of the workspace. */
  writeFile(name: string, content: string): void {
    const file = path.join(this.workspace, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  /** Opens a file of the workspace, given relative to it, and puts the cursor into it. */
  async openFile(name: string): Promise<void> {
    const base = path.posix.basename(name);
    // By its whole path: a search by name may not know yet of a file written a moment ago.
    await this.choose(path.join(this.workspace, name), base);
    await this.page.locator(`.tab.active[data-resource-name="${base}"]`).waitFor();
    await this.editor.locator('.view-line').first().waitFor();
  }

  /**
   * Runs a command by the title that the command palette shows, category included.
   *
   * @param beforeAccept called right before it is run: for measurements
   */
  async runCommand(title: string, beforeAccept?: () => void): Promise<void> {
    await this.choose(`>${title}`, title, beforeAccept);
  }

  /** The titles that the command palette offers for what was typed, in its order. */
  async commandTitles(typed: string): Promise<string[]> {
    const input = await this.until('the palette opens', () => this.openPalette());
    await input.fill(`>${typed}`);
    const rows = this.page.locator('.quick-input-list .monaco-list-row .label-name');
    await rows.first().waitFor();
    const titles = await rows.allTextContents();
    await this.page.keyboard.press('Escape');
    await input.waitFor({ state: 'hidden' });
    return titles;
  }

  async selectAll(): Promise<void> {
    await this.focusEditor();
    await this.page.keyboard.press('Control+A');
  }

  /** Selects the first occurrence of a text in the active editor. */
  async selectText(text: string): Promise<void> {
    await this.focusEditor();
    // Find starts at the cursor.
    await this.page.keyboard.press('Control+Home');
    await this.page.keyboard.press('Control+F');
    const find = this.page.locator('.editor-instance .find-widget.visible');
    await find.locator('.find-part textarea, .find-part input').first().fill(text);
    await find.locator('.matchesCount', { hasText: /^1 of/ }).waitFor();
    // Leaving the widget leaves its match selected.
    await this.page.keyboard.press('Escape');
    await find.waitFor({ state: 'detached' });
    // The number of matches may have been that of a text sought before.
    await this.waitForText(`(${text.length} selected)`);
  }

  /** Moves the mouse over a text of the active editor and gives the hover that appears. */
  async hoverText(text: string): Promise<Locator> {
    const line = this.editor.locator('.view-line', { hasText: text }).first();
    await line.waitFor();
    const hover = this.page.locator('.monaco-hover:not(.hidden) .monaco-hover-content').last();
    await this.until(`a hover appears over "${text}"`, async () => {
      const { x, y } = await middleOf(line, text);
      // From outside: where a first hover stayed empty, moving within the same word does not ask again.
      await this.page.mouse.move(0, 0);
      await this.page.mouse.move(x, y, { steps: 5 });
      await hover.waitFor({ timeout: 10_000 });
    });
    return hover;
  }

  /** Waits for what stands after a text of an editor: it is drawn by the style of an element, not by its content. */
  async decoration(expected: RegExp): Promise<void> {
    await this.until(`${String(expected)} stands after a text`, async () => {
      const shown = await this.page.evaluate<string[]>(
        `[...document.querySelectorAll('.view-line [class*=ced-]')].map((e) => getComputedStyle(e, '::after').content)`,
      );
      if (!shown.some((content) => expected.test(content))) throw new Error(shown.join('\n'));
    });
  }

  /** Waits until a text is visible anywhere in the workbench (webviews are frames of their own) or in `within`. */
  async waitForText(text: string | RegExp, within: Page | Frame | Locator = this.page): Promise<Locator> {
    const found = within.getByText(text).filter({ visible: true }).first();
    await found.waitFor();
    return found;
  }

  /** The page of the calibration panel. */
  async calibrationPanel(): Promise<Frame> {
    return this.pageTitled('Calibration');
  }

  /** A page of the extension. The frame of an editor may have no title of its own; the page in it has. */
  async pageTitled(title: string): Promise<Frame> {
    return this.until(`the page ${title} is shown`, async () => {
      for (const frame of this.page.frames())
        if (!frame.isDetached() && frame.parentFrame() !== null && (await frame.title()) === title)
          return frame;
      throw new Error('no such frame');
    });
  }

  /** The innermost frame of a webview (panel, view or custom editor): the extension's own document. */
  async webview(title: string | RegExp): Promise<Frame> {
    return this.until(`a webview titled ${String(title)} is shown`, async () => {
      for (const frame of this.page.frames()) {
        if (frame.isDetached() || frame.parentFrame() === null) continue;
        const element = await frame.frameElement();
        // While a webview loads, its document is in a frame called pending-frame.
        if ((await element.getAttribute('id')) !== 'active-frame') continue;
        const shown = (await element.getAttribute('title')) ?? '';
        if (typeof title === 'string' ? shown === title : title.test(shown)) return frame;
      }
      throw new Error('no such frame');
    });
  }

  /**
   * Changes settings of the running workbench: workspace settings, since the server does not watch the user's.
   * What a workspace may not set (machine scope) goes into the `settings` that the workbench is opened with.
   */
  setSettings(settings: Readonly<Record<string, unknown>>): void {
    const file = path.join(this.workspace, '.vscode', 'settings.json');
    const current = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...current, ...settings }, null, 2));
  }

  async setTheme(theme: Theme): Promise<void> {
    const { name, workbenchClass } = THEMES[theme];
    this.setSettings({ 'workbench.colorTheme': name });
    await this.page.locator(`.monaco-workbench.${workbenchClass}`).waitFor();
  }

  /** A picture in test-results/screenshots/; gives its path. */
  async screenshot(name: string): Promise<string> {
    const file = path.join(
      resultsFolder('screenshots'),
      `${name.replace(/[^\w-]+/g, '-').slice(0, 120)}.png`,
    );
    await this.page.screenshot({ path: file, animations: 'disabled' });
    return file;
  }

  /** Tries again until it works; the last error tells what was missing. */
  async until<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    let last: unknown;
    const tried = async (): Promise<{ readonly value: T } | undefined> => {
      try {
        return { value: await attempt() };
      } catch (error) {
        last = error;
        return undefined;
      }
    };
    const { value } = await until(what, tried, { instead: () => String(last), deadlineMs: DEADLINE_MS });
    return value;
  }

  /** The file tree is filled once the connection to the server stands; before that, keys are lost. */
  private async ready(): Promise<void> {
    await this.page.locator('.explorer-folders-view .monaco-list-row').first().waitFor();
  }

  private get editor(): Locator {
    return this.page.locator('.editor-group-container.active .editor-instance').first();
  }

  private async focusEditor(): Promise<void> {
    await this.runCommand('View: Focus Active Editor Group');
    await this.editor.locator('.monaco-editor.focused').waitFor();
  }

  private async openPalette(): Promise<Locator> {
    const input = this.page.locator('.quick-input-widget:not(.hidden) .quick-input-box input');
    if (await input.isVisible()) {
      // F1 in an open palette keeps its list as it was.
      await this.page.keyboard.press('Escape');
      await input.waitFor({ state: 'hidden' });
    }
    await this.page.keyboard.press('F1');
    // A webview that is just loading swallows the key: whoever asks tries again.
    await input.waitFor({ timeout: 5_000 });
    return input;
  }

  /** Types into the palette and accepts the entry with this label: exactly once, however often it has to look. */
  private async choose(typed: string, label: string, beforeAccept?: () => void): Promise<void> {
    const rows = this.page.locator('.quick-input-list .monaco-list-row');
    const wanted = rows.filter({ has: this.page.locator('.label-name').getByText(label, { exact: true }) });
    await this.until(`the palette offers "${label}" for "${typed}"`, async () => {
      // The list is made when the palette opens, and extensions are scanned later: each attempt opens it anew.
      const input = await this.openPalette();
      await input.fill(typed, { timeout: 2_000 });
      await wanted.first().waitFor({ timeout: 2_000 });
      await this.focusRow(wanted.and(this.page.locator('.focused')), await rows.count());
      // What else took the focus has closed the palette: Enter would go there.
      await input.focus({ timeout: 2_000 });
    });
    beforeAccept?.();
    await this.page.keyboard.press('Enter');
  }

  private async focusRow(focused: Locator, rows: number): Promise<void> {
    for (let row = 0; row < rows; row++) {
      if ((await focused.count()) > 0) return;
      await this.page.keyboard.press('ArrowDown');
    }
    throw new Error('the entry could not be focused');
  }
}

/** Where the middle of a text in a line of the editor is on the screen; the editor's font is monospaced. */
async function middleOf(line: Locator, text: string): Promise<{ x: number; y: number }> {
  const content = line.locator('> span');
  const shown = ((await content.textContent()) ?? '').replaceAll('\u00a0', ' ');
  const box = await content.boundingBox();
  const start = shown.indexOf(text);
  if (box === null || start < 0) throw new Error(`"${text}" is not in one piece on the screen`);
  return {
    x: box.x + ((start + text.length / 2) * box.width) / shown.length,
    y: box.y + box.height / 2,
  };
}
