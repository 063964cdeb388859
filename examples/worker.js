// The worker of both examples: the engine, and nothing else.
import { serveEngine } from 'mgrpo/worker/serve';

serveEngine();
