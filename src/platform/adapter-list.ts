// Which adapter of WebGPU is meant, where a machine has several.

/** An adapter as Dawn lists it. */
export interface ListedAdapter {
  /** vulkan, d3d12, d3d11, metal, opengl, opengles */
  readonly backend: string;
  readonly name: string;
}

/** What must be true of the adapter; null: anything. */
export interface AdapterChoice {
  /** A part of its name, in any case. */
  readonly adapterName: string | null;
  readonly backend: string | null;
  /** Its number in the list, from 0. */
  readonly gpu: number | null;
}

/** Whether anything is asked of the adapter. */
export function isChosen({ adapterName, backend, gpu }: AdapterChoice): boolean {
  return adapterName !== null || backend !== null || gpu !== null;
}

/** What is asked for, for messages: `an adapter 1 named "RTX" of vulkan`. */
export function choiceText({ adapterName, backend, gpu }: AdapterChoice): string {
  const named = adapterName === null ? '' : ` named ${JSON.stringify(adapterName)}`;
  return `an adapter${gpu === null ? '' : ` of number ${gpu}`}${named}${backend === null ? '' : ` of ${backend}`}`;
}

/** The adapters that Dawn's message names about one that there is not. */
export function parseAdapters(message: string): ListedAdapter[] {
  return [...message.matchAll(/backend: '([^']*)', name: '(.*)'\s*$/gm)].map(([, backend, name]) => ({
    backend: backend!,
    name: name!,
  }));
}

/**
 * The first adapter of the list that the choice fits, or why there is none. Dawn takes the first whose name has the given one in it: an adapter
 * that hides behind another of its name cannot be had.
 */
export function pickAdapter(list: readonly ListedAdapter[], choice: AdapterChoice): ListedAdapter | string {
  const { adapterName, backend, gpu } = choice;
  const part = adapterName?.toLowerCase() ?? '';
  const fits = (one: ListedAdapter, i: number): boolean =>
    (gpu === null || i === gpu) && one.name.toLowerCase().includes(part) && (backend === null || one.backend === backend);
  const at = list.findIndex(fits);
  const here = list.map(({ backend, name }, i) => `${i} ${backend} ${JSON.stringify(name)}`).join(', ') || 'none';
  const picked = list[at];
  if (!picked) return `there is not ${choiceText(choice)} among the adapters here: ${here}`;
  const first = list.findIndex((one) => one.backend === picked.backend && one.name.includes(picked.name));
  if (first !== at)
    return `adapter ${at} cannot be told from adapter ${first}, which has its name: ${here}; start where only one of them is visible`;
  return picked;
}
