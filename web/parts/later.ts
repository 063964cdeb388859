// Views that are loaded when they are first shown, so that the first one comes fast.
import { useEffect, useState } from 'preact/hooks';
import { html, type Children } from '../html.js';
import type { State } from '../state.js';

type View = (props: { readonly state: State }) => Children;

/** A view that is loaded when it is first shown. */
export function later(load: () => Promise<View>): View {
  let loading: Promise<View> | undefined;
  return ({ state }) => {
    const [found, setFound] = useState<{ readonly view: View | null } | null>(null);
    useEffect(() => {
      loading ??= load();
      loading.then(
        (view) => setFound({ view }),
        () => {
          loading = undefined;
          setFound({ view: null });
        },
      );
    }, []);
    if (found?.view) return html`<${found.view} state=${state} />`;
    return html`<p class="quiet">
      ${found ? 'This part could not be loaded; are you offline? Load the page again.' : 'Loading.'}
    </p>`;
  };
}
