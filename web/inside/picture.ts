// The picture: tokens along one axis, layers along the other, question and answer in one row, phrase and correction in a second one in front of
// it; arcs lead from a token to those that the model looked at when it wrote it. Turned by dragging and by keys.
import { useEffect, useRef, useState } from 'preact/hooks';
import { html, type Children } from '../html.js';
import { lookOf, partsOf, type Choice, type Seen } from './attention.js';
import { colourOf, paletteOf, type Colouring, type Palette } from './colours.js';
import { Scene, type Camera, type SceneArc, type SceneNode } from './scene.js';

/** Where the eye begins. */
export const CAMERA: Camera = { yaw: -0.35, pitch: 0.42, distance: 1 };

/** What is shown of a look, as a picture or as text. */
export interface SeenProps {
  readonly seen: Seen;
  readonly choice: Choice;
  readonly colouring: Colouring;
  readonly tones: readonly number[];
  readonly token: number;
  readonly onToken: (token: number) => void;
}

interface Props extends SeenProps {
  readonly label: string;
  readonly camera: Camera;
  readonly onCamera: (camera: Camera) => void;
}

type Place = readonly [number, number, number];

const HEIGHT = 340;
/** Units between layers and between the two rows; tokens are 1 apart. */
const LAYER = 2.6;
const ROW = 7;
/** Arcs of a smaller share are left out, and pixels within which a token is pointed at. */
const LEAST = 0.02;
const NEAR = 16;
/** Pixels of a letter and of a line of the tokens' names. */
const LETTER = 7;
const LINE = 11;

/** Places of all tokens at a layer; the corrections begin where the answers begin. */
function placer({ read, looked }: Seen): { readonly place: (t: number, layer: number) => Place; readonly size: Place } {
  const { ids, answer, phrase, correction } = read;
  const lead = Math.max(answer, correction - phrase);
  const width = lead + Math.max(phrase - answer, ids.length - correction);
  const column = (t: number): number => (t < phrase ? lead - answer + t : lead - correction + t);
  const depth = phrase < ids.length ? ROW : 0;
  const tall = LAYER * Math.max(looked.layers - 1, 1);
  return {
    place: (t, layer) => [
      column(t) - (width - 1) / 2,
      looked.layers === 1 ? 0 : layer * LAYER - tall / 2,
      t < phrase ? -depth / 2 : depth / 2,
    ],
    size: [width + 1, tall + 2.5, depth],
  };
}

/** Nodes and arcs of a look inside. */
function sceneOf({ seen, choice, colouring, tones, token }: Props, palette: Palette): { nodes: SceneNode[]; arcs: SceneArc[] } {
  const { looked, read } = seen;
  const { place } = placer(seen);
  const layers = Array.from({ length: looked.layers }, (_, l) => l);
  const some = choice.layer === null ? layers : [choice.layer];
  const shares = lookOf(looked, token, choice);
  const most = Math.max(...layers.map((l) => Math.max(...looked.norms.subarray(l * looked.tokens, (l + 1) * looked.tokens))));
  const nodes = read.ids.flatMap((_, t) =>
    layers.map((layer): SceneNode => {
      const [r, g, b] = colourOf(tones[t]!, palette, colouring);
      const isLit = t === token || (shares[t] ?? 0) > LEAST;
      const size = 0.22 + 0.26 * (looked.norms[layer * looked.tokens + t]! / most);
      return { place: place(t, layer), size, colour: [r, g, b, some.includes(layer) ? (isLit ? 1 : 0.55) : 0.22] };
    }),
  );
  const arcs = some.flatMap((layer) =>
    Array.from(lookOf(looked, token, { ...choice, layer })).flatMap((share, j): SceneArc[] => {
      if (share < LEAST) return [];
      const [from, to] = [place(token, layer), place(j, layer)];
      const far = Math.hypot(from[0] - to[0], from[2] - to[2]);
      const [r, g, b] = palette.look;
      return [{ from, to, width: 1 + 5 * share, height: 0.6 + 0.16 * far, colour: [r, g, b, 0.25 + 0.75 * share] }];
    }),
  );
  return { nodes, arcs };
}

