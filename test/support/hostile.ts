/** Texts as somebody writes them who wants more from a surface than to be shown. */

/** What attacks a terminal, a link, an icon, a line, a spreadsheet; each has a name for the message of a test. */
export const HOSTILE: Readonly<Record<string, string>> = {
  'a clear screen': '\u001b[2J\u001b[Hall well',
  'a window title': '\u001b]0;root\u0007name',
  'a hyperlink of a terminal': '\u001b]8;;https://evil.example\u0007click\u001b]8;;\u0007',
  'a C1 sequence': '\u009b31mred\u009c',
  'a backspace': 'fail\b\b\b\bpass',
  'a carriage return': 'fail\rpass',
  'a forged line': 'spam\nWarning: none\n✓ every limit is met',
  'a forged line of Unicode': 'spam\u2028✓ every limit is met\u2029\u0085',
  'a right-to-left override': 'gpj.\u202eexe',
  'an isolate': 'a\u2066b\u2069c',
  'a mark of direction': 'a\u200eb\u200fc\u061c',
  'zero width': 'pay\u200bpal\ufeff',
  'a tag': 'a\u{e0061}\u{e007f}',
  'a lone surrogate': 'a\ud800b',
  'no character': 'a\u0000b\u007f',
  'a command link': '[Renew key](command:workbench.action.openSettings "now")',
  'a web link': '[details](https://evil.example/?q=1)',
  'a file link': '[log](file:///etc/passwd)',
  'a nested link': '[[a](b)](command:evil)',
  'an icon': '$(error) $(sync~spin) failed',
  'an image': '![x](https://evil.example/pixel.png)',
  'a heading': '# Title\n---\n| a | b |',
  'a fence': '```\n</code>\n```',
  backticks: '`` ` ``',
  HTML: '<img src=x onerror=alert(1)><script>alert(1)</script>&lt;',
  'quotes and separators': '","a";\'b\'\t',
  'a formula': '=HYPERLINK("https://evil.example","ok")',
};

/** Characters that change what is around them, or that nobody sees; line breaks and tabs are judged by each test. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/u;

/** Those of a text, without the characters that a test allows and those that join letters and emoji. */
export function unseenIn(text: string, allowed = ''): string[] {
  return Array.from(text).filter(
    (character) => UNSEEN.test(character) && !`\u200c\u200d${allowed}`.includes(character),
  );
}
