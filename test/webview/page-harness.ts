/**
 * A built page in a browser, without VS Code: the same document and content security policy, the editor's own styles
 * and colours (test/fixtures/themes, taken from the real one by `node scripts/tour.mjs themes`), and the test in the
 * place of the host.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { pageHtml } from '../../src/workspace/page-html';
import editor from '../fixtures/themes/vscode.json';
import { openBrowser, projectRoot, resultsFolder } from '../support/vscode-server';

const ORIGIN = 'http://page.test';
const NONCE = 'bm9uY2U';

const { styles, themes } = editor;

export type Theme = keyof typeof themes;
export const THEMES = Object.keys(themes) as Theme[];

/** What the page stands on: the editor's background or the side bar's. */
const BACKGROUNDS = {
  calibration: '--vscode-editor-background',
  result: '--vscode-sideBar-background',
} as const;
type PageName = keyof typeof BACKGROUNDS;

export interface RpcMessage {
  readonly jsonrpc: '2.0';
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
}

export interface PageOptions {
  readonly theme?: Theme;
  readonly width?: number;
  readonly reducedMotion?: boolean;
}

/** One browser for all tests of the surrounding `describe`, and one window of it: a tab costs half as much. */
export function usePages(name: PageName): { open(options?: PageOptions): Promise<TestPage> } {
  let browser: Browser | undefined;
  let context: BrowserContext | undefined;
  const pages: Page[] = [];
  before(async () => {
    ({ browser } = await openBrowser());
    context = await browser.newContext();
    // Stays: without a tab there is no window.
    await context.newPage();
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close();
  });
  after(async () => browser?.close());
  return {
    async open({ width = 300, ...options } = {}) {
      if (context === undefined) throw new Error('pages are there only inside tests');
      const page = await context.newPage();
      pages.push(page);
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ reducedMotion: options.reducedMotion === true ? 'reduce' : 'no-preference' });
      return TestPage.open(page, name, options);
    },
  };
}

export class TestPage {
  /** Everything that the page sent, oldest first. */
  readonly sent: RpcMessage[] = [];
  private readonly answers = new Map<string, (params: unknown) => unknown>();

  private constructor(readonly page: Page) {}

  static async open(page: Page, name: PageName, options: PageOptions): Promise<TestPage> {
    const opened = new TestPage(page);
    await page.exposeFunction('hostReceives', (message: RpcMessage) => {
      opened.sent.push(message);
      void opened.reply(message);
    });
    await page.addInitScript(standIn(name, options));
    await page.route(`${ORIGIN}/**`, async (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === '/')
        return route.fulfill({
          contentType: 'text/html',
          body: pageHtml({
            title: name,
            scriptUri: `${ORIGIN}/${name}.js`,
            styleUri: `${ORIGIN}/${name}.css`,
            cspSource: ORIGIN,
            drawsPictures: name === 'calibration',
            nonce: NONCE,
          }),
        });
      return route.fulfill({ path: path.join(projectRoot(), 'dist', 'page', pathname) });
    });
    await page.goto(ORIGIN);
    return opened;
  }

  /** Sends a notification as the host would. */
  async notify(method: string, params: unknown): Promise<void> {
    await this.page.evaluate(
      `window.postMessage(${JSON.stringify({ jsonrpc: '2.0', method, params })}, '*')`,
    );
    // Two frames: the page has drawn it.
    await this.page.evaluate(
      'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))',
    );
  }

  /** Answers every request under a method as the host would. */
  answer(method: string, result: (params: unknown) => unknown): void {
    this.answers.set(method, result);
  }

  /** Asks the page as the host would, and gives its answer. */
  async ask(method: string, params: unknown): Promise<unknown> {
    const id = 1000 + this.sent.length;
    await this.page.evaluate(
      `window.postMessage(${JSON.stringify({ jsonrpc: '2.0', id, method, params })}, '*')`,
    );
    for (;;) {
      const found = this.sent.find((message) => message.id === id && message.method === undefined);
      if (found !== undefined) return found.result;
      await this.page.waitForTimeout(20);
    }
  }

  private async reply({ id, method, params }: RpcMessage): Promise<void> {
    const answer = method === undefined || id === undefined ? undefined : this.answers.get(method);
    if (answer === undefined) return;
    const message = { jsonrpc: '2.0', id, result: answer(params) };
    await this.page.evaluate(`window.postMessage(${JSON.stringify(message)}, '*')`);
  }

  /** The parameters of everything that the page sent under a method. */
  received(method: string): unknown[] {
    return this.sent.filter((message) => message.method === method).map((message) => message.params);
  }

  /** What the content security policy forbade, and what went wrong. */
  async violations(): Promise<string[]> {
    return this.page.evaluate<string[]>('window.violations');
  }

  /** Ids of the accessibility rules that are broken, with the first element of each. */
  async accessibilityProblems(): Promise<string[]> {
    const isLoaded = await this.page.evaluate<boolean>('"axe" in window');
    if (!isLoaded) {
      const file = createRequire(path.join(projectRoot(), 'package.json')).resolve('axe-core/axe.min.js');
      await this.page.evaluate(readFileSync(file, 'utf8'));
    }
    return this.page.evaluate<string[]>(
      `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
        violations.map((found) => found.id + ': ' + found.nodes[0].html + ' ' + found.nodes[0].failureSummary))`,
    );
  }

  async screenshot(name: string, fullPage = false): Promise<void> {
    await this.page.screenshot({ path: path.join(resultsFolder('screenshots'), `${name}.png`), fullPage });
  }
}

/** What VS Code gives to a page, as a script that runs before the page's own. */
function standIn(name: PageName, { theme = 'light', reducedMotion = false }: PageOptions): string {
  const { bodyClass, variables } = themes[theme];
  const motion = reducedMotion ? ' vscode-reduce-motion' : '';
  return `
    window.violations = [];
    addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sourceFile));
    addEventListener('error', (e) => violations.push(String(e.message)));
    addEventListener('unhandledrejection', (e) => violations.push(String(e.reason)));
    window.acquireVsCodeApi = () => ({
      postMessage: (message) => void hostReceives(message),
      getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null') ?? undefined,
      setState: (state) => (sessionStorage.setItem('state', JSON.stringify(state)), state),
    });
    addEventListener('DOMContentLoaded', () => {
      const root = document.documentElement.style;
      for (const [name, value] of Object.entries(${JSON.stringify(variables)})) root.setProperty(name, value);
      root.setProperty('background', 'var(${BACKGROUNDS[name]})');
      const defaults = new CSSStyleSheet();
      defaults.replaceSync(${JSON.stringify(styles)});
      document.adoptedStyleSheets = [defaults];
      document.body.className = ${JSON.stringify(bodyClass + motion)};
    });`;
}
