// The state of the page that is worth a link: the view and its settings, behind the # of the address.

/** The views, in the order of the tabs. */
export const VIEWS = ['train', 'runs', 'play', 'inside', 'verify', 'bench', 'home'] as const;

/** Name of a view. */
export type View = (typeof VIEWS)[number];

/** A view with its settings as texts. */
export interface Route {
  readonly view: View;
  readonly query: URLSearchParams;
}

/** Reads `#/play?q=7?3?9?4=9`; what is unknown is the first view. */
export function parseRoute(hash: string): Route {
  const [path = '', ...rest] = hash.replace(/^#\/?/, '').split('?');
  const view = VIEWS.find((name) => name === path) ?? 'train';
  return { view, query: new URLSearchParams(rest.join('?')) };
}

/** The address of a view; settings that are undefined are left out. */
export function routeTo(view: View, settings: Readonly<Record<string, string | number | undefined>> = {}): string {
  const given = Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  const query = new URLSearchParams(given).toString();
  return `#/${view}${query && `?${query}`}`;
}
