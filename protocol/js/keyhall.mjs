/* keyhall.mjs: keyhall.js as an ES module, in browsers, bundlers and Node. */
import * as loaded from './keyhall.js';

const Keyhall = loaded.default || globalThis.Keyhall;
export default Keyhall;
export const {Client, KeyhallError, connect, compareVersions, text, methods, states, ports} = Keyhall;
