// Runs: several trainings over each other, or one in full; run folders of the command line are read on while they grow.
import { useEffect, useRef, useState } from 'preact/hooks';
import { RunReader } from '../../src/run/reader.js';
import { evaluationSection, runsTable, settingsSection, timeSection } from '../../src/report/sections.js';
import { html, type Children } from '../html.js';
import { Completions } from '../parts/completions.js';
import { Curves } from '../parts/curves.js';
import { chosen, dropped, type Given } from '../parts/folder.js';
import { closeRun, openRun, openServed, shownRuns } from '../runs.js';
import { update, type State } from '../state.js';

/** How many served runs were opened: the address is followed once. */
let served = 0;

/** The view. */
export function Runs({ state }: { readonly state: State }): Children {
  const [over, setOver] = useState(false);
  const [hidden, setHidden] = useState<readonly string[]>([]);
  const folder = useRef<HTMLInputElement>(null);
  const wanted = Number(state.route.query.get('served') ?? 0);
  const tell = (error: unknown): void => update({ problem: error instanceof Error ? error.message : String(error) });
  useEffect(() => {
    if (wanted <= served) return;
    served = wanted;
    openServed(wanted).catch(tell);
  }, [wanted]);
  const take = async (given: Promise<Given>): Promise<void> => {
    try {
      const found = await given;
      if (found.kind !== 'run')
        throw new Error(`${found.name} is no run: a folder of mgrpo train holds config.json and steps.jsonl.`);
      const reader = new RunReader();
      await openRun(found.name, async () => reader.read(await found.files()));
    } catch (error) {
      tell(error);
    }
  };
  const all = shownRuns(state);
  const shown = all.filter(({ name }) => !hidden.includes(name));
  const [only] = shown;
  return html`<section class="hero small">
      <h1>Runs beside each other</h1>
      <p>Trainings of this page, and folders of <code>mgrpo train</code>; <code>mgrpo ui RUN</code> opens them by itself.</p>
    </section>
    <section
      class="card drop ${over ? 'over' : ''}"
      aria-label="Open runs"
      onDragOver=${(event: DragEvent) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave=${() => setOver(false)}
      onDrop=${(event: DragEvent) => {
        event.preventDefault();
        setOver(false);
        if (event.dataTransfer) void take(dropped(event.dataTransfer.items));
      }}
    >
      <p>Drop the folder of a run here; it is read on while the run trains. Nothing of it leaves this machine.</p>
      <p class="buttons"><button type="button" onClick=${() => folder.current!.click()}>Choose a run</button></p>
      <input
        ref=${folder}
        class="hidden"
        type="file"
        webkitdirectory
        tabindex="-1"
        aria-label="Run folder"
        onChange=${(event: Event) => take(chosen((event.target as HTMLInputElement).files!))}
      />
    </section>
    ${all.length === 0 && html`<p class="quiet">Nothing trained and no run opened yet. Each training of this page is kept here when the next one starts.</p>`}
    ${
      all.length > 0 &&
      html`<fieldset class="shown">
        <legend>Shown</legend>
        ${all.map(
          ({ name }) =>
            html`<span key=${name}
              ><label class="check"
                ><input
                  type="checkbox"
                  checked=${!hidden.includes(name)}
                  onChange=${() => setHidden(hidden.includes(name) ? hidden.filter((other) => other !== name) : [...hidden, name])}
                />
                ${name}</label
              >${
                name !== 'this training' &&
                html`<button type="button" class="link" aria-label="Close ${name}" onClick=${() => closeRun(name)}>close</button>`
              }</span
            >`,
        )}
      </fieldset>`
    }
    ${shown.length > 1 && runsTable(html, shown)}
    ${
      only &&
      html`<section aria-labelledby="runs-curves">
        <h2 id="runs-curves">Curves</h2>
        <${Curves} runs=${shown.map(({ name, data: { steps, evaluations } }) => ({ name, steps, evaluations }))} />
      </section>`
    }
    ${
      only &&
      shown.length === 1 &&
      html`${evaluationSection(html, only.data.evaluations)}
        <section>
          <h2>Completions</h2>
          <${Completions} records=${only.data.completions} />
        </section>
        ${timeSection(html, only.data.steps)} ${settingsSection(html, only.data.run)}`
    }`;
}
