/** A picture of the page as a file of its own, in the colours and fonts of the page. */
import { setText, svg } from '../dom';

/** Pixels of a PNG for each unit of the picture. */
const PNG_SCALE = 2;
/** Margin around the picture and height of a line of its legend. All lengths here are in units of the picture. */
const MARGIN = 12;
const LEGEND_LINE = 20;
/** Width of the shape before the words of a line of the legend. */
const KEY_WIDTH = 24;

/** What the geometry of a shape is; everything else belongs to the page. */
const GEOMETRY = new Set('viewBox x y x1 y1 x2 y2 cx cy r rx ry width height d points transform'.split(' '));
/** Properties other than colours that styles set, with their defaults in an image. */
const PROPERTIES: Readonly<Record<string, string>> = {
  opacity: '1',
  'stroke-width': '1px',
  'stroke-dasharray': 'none',
  'stroke-linecap': 'butt',
  'stroke-linejoin': 'miter',
  'text-anchor': 'start',
  'paint-order': 'normal',
};

/** An SVG document with title and description. */
export function asSvg(shown: SVGSVGElement): string {
  return new XMLSerializer().serializeToString(standalone(shown));
}

/** A PNG in base64. */
export async function asPng(shown: SVGSVGElement): Promise<string> {
  const picture = standalone(shown);
  const url = URL.createObjectURL(
    new Blob([new XMLSerializer().serializeToString(picture)], { type: 'image/svg+xml' }),
  );
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.naturalWidth * PNG_SCALE;
    canvas.height = image.naturalHeight * PNG_SCALE;
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL('image/png').replace(/^data:image\/png;base64,/, '');
  } finally {
    URL.revokeObjectURL(url);
  }
}

function standalone(shown: SVGSVGElement): SVGSVGElement {
  const paint = painter();
  const legend = legendOf(shown, paint);
  const { x, y, width, height } = shown.viewBox.baseVal;
  const box = {
    x: x - MARGIN,
    y: y - MARGIN,
    width: Math.ceil(Math.max(width, ...legend.map((line) => line.width))) + 2 * MARGIN,
    height: height + 2 * MARGIN + (legend.length === 0 ? 0 : MARGIN + legend.length * LEGEND_LINE),
  };
  // The areas to point at repeat in words what is drawn.
  const words = [...shown.querySelectorAll('.bin')].map((item) => item.getAttribute('aria-label'));
  return svg(
    'svg',
    {
      viewBox: `${box.x} ${box.y} ${box.width} ${box.height}`,
      width: box.width,
      height: box.height,
      role: 'img',
    },
    named('title', shown.querySelector('title')?.textContent ?? ''),
    named('desc', words.join(' ')),
    svg('rect', { ...box, ...paint('fill', variable('--vscode-editor-background')) }),
    ...copies(shown, paint),
    ...legend.map(({ element }, index) => {
      element.setAttribute('transform', `translate(${x} ${y + height + MARGIN + index * LEGEND_LINE})`);
      return element;
    }),
  );
}

/** The legend of a picture's figure: for each line the shape and the words beside it. */
function legendOf(shown: Element, paint: Paint): { element: SVGElement; width: number }[] {
  return [...(shown.closest('figure')?.querySelectorAll('.legend li') ?? [])].map((item) => {
    const key = item.querySelector('svg');
    const style = getComputedStyle(item);
    const words = svg('text', { x: KEY_WIDTH, y: 12.5, ...fontOf(style), ...paint('fill', style.color) });
    setText(words, item.textContent);
    return {
      element: svg('g', {}, ...(key === null ? [] : copies(key, paint)), words),
      width: KEY_WIDTH + textWidth(item.textContent, style),
    };
  });
}

/** Copies of an element's children as they look, without the areas that are only there to be pointed at. */
function copies(parent: Element, paint: Paint): SVGElement[] {
  return [...parent.children]
    .filter((child): child is SVGElement => child instanceof SVGElement)
    .filter((child) => child.tagName !== 'title' && !child.classList.contains('bins'))
    .filter((child) => !child.classList.contains('cursor'))
    .map((child) => {
      const copy = document.createElementNS('http://www.w3.org/2000/svg', child.tagName);
      const geometry = [...child.attributes].filter(({ name }) => GEOMETRY.has(name));
      for (const { name, value } of geometry) copy.setAttribute(name, value);
      for (const [name, value] of Object.entries(looks(child, paint))) copy.setAttribute(name, value);
      if (child.children.length === 0) setText(copy, child.textContent);
      copy.append(...copies(child, paint));
      return copy;
    });
}

/** The computed styles of an element, as attributes. */
function looks(element: Element, paint: Paint): Record<string, string> {
  const style = getComputedStyle(element);
  const found: Record<string, string> = {};
  for (const [name, usual] of Object.entries(PROPERTIES)) {
    const value = style.getPropertyValue(name);
    if (value !== usual) found[name] = value.replaceAll('px', '');
  }
  // A group has no other looks of its own: its shapes have theirs.
  if (element.children.length > 0) return found;
  return {
    ...found,
    ...(element.textContent.trim() === '' ? {} : fontOf(style)),
    ...paint('fill', style.fill, style.fillOpacity),
    ...paint('stroke', style.stroke, style.strokeOpacity),
  };
}

function fontOf({ fontFamily, fontSize, fontWeight }: CSSStyleDeclaration): Record<string, string> {
  return { 'font-family': fontFamily, 'font-size': fontSize, 'font-weight': fontWeight };
}

function textWidth(text: string, { font }: CSSStyleDeclaration): number {
  const context = document.createElement('canvas').getContext('2d');
  if (context === null) return 0;
  context.font = font;
  return context.measureText(text).width;
}

type Paint = (property: 'fill' | 'stroke', colour: string, opacity?: string) => Record<string, string>;

/**
 * Converts any CSS colour to `#rrggbb` and an opacity, the only form that all image viewers know. The colour is drawn
 * and read back, since only the browser knows every way to write one.
 */
function painter(): Paint {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  return (property, colour, opacity = '1') => {
    if (colour === 'none' || context === null) return { [property]: 'none' };
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0, alpha = 255] = context.getImageData(0, 0, 1, 1).data;
    const share = (alpha / 255) * Number(opacity);
    return {
      [property]: `#${[red, green, blue].map((part) => part.toString(16).padStart(2, '0')).join('')}`,
      ...(share === 1 ? {} : { [`${property}-opacity`]: share.toFixed(3) }),
    };
  };
}

function named(tag: 'title' | 'desc', text: string): SVGElement {
  const element = svg(tag);
  setText(element, text);
  return element;
}

function variable(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name);
}
