/** Styles are put into the page's own stylesheet by the bundler. */
declare module '*.css';
