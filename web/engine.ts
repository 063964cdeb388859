// The worker of the page: the engine, and nothing else.
import { serveEngine } from '../src/worker/serve.js';

serveEngine();
