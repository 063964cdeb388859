// Take home: the trained model as a folder in Hugging Face layout, and the way back in for models and data.
import { useRef, useState } from 'preact/hooks';
import { bytesText } from '../../src/report/format.js';
import { cardOf } from '../card.js';
import { html, type Children } from '../html.js';
import { chosen, dropped, type Given } from '../parts/folder.js';
import { current, update, type State } from '../state.js';
import { modelName } from '../training.js';
import { isBuiltin, isTraining, savedFiles, takeBuiltin, takeData, takeHub, takeModel } from '../store.js';

/** The view. */
export function Home({ state }: { readonly state: State }): Children {
  const { steps, activity } = state;
  const [size, setSize] = useState<number | null>(null);
  const [busy, setBusy] = useState(false);
  const last = steps.at(-1)?.step ?? 0;
  const ready = last > 0 && (activity === 'done' || activity === 'paused');
  const download = async (): Promise<void> => {
    setBusy(true);
    try {
      const archive = await makeArchive();
      setSize(archive.size);
      const link = document.createElement('a');
      link.href = URL.createObjectURL(archive);
      link.download = `mgrpo-step-${last}.zip`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (error) {
      update({ problem: error instanceof Error ? error.message : String(error) });
    } finally {
      setBusy(false);
    }
  };
  return html`<section class="hero small">
      <h1>Take it home</h1>
      <p>The trained model as a folder that transformers, mgrpo in Node and this page can load.</p>
    </section>
    <div class="columns">
      <section class="card">
        <h2>Download</h2>
        <p>
          ${ready ? `The model after step ${last}: weights, tokenizer, and a card that says how it was made.` : isTraining(state) ? 'Pause the training, and take the model as it is then.' : 'Nothing is trained yet.'}
        </p>
        <p class="buttons">
          <button type="button" class="primary" disabled=${!ready || busy} onClick=${download}>
            ${busy ? 'Packing' : 'Download (.zip)'}
          </button>
        </p>
        ${size !== null && html`<p class="quiet" role="status">Packed: ${bytesText(size)}.</p>`}
        <details>
          <summary>Use it elsewhere</summary>
          <pre tabindex="0" role="region" aria-label="Commands">
${`npx mgrpo eval --model mgrpo-step-${last} --task signs --task-size small
python: AutoModelForCausalLM.from_pretrained("mgrpo-step-${last}")`}</pre>
        </details>
      </section>
      <${Bring} state=${state} />
    </div>`;
}

/** The saved files and a card as one archive. */
async function makeArchive(): Promise<Blob> {
  const [{ zipSync, strToU8 }, files] = await Promise.all([import('fflate'), savedFiles()]);
  const kind = 'adapter_config.json' in files ? 'adapter' : 'model';
  const all = { ...files, 'README.md': strToU8(cardOf(current(), kind)) };
  return new Blob([zipSync(all, { level: 0 }) as Uint8Array<ArrayBuffer>], { type: 'application/zip' });
}

function Bring({ state }: { readonly state: State }): Children {
  const [over, setOver] = useState(false);
  const [hub, setHub] = useState('');
  const folder = useRef<HTMLInputElement>(null);
  const file = useRef<HTMLInputElement>(null);
  const busy = isTraining(state);
  const take = async (given: Promise<Given>): Promise<void> => {
    try {
      const found = await given;
      if (found.kind === 'model') takeModel(found.name, found.files);
      else if (found.kind === 'data') takeData(found.name, found.jsonl);
      else update({ notice: `${found.name} is the folder of a run: open it under Runs, or take the model inside it.` });
    } catch (error) {
      update({ problem: error instanceof Error ? error.message : String(error) });
    }
  };
  const own = !isBuiltin(state) || state.data !== null;
  return html`<section
    class="card drop ${over ? 'over' : ''}"
    aria-label="Bring your own"
    onDragOver=${(event: DragEvent) => {
      event.preventDefault();
      setOver(!busy);
    }}
    onDragLeave=${() => setOver(false)}
    onDrop=${(event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      if (!busy && event.dataTransfer) void take(dropped(event.dataTransfer.items));
    }}
  >
    <h2>Bring your own</h2>
    <p>
      Drop a model folder in Hugging Face layout, an archive of one, or a file of problems as JSON lines
      (<code>question</code>${' '} and <code>answer</code>) here. They stay on this machine.
    </p>
    <p class="buttons">
      <button type="button" disabled=${busy} onClick=${() => folder.current!.click()}>Choose a folder</button>
      <button type="button" disabled=${busy} onClick=${() => file.current!.click()}>Choose a file</button>
      ${own && html`<button type="button" disabled=${busy} onClick=${takeBuiltin}>Back to the built-in</button>`}
    </p>
    <form
      class="field wide"
      onSubmit=${(event: Event) => {
        event.preventDefault();
        takeHub(hub.trim());
      }}
    >
      <label for="hub">Or a model of huggingface.co</label>
      <div class="row">
        <input
          id="hub"
          placeholder="owner/name"
          autocomplete="off"
          spellcheck="false"
          pattern="\\s*[\\w\\-][\\w.\\-]*/[\\w\\-][\\w.\\-]*(@[\\w.\\/\\-]+)?\\s*"
          required
          value=${hub}
          onInput=${(event: Event) => setHub((event.target as HTMLInputElement).value)}
        />
        <button type="submit" disabled=${busy}>Take it</button>
      </div>
    </form>
    <input
      ref=${folder}
      class="hidden"
      type="file"
      webkitdirectory
      tabindex="-1"
      aria-label="Model folder"
      onChange=${(event: Event) => take(chosen((event.target as HTMLInputElement).files!))}
    />
    <input
      ref=${file}
      class="hidden"
      type="file"
      accept=".zip,.jsonl,.json"
      tabindex="-1"
      aria-label="Archive or JSON lines"
      onChange=${(event: Event) => take(chosen((event.target as HTMLInputElement).files!))}
    />
    ${
      own &&
      html`<p class="quiet">
        ${isBuiltin(state) ? '' : `Model: ${modelName(state)}. `}${state.data ? `Problems: ${state.data.name}.` : ''}
      </p>`
    }
  </section>`;
}
