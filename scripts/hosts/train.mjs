// Runs the program in Node or in what imitates it: the last line is JSON.
import * as mgrpo from '../../dist/node.js';
import { train } from './program.mjs';

console.log(JSON.stringify(await train(mgrpo, mgrpo.builtinModel())));
