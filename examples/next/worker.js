// The worker of the page: the engine, and nothing else.
import { serveEngine } from 'mgrpo/worker/serve';

serveEngine();
