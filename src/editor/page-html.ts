/** The document of a page. It holds only its own script and style; everything else comes by message. */

export interface PageOptions {
  readonly title: string;
  readonly scriptUri: string;
  readonly styleUri: string;
  /** Where styles may come from: `webview.cspSource`. */
  readonly cspSource: string;
  /** True if the page makes pictures of its content: it may load images that it made itself, and no others. */
  readonly drawsPictures?: boolean;
  /** New for every document, from a cryptographic source. */
  readonly nonce: string;
}

export function pageHtml({
  title,
  scriptUri,
  styleUri,
  cspSource,
  drawsPictures,
  nonce,
}: PageOptions): string {
  const policy = `default-src 'none'; style-src ${cspSource}; script-src 'nonce-${nonce}'${drawsPictures === true ? '; img-src blob:' : ''}`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${attribute(title)}</title>
<link rel="stylesheet" href="${attribute(styleUri)}">
</head>
<body>
<script nonce="${attribute(nonce)}" src="${attribute(scriptUri)}"></script>
</body>
</html>`;
}

function attribute(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
