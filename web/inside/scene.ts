// Draws nodes and arcs with WebGPU, seen from a camera that can be turned. Nothing moves by itself: a picture is drawn when something changed,
// into a texture, and put on a plain canvas: a canvas of WebGPU's own costs the device where the browser puts its pages together without a GPU.
import { mat4, vec3, type Mat4 } from 'wgpu-matrix';
import { browserAdapter } from '../../src/platform/webgpu-browser.js';
import source from './scene.wgsl';

/** Where the eye is: angles in radians, and a factor of the distance that shows all. */
export interface Camera {
  readonly yaw: number;
  readonly pitch: number;
  readonly distance: number;
}

/** Red, green, blue and opacity, 0 to 1. */
export type Colour = readonly [number, number, number, number];

/** A disc. */
export interface SceneNode {
  readonly place: readonly [number, number, number];
  readonly size: number;
  readonly colour: Colour;
}

/** A parabola between two places, `width` pixels wide and `height` high. */
export interface SceneArc {
  readonly from: readonly [number, number, number];
  readonly to: readonly [number, number, number];
  readonly width: number;
  readonly height: number;
  readonly colour: Colour;
}

const FORMAT = 'rgba8unorm';
const CORNERS_OF_ARC = 50;
const ANGLE = Math.PI / 5;
/** Half a canvas in units of place, at a distance of 1. */
const ZOOM = 1 / Math.tan(ANGLE / 2);

let opened: Promise<GPUDevice | null> | undefined;

/** The device that draws, whatever computes; null where there is none. */
function drawingDevice(): Promise<GPUDevice | null> {
  opened ??= browserAdapter(false, 10_000).then(async ({ adapter }) => {
    const device = (await adapter?.requestDevice().catch(() => null)) ?? null;
    void device?.lost.then(() => (opened = undefined));
    return device;
  });
  return opened;
}

/** A picture on a canvas. */
export class Scene {
  readonly #canvas: HTMLCanvasElement;
  readonly #device: GPUDevice;
  readonly #pipelines: readonly [nodes: GPURenderPipeline, arcs: GPURenderPipeline];
  readonly #view: GPUBuffer;
  #buffers: readonly GPUBuffer[] = [];
  #bindings: GPUBindGroup | undefined;
  #counts: readonly [number, number] = [0, 0];
  #size: readonly [number, number, number] = [1, 1, 1];
  #ground: Colour = [0, 0, 0, 1];
  #frame: Frame | undefined;
  /** What is to be drawn after the picture that is under way. */
  #next: Mat4 | undefined;
  #isPainting = false;

