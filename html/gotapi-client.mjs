// Swift GotAPI · SPDX-License-Identifier: MIT
//
// gotapi-client.js as an ES module: import GotapiClient from '/gotapi-client.mjs';
// An `export` would be a syntax error in a classic script, so the library itself stays one and this file exports it.

import './gotapi-client.js';

const { GotapiClient } = globalThis;

export { GotapiClient };
export default GotapiClient;
