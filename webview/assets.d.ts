/** The bundler puts styles into the stylesheet of the page. */
declare module '*.css';