/** The picture of one look inside. */
export function Picture(props: Props): Children {
  const { label, seen, token, onToken, camera, onCamera } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const names = useRef<HTMLDivElement>(null);
  const drag = useRef<{ x: number; y: number; camera: Camera } | null>(null);
  const points = useRef<(readonly [number, number] | null)[]>([]);
  const [found, setFound] = useState<{ readonly scene: Scene | null } | null>(null);
  const scene = found?.scene;

  useEffect(() => {
    let made: Scene | null = null;
    let isGone = false;
    void Scene.open(canvas.current!).then((opened) => {
      made = opened;
      if (isGone) made?.destroy();
      else setFound({ scene: opened });
    });
    return () => {
      isGone = true;
      made?.destroy();
    };
  }, []);

  useEffect(() => {
    const element = canvas.current;
    if (!scene || !element) return;
    const { place, size } = placer(seen);
    const paint = (): void => {
      const palette = paletteOf(element);
      const { nodes, arcs } = sceneOf(props, palette);
      scene.show(nodes, arcs, size, palette.ground);
      const onScreen = scene.draw(camera);
      points.current = seen.read.ids.map((_, t) => onScreen(place(t, props.choice.layer ?? 0)));
      if (names.current) label2d(names.current, points.current, token);
    };
    paint();
    const resized = new ResizeObserver(paint);
    resized.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', paint);
    return () => {
      resized.disconnect();
      scheme.removeEventListener('change', paint);
    };
  });

  if (found?.scene === null)
    return html`<p class="quiet">There is no WebGPU here to draw the picture with; the text below says the same.</p>`;

  const turn = (yaw: number, pitch: number): void =>
    onCamera({ ...camera, yaw: camera.yaw + yaw, pitch: Math.max(-1.4, Math.min(camera.pitch + pitch, 1.4)) });
  const zoom = (factor: number): void => onCamera({ ...camera, distance: Math.max(0.25, Math.min(camera.distance * factor, 3)) });
  const last = seen.read.ids.length - 1;
  const keys: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => turn(-0.12, 0),
    ArrowRight: () => turn(0.12, 0),
    ArrowUp: () => turn(0, 0.1),
    ArrowDown: () => turn(0, -0.1),
    '+': () => zoom(0.87),
    '=': () => zoom(0.87),
    '-': () => zoom(1.15),
    0: () => onCamera(CAMERA),
    '.': () => onToken(Math.min(token + 1, last)),
    ',': () => onToken(Math.max(token - 1, 1)),
  };
  const pointed = (event: PointerEvent): number | null => {
    const box = canvas.current!.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let best: number | null = null;
    let nearest = NEAR;
    points.current.forEach((point, t) => {
      const far = point ? Math.hypot(point[0] - x, point[1] - y) : Infinity;
      if (far < nearest && t > 0) [best, nearest] = [t, far];
    });
    return best;
  };
  return html`<div
    class="picture"
    tabindex="0"
    role="application"
    aria-label="${label}. Arrow keys turn it, plus and minus bring it nearer and farther, comma and full stop go from token to token, 0 puts it back. The text below says the same."
    onKeyDown=${(event: KeyboardEvent) => {
      const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    }}
    onPointerDown=${(event: PointerEvent) => {
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
      drag.current = { x: event.clientX, y: event.clientY, camera };
    }}
    onPointerMove=${(event: PointerEvent) => {
      const start = drag.current;
      if (!start) {
        const t = pointed(event);
        if (t !== null && t !== token) onToken(t);
        return;
      }
      const [yaw, pitch] = [(start.x - event.clientX) / 200, (event.clientY - start.y) / 200];
      const moved = { yaw: start.camera.yaw + yaw, pitch: Math.max(-1.4, Math.min(start.camera.pitch + pitch, 1.4)) };
      onCamera({ ...start.camera, ...moved });
    }}
    onPointerUp=${() => (drag.current = null)}
    onPointerCancel=${() => (drag.current = null)}
  >
    <canvas ref=${canvas} style=${{ height: `${HEIGHT}px` }}></canvas>
    <div ref=${names} class="names" aria-hidden="true">
      ${partsOf(seen.read).flatMap(({ name, from, to }) =>
        Array.from({ length: to - from }, (_, i) => {
          const t = from + i;
          return html`<span class="${name} ${t === token ? 'chosen' : ''}">${visible(seen.looked.texts[t]!)}</span>`;
        }),
      )}
    </div>
  </div>`;
}

/** A token's text where spaces and line ends would be lost. */
export function visible(text: string): string {
  return text.replaceAll(/^ +| +$/g, (spaces) => '·'.repeat(spaces.length)).replaceAll('\n', '¶') || '–';
}

/** Puts the tokens' names below their columns: the chosen one first, then short ones; one that would cover another is left out. */
function label2d(element: HTMLElement, points: readonly (readonly [number, number] | null)[], chosen: number): void {
  const names = points.map((point, t) => ({ point, name: element.children[t] as HTMLElement, isFirst: t === chosen }));
  const size = ({ name, isFirst }: (typeof names)[number]): number => (isFirst ? 0 : name.textContent.length);
  const taken: (readonly [x: number, y: number, half: number])[] = [];
  for (const each of names.sort((a, b) => size(a) - size(b))) {
    const { point, name } = each;
    const half = (name.textContent.length * LETTER) / 2;
    const isFree = point && taken.every(([x, y, w]) => Math.abs(x - point[0]) > half + w || Math.abs(y - point[1]) > LINE);
    name.style.display = isFree ? '' : 'none';
    if (!isFree) continue;
    taken.push([...point, half]);
    name.style.transform = `translate(${point[0].toFixed(1)}px, ${(point[1] + 12).toFixed(1)}px) translateX(-50%)`;
  }
}