  private constructor(canvas: HTMLCanvasElement, device: GPUDevice) {
    [this.#canvas, this.#device, this.#pipelines] = [canvas, device, pipelinesOf(device)];
    this.#view = device.createBuffer({ size: 80, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  }

  /** Makes a picture; null where there is no WebGPU to draw with. */
  static async open(canvas: HTMLCanvasElement): Promise<Scene | null> {
    const device = await drawingDevice();
    return device && new Scene(canvas, device);
  }

  /**
   * What is drawn from now on.
   * @param size of everything, in the units of places, whose middle is 0
   * @param ground colour of the background
   */
  show(nodes: readonly SceneNode[], arcs: readonly SceneArc[], size: readonly [number, number, number], ground: Colour): void {
    const nodeData = nodes.flatMap(({ place, size: radius, colour }) => [...place, radius, ...colour]);
    const arcData = arcs.flatMap(({ from, to, width, height, colour }) => [...from, width, ...to, height, ...colour]);
    this.#buffers = [this.#filled(0, nodeData), this.#filled(1, arcData)];
    this.#bindings = this.#device.createBindGroup({
      layout: this.#pipelines[0].getBindGroupLayout(0),
      entries: [this.#view, ...this.#buffers].map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    [this.#counts, this.#size, this.#ground] = [[nodes.length, arcs.length], size, ground];
  }

  /** Draws. @returns the place of a point on the canvas in CSS pixels, null behind the eye */
  draw(camera: Camera): (place: readonly [number, number, number]) => readonly [x: number, y: number] | null {
    const [width, height] = [this.#canvas.clientWidth, this.#canvas.clientHeight];
    const matrix = matrixOf(camera, this.#size, width / Math.max(height, 1));
    this.#next = matrix;
    void this.#paint();
    return (place) => {
      const [x, y, , w] = transformed(matrix, place);
      return w <= 0 ? null : [((x / w + 1) / 2) * width, ((1 - y / w) / 2) * height];
    };
  }

  destroy(): void {
    for (const buffer of [this.#view, ...this.#buffers]) buffer.destroy();
    this.#frame?.destroy();
    this.#bindings = undefined;
  }

  /** Draws what was asked for last, until nothing more is. A picture whose device is lost stays as it is. */
  async #paint(): Promise<void> {
    if (this.#isPainting) return;
    this.#isPainting = true;
    try {
      for (let matrix = this.#next; matrix && this.#bindings; matrix = this.#next) {
        this.#next = undefined;
        const scale = Math.min(devicePixelRatio, 2);
        const [width, height] = [this.#canvas.clientWidth * scale, this.#canvas.clientHeight * scale].map(Math.round) as [
          number,
          number,
        ];
        if (width > 0 && height > 0) await this.#paintOnce(matrix, width, height);
      }
    } catch {
      // The device or the picture is gone.
    } finally {
      this.#isPainting = false;
    }
  }

  async #paintOnce(matrix: Mat4, width: number, height: number): Promise<void> {
    if (this.#frame?.width !== width || this.#frame.height !== height) {
      this.#frame?.destroy();
      this.#frame = new Frame(this.#device, width, height);
    }
    const frame = this.#frame;
    const scale = Math.min(devicePixelRatio, 2);
    this.#device.queue.writeBuffer(this.#view, 0, new Float32Array([...matrix, width / scale, height / scale, ZOOM, 0]));
    const pixels = await frame.pixels(this.#ground, (pass) => {
      pass.setBindGroup(0, this.#bindings);
      this.#pipelines.forEach((pipeline, i) => {
        pass.setPipeline(pipeline);
        if (this.#counts[i]! > 0) pass.draw(i === 0 ? 4 : CORNERS_OF_ARC, this.#counts[i]);
      });
    });
    if (frame !== this.#frame) return;
    [this.#canvas.width, this.#canvas.height] = [width, height];
    this.#canvas.getContext('2d')!.putImageData(new ImageData(pixels, width, height), 0, 0);
  }

  /** The buffer of nodes or arcs with new contents; a larger one where they do not fit. */
  #filled(which: number, data: readonly number[]): GPUBuffer {
    let buffer = this.#buffers[which];
    if (!buffer || buffer.size < 4 * data.length) {
      buffer?.destroy();
      const size = Math.max(8 * data.length, 48);
      buffer = this.#device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST });
    }
    this.#device.queue.writeBuffer(buffer, 0, new Float32Array(data));
    return buffer;
  }
}

/** What a picture is drawn into, and read from. */
class Frame {
  readonly width: number;
  readonly height: number;
  readonly #device: GPUDevice;
  readonly #colour: GPUTexture;
  readonly #depth: GPUTexture;
  readonly #read: GPUBuffer;
  /** Bytes of a row in the buffer: a multiple of 256. */
  readonly #stride: number;

  constructor(device: GPUDevice, width: number, height: number) {
    [this.#device, this.width, this.height] = [device, width, height];
    const usage = GPUTextureUsage.RENDER_ATTACHMENT;
    this.#colour = device.createTexture({ size: [width, height], format: FORMAT, usage: usage | GPUTextureUsage.COPY_SRC });
    this.#depth = device.createTexture({ size: [width, height], format: 'depth24plus', usage });
    this.#stride = Math.ceil(width / 64) * 256;
    this.#read = device.createBuffer({
      size: this.#stride * height,
      usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    });
  }

  /** The pixels of what is drawn: four bytes each, row by row. */
  async pixels([r, g, b]: Colour, draw: (pass: GPURenderPassEncoder) => void): Promise<Uint8ClampedArray<ArrayBuffer>> {
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginRenderPass({
      colorAttachments: [{ view: this.#colour.createView(), loadOp: 'clear', storeOp: 'store', clearValue: [r, g, b, 1] }],
      depthStencilAttachment: {
        view: this.#depth.createView(),
        ...{ depthLoadOp: 'clear', depthStoreOp: 'discard', depthClearValue: 1 },
      },
    });
    draw(pass);
    pass.end();
    const size = [this.width, this.height];
    encoder.copyTextureToBuffer({ texture: this.#colour }, { buffer: this.#read, bytesPerRow: this.#stride }, size);
    this.#device.queue.submit([encoder.finish()]);
    await this.#read.mapAsync(GPUMapMode.READ);
    const rows = new Uint8ClampedArray(this.#read.getMappedRange());
    const pixels = new Uint8ClampedArray(4 * this.width * this.height);
    for (let y = 0; y < this.height; y++)
      pixels.set(rows.subarray(y * this.#stride, y * this.#stride + 4 * this.width), 4 * this.width * y);
    this.#read.unmap();
    return pixels;
  }

  destroy(): void {
    this.#colour.destroy();
    this.#depth.destroy();
    this.#read.destroy();
  }
}

function pipelinesOf(device: GPUDevice): [GPURenderPipeline, GPURenderPipeline] {
  const module = device.createShaderModule({ code: source });
  const entry = (binding: number, type: GPUBufferBindingType): GPUBindGroupLayoutEntry => ({
    ...{ binding, visibility: GPUShaderStage.VERTEX, buffer: { type } },
  });
  const bindings = device.createBindGroupLayout({
    entries: [entry(0, 'uniform'), entry(1, 'read-only-storage'), entry(2, 'read-only-storage')],
  });
  const layout = device.createPipelineLayout({ bindGroupLayouts: [bindings] });
  const over: GPUBlendComponent = { srcFactor: 'src-alpha', dstFactor: 'one-minus-src-alpha' };
  const alpha: GPUBlendComponent = { srcFactor: 'one', dstFactor: 'one-minus-src-alpha' };
  const make = (name: 'node' | 'arc', depthWriteEnabled: boolean): GPURenderPipeline =>
    device.createRenderPipeline({
      layout,
      vertex: { module, entryPoint: `${name}_corner` },
      fragment: { module, entryPoint: `${name}_colour`, targets: [{ format: FORMAT, blend: { color: over, alpha } }] },
      primitive: { topology: 'triangle-strip' },
      depthStencil: { format: 'depth24plus', depthWriteEnabled, depthCompare: 'less' },
    });
  return [make('node', true), make('arc', false)];
}

/** From places to clip space: the whole picture fits the canvas at distance 1. */
function matrixOf({ yaw, pitch, distance }: Camera, [width, height, depth]: readonly number[], aspect: number): Mat4 {
  const [half, tall] = [Math.hypot(width!, depth!) / 2, Math.hypot(height!, depth!) / 2];
  const away = distance * (ZOOM * Math.max(half / aspect, tall) + depth! / 2);
  const eye = vec3.create(away * Math.cos(pitch) * Math.sin(yaw), away * Math.sin(pitch), away * Math.cos(pitch) * Math.cos(yaw));
  const seen = mat4.lookAt(eye, [0, 0, 0], [0, 1, 0]);
  return mat4.multiply(mat4.perspective(ANGLE, aspect, away / 100, away * 4), seen);
}

function transformed(m: Mat4, [x, y, z]: readonly [number, number, number]): [number, number, number, number] {
  const row = (i: number): number => m[i]! * x + m[4 + i]! * y + m[8 + i]! * z + m[12 + i]!;
  return [row(0), row(1), row(2), row(3)];
}
