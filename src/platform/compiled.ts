// A WebAssembly module from another place than the script, compiled while it arrives.
import { MgrpoError, show } from '../errors.js';

/**
 * Fetches and compiles a module.
 * @param from an address or a response
 * @param where who asks, for the message
 * @param wayOut what to do where it cannot be had
 * @throws MgrpoError `network` where it cannot be fetched or is none
 */
export async function compiledFrom(from: string | URL | Response, where: string, wayOut: string): Promise<WebAssembly.Module> {
  const place = from instanceof Response ? from.url : String(from);
  try {
    const response = from instanceof Response ? from : await fetch(from);
    if (!response.ok) throw new Error(`status ${response.status}`);
    // servers that do not know the type of .wasm files cannot stream them
    const isTyped = response.headers.get('content-type')?.startsWith('application/wasm') === true;
    return await (isTyped ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer()));
  } catch (cause) {
    throw new MgrpoError('network', `${where} at ${place}, got ${show(cause)}; ${wayOut}`, { cause });
  }
}
