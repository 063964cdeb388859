// A folder of files that a visitor chose or dropped on a page, or that came out of an archive. Nothing is read before it is asked for.
import { decodeText, notFound, shortRead, type FileSource } from './files.js';

/** A folder to read from, made of blobs by their relative paths. */
export class BlobFiles implements FileSource {
  readonly name: string;
  readonly #blobs: ReadonlyMap<string, Blob>;

  constructor(name: string, blobs: Readonly<Record<string, Blob>>) {
    this.name = name;
    this.#blobs = new Map(Object.entries(blobs));
  }

  list(): Promise<string[]> {
    return Promise.resolve([...this.#blobs.keys()].sort());
  }

  exists(path: string): Promise<boolean> {
    return Promise.resolve(this.#blobs.has(path));
  }

  async size(path: string): Promise<number> {
    return this.#blob(path).size;
  }

  async readText(path: string): Promise<string> {
    return decodeText(new Uint8Array(await this.#blob(path).arrayBuffer()), `${this.name}/${path}`);
  }

  async readRange(path: string, start: number, end: number): Promise<Uint8Array> {
    const blob = this.#blob(path);
    if (end > blob.size) throw shortRead(`${this.name}/${path}`, end, blob.size);
    return new Uint8Array(await blob.slice(start, end).arrayBuffer());
  }

  #blob(path: string): Blob {
    const blob = this.#blobs.get(path);
    if (!blob) throw notFound(this.name, path);
    return blob;
  }
}
