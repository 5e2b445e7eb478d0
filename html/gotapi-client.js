// Swift GotAPI · SPDX-License-Identifier: MIT
//
// The library for front-end applications. It finds the gateway, authorizes the application, proves for every answer
// that it comes from the gateway that holds the application's key (HMAC server authentication), keeps the WebSocket
// for pushes open, and comes back by itself after a restart of the gateway or a sleep of the computer.
//
//     <script src="/gotapi-client.js"></script>                 defines window.GotapiClient
//     import GotapiClient from '/gotapi-client.mjs';            the same as an ES module
//
//     const gotapi = new GotapiClient();
//     const services = await gotapi.connect();
//     const answer = await gotapi.request({
//       method: 'get', serviceId: 'com.github.futomi.hello-world.echo', profile: 'echo', msg: 'hello!'
//     });
//
// No dependencies. Sections: types · constants · hashing · small functions · GotapiError · GotapiClient.

(() => {
'use strict';

// ---- Types ---------------------------------------------------------------------------------------------------------

/**
 * A service as its plug-in describes it; members beyond these are the plug-in's own.
 * @typedef {object} GotapiService
 * @property {string} serviceId  The id that requests name.
 * @property {string} name       A name for people.
 * @property {boolean} online    Whether the device behind it is there now.
 * @property {string[]} scopes   The profiles that the service has.
 */

/**
 * What `request()`, `subscribe()` and `unsubscribe()` take. Every further property is a parameter for the plug-in:
 * text, or a number or a Boolean, which are sent as text.
 * @typedef {object} GotapiRequest
 * @property {'get'|'post'|'put'|'delete'} [method]  For `request()`, in any case of letters.
 * @property {string} serviceId
 * @property {string} profile
 * @property {string} [attribute]                    Empty where it is missing.
 */

/**
 * An answer or a push: `result` is 0. Beyond these members it holds what the plug-in answered with.
 * @typedef {object} GotapiResponse
 * @property {number} result
 * @property {number} [statusCode]  The HTTP status; in a push only where the plug-in set one.
 * @property {string} [serviceId]
 * @property {string} [profile]
 * @property {string} [attribute]
 * @property {string} [product]     The gateway's name; not in a push.
 * @property {string} [version]     The gateway's version; not in a push.
 */

/**
 * One line of the communication monitor. Keys, nonces and tokens are masked in all of it.
 * @typedef {object} GotapiMonitorEntry
 * @property {'out'|'in'|'note'} direction      Sent, received, or a remark of the library.
 * @property {'GotAPI-1'|'GotAPI-5'} interface  HTTP requests and answers, or the WebSocket.
 * @property {number} exchange                  A request and its answer have the same number; 0 for what stands alone.
 * @property {number} time                      Milliseconds since 1970.
 * @property {string} [method]                  GET, POST, PUT or DELETE.
 * @property {string} [url]
 * @property {number} [status]                  The HTTP status of an answer.
 * @property {number} [duration]                Milliseconds from request to answer.
 * @property {*} [body]                         A JSON value, or text where it is none.
 * @property {string} [text]                    The remark of a note.
 */

/**
 * What `onclose` is told.
 * @typedef {object} GotapiCloseEvent
 * @property {number} code           The WebSocket's close code (1006: it broke).
 * @property {string} reason         Why, in words.
 * @property {boolean} reconnecting  Whether the library is trying to connect again.
 */

/** @typedef {'disconnected'|'connecting'|'connected'|'reconnecting'} GotapiState */

// ---- Constants -----------------------------------------------------------------------------------------------------

/** The gateway's own ports, asked where the page's origin has no gateway. */
const HTTPS_PORT = 4036;
const HTTP_PORT = 4035;

/** A gateway answers within 60 s, if only with an error; a little more leaves that error the time to arrive. */
const DEFAULT_TIMEOUT = 65_000;
/**
 * How long to wait for a gateway's first answer, try after try. A browser keeps up to six connections to a server, all
 * of which may have died unnoticed; each try that is given up ends the one that it travelled on. The last has a new one.
 */
const KNOCKS = [1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 8_000];
/** How long the WebSocket may take to open and to accept the token, and to answer when it is checked. */
const SOCKET_TIMEOUT = 10_000;
const CHECK_TIMEOUT = 5_000;
/** The gateway that answers a token which is presented again (GotAPI-5); of others that is not known. */
const OUR_PRODUCT = 'swift-gotapi';

/** Pauses between attempts to reconnect; a connection that lasted this long starts again with the first pause. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
const LASTING = 10_000;

/**
 * A visible page looks this often at its clock, which jumps when the computer has slept, and at the WebSocket: one that
 * has brought nothing for this long is checked, since a browser neither sends pings nor tells of the gateway's.
 */
const WATCH_INTERVAL = 10_000;
const CLOCK_JUMP = 30_000;
const LONGEST_SILENCE = 30_000;

/** The gateway reads 16 KiB of request line and headers; a longer query of PUT and POST travels as a body. */
const LONGEST_QUERY = 8_192;

/** Random bytes in a key and in a nonce; both are sent and used as hexadecimal text. */
const KEY_BYTES = 32;
const NONCE_BYTES = 16;
/** Hexadecimal digits of SHA-256(key) by which the gateway finds this client among others that connect meanwhile. */
const KEY_ID_DIGITS = 16;

const METHODS = new Set(['get', 'post', 'put', 'delete']);
/** Parameters that the library itself sets, and names of a request that are no parameters. */
const RESERVED = new Set(['accessToken', 'nonce']);
const ENVELOPE = new Set(['method', 'serviceId', 'profile', 'attribute']);
/** Members and parameters that the monitor never shows. */
const SECRET = new Set(['key', 'nonce', 'accessToken', 'clientId', 'hmac']);
const MASK = '***';

const FORGOTTEN = 'The gateway no longer knows this application: it was restarted, or the token has ended.';

// ---- Hashing: SHA-256 and HMAC -------------------------------------------------------------------------------------
// Browsers have crypto.subtle only in secure contexts (https, or localhost). Over plain HTTP on a LAN address it is
// absent, so the library carries its own (FIPS 180-4, RFC 2104).

const SHA256_CONSTANTS = new Uint32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const SHA256_START = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];
const BLOCK_BYTES = 64;

/**
 * SHA-256 without crypto.subtle.
 * @param {Uint8Array} bytes
 * @returns {Uint8Array} 32 bytes
 */
function plainSHA256(bytes) {
  // The message, a 1 bit, zeros, and its length in bits as a 64-bit number: whole blocks.
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 0x20000000));
  view.setUint32(padded.length - 4, bytes.length << 3);

  const rotated = (word, by) => (word >>> by) | (word << (32 - by));
  const state = Uint32Array.from(SHA256_START);
  const words = new Uint32Array(BLOCK_BYTES);
  for (let offset = 0; offset < padded.length; offset += BLOCK_BYTES) {
    for (let i = 0; i < 16; i++) words[i] = view.getUint32(offset + i * 4);
    for (let i = 16; i < 64; i++) {
      const a = words[i - 15];
      const b = words[i - 2];
      words[i] = words[i - 16] + (rotated(a, 7) ^ rotated(a, 18) ^ (a >>> 3))
        + words[i - 7] + (rotated(b, 17) ^ rotated(b, 19) ^ (b >>> 10));
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const first = (h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g))
        + SHA256_CONSTANTS[i] + words[i]) | 0;
      const second = ((rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => { state[i] += word; });
  }
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, i) => digest.setUint32(i * 4, word));
  return new Uint8Array(digest.buffer);
}

/**
 * HMAC-SHA256 without crypto.subtle.
 * @param {Uint8Array} key
 * @param {Uint8Array} message
 * @returns {Uint8Array} 32 bytes
 */
function plainHMAC(key, message) {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(key.length > BLOCK_BYTES ? plainSHA256(key) : key);
  const joined = (pad, bytes) => {
    const all = new Uint8Array(BLOCK_BYTES + bytes.length);
    block.forEach((byte, i) => { all[i] = byte ^ pad; });
    all.set(bytes, BLOCK_BYTES);
    return all;
  };
  return plainSHA256(joined(0x5c, plainSHA256(joined(0x36, message))));
}

/** @param {string} text @returns {Promise<string>} SHA-256 of its UTF-8 bytes, lower-case hexadecimal */
async function sha256Hex(text) {
  const bytes = utf8(text);
  const subtle = globalThis.crypto?.subtle;
  return hex(subtle ? new Uint8Array(await subtle.digest('SHA-256', bytes)) : plainSHA256(bytes));
}

/**
 * HMAC-SHA256 as the gateway makes it: key and nonce are the UTF-8 bytes of their text, not hex-decoded.
 * @param {string} key
 * @param {string} nonce
 * @returns {Promise<string>} lower-case hexadecimal
 */
async function hmacHex(key, nonce) {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) return hex(plainHMAC(utf8(key), utf8(nonce)));
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await subtle.importKey('raw', utf8(key), algorithm, false, ['sign']);
  return hex(new Uint8Array(await subtle.sign(algorithm.name, imported, utf8(nonce))));
}

/**
 * Compares two texts in a time that depends on neither's content.
 * @param {string} expected
 * @param {*} actual  Anything that came from outside.
 * @returns {boolean}
 */
function isSameText(expected, actual) {
  if (typeof actual !== 'string' || actual.length !== expected.length) return false;
  let difference = 0;
  for (let i = 0; i < expected.length; i++) difference |= expected.charCodeAt(i) ^ actual.charCodeAt(i);
  return difference === 0;
}

// ---- Small functions -----------------------------------------------------------------------------------------------

function utf8(text) {
  return new TextEncoder().encode(text);
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function randomHex(length) {
  return hex(crypto.getRandomValues(new Uint8Array(length)));
}

/** @param {[string, string][]} pairs @returns {string} application/x-www-form-urlencoded, a space being %20 */
function encoded(pairs) {
  return pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @returns {*} The JSON value, or undefined where the text is none. */
function parsedJSON(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The same with the gateway's secret members masked (a plug-in's data is deeper): for the monitor only. */
function masked(answer) {
  if (!isObject(answer)) return answer;
  return Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, SECRET.has(name) ? MASK : value]));
}

function maskedPairs(pairs) {
  return pairs.map(([name, value]) => [name, SECRET.has(name) ? MASK : value]);
}

/** The pause before an attempt: doubled each time, give or take a quarter, so that clients do not come all at once. */
function pause(attempt) {
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempt) * (0.75 + Math.random() / 2);
}

/** Calls an application's handler; what it throws is reported like any uncaught error, and stops nothing here. */
function call(handler, ...values) {
  if (typeof handler !== 'function') return;
  try {
    handler(...values);
  } catch (error) {
    if (typeof globalThis.reportError === 'function') globalThis.reportError(error);
    else setTimeout(() => { throw error; });
  }
}

// ---- Errors --------------------------------------------------------------------------------------------------------

/**
 * What the library's promises are rejected with, and what an error push is given as: the README's Error object.
 * It has every member of the gateway's answer, `result` (> 0), `statusCode`, `errorCode`, `errorText`, `errorMessage`,
 * `serviceId`, `profile`, `attribute`, `product` and `version` among them; `message` is `errorMessage`.
 *
 * An error of the library itself has a word in `code`, and `statusCode` 0: `INVALID_ARGUMENT` (nothing was sent),
 * `NOT_CONNECTED`, `DISCONNECTED` (by `disconnect()`, or while something was under way), `UNREACHABLE`, `TIMEOUT`,
 * `BAD_ANSWER` (what answered is no GotAPI gateway), `SPOOFED` (the HMAC is missing or wrong), `NO_RANDOM`.
 */
class GotapiError extends Error {
  /** @param {object} answer  An answer or push whose `result` is not 0. */
  constructor(answer) {
    super(String(answer.errorMessage || answer.errorText || `The request failed with result ${answer.result}.`));
    for (const [name, value] of Object.entries(answer)) {
      // An answer must not replace what makes this an Error.
      if (!['__proto__', 'message', 'name', 'stack', 'code'].includes(name)) this[name] = value;
    }
    this.name = 'GotapiError';
  }

  /**
   * An error that the library itself found.
   * @param {string} code
   * @param {string} text
   * @returns {GotapiError}
   */
  static local(code, text) {
    const result = { TIMEOUT: 7, INVALID_ARGUMENT: 10 }[code] ?? 1;
    const error = new GotapiError(
      { result, statusCode: 0, errorCode: String(result), errorText: '', errorMessage: text });
    error.code = code;
    return error;
  }
}

/** Whether the same request may succeed a little later: a plug-in that is still starting, a gateway that restarts. */
function isPassing(error) {
  return error.code === 'TIMEOUT' || error.code === 'UNREACHABLE' || error.result === 6 || error.statusCode >= 500;
}

/**
 * Checks what an application passed, before anything is sent.
 * @param {GotapiRequest} request
 * @param {string} [method]  Given where the call itself decides it.
 * @returns {{method: string, serviceId: string, profile: string, attribute: string, parameters: [string, string][]}}
 * @throws {GotapiError} INVALID_ARGUMENT
 */
function checkedRequest(request, method) {
  const refuse = (text) => { throw GotapiError.local('INVALID_ARGUMENT', text); };
  if (!isObject(request)) refuse('The request must be an object with method, serviceId, profile and attribute.');

  const text = (name, value) => {
    if (typeof value !== 'string') refuse(`"${name}" must be a string, not ${value === null ? 'null' : typeof value}.`);
    try {
      encodeURIComponent(value);
    } catch {
      refuse(`"${name}" holds half of a character (a lone surrogate), which cannot be sent.`);
    }
    return value;
  };
  const required = (name) => text(name, request[name] ?? '') || refuse(`"${name}" is required.`);
  // A browser resolves these two, also when encoded, so that another path would be asked.
  const segment = (name, value) => (value === '.' || value === '..'
    ? refuse(`"${name}" must not be "${value}".`) : value);

  const checked = {
    method: (method ?? required('method')).toLowerCase(),
    serviceId: required('serviceId'),
    profile: segment('profile', required('profile')),
    attribute: segment('attribute', text('attribute', request.attribute ?? '')),
    parameters: [],
  };
  if (!METHODS.has(checked.method)) refuse(`"method" must be get, post, put or delete, not "${checked.method}".`);
  for (const [name, value] of Object.entries(request)) {
    if (ENVELOPE.has(name) || value === undefined) continue;
    if (RESERVED.has(name)) refuse(`"${name}" is set by the library; give your parameter another name.`);
    text('a parameter\'s name', name);
    const isPlain = typeof value === 'boolean' || Number.isFinite(value);
    checked.parameters.push([name, isPlain ? String(value) : text(name, value)]);
  }
  return checked;
}

// ---- GotapiClient --------------------------------------------------------------------------------------------------

/**
 * A connection to the gateway: its key, its token, its WebSocket. Each reconnect makes a new one.
 * @typedef {object} Session
 * @property {AbortSignal} signal     Aborted by `disconnect()`.
 * @property {string} base            The gateway's origin, `https://host:port`.
 * @property {string} key             Shared with the gateway by `availability`; signs its answers.
 * @property {string} token           Empty until authorized.
 * @property {WebSocket|null} socket
 * @property {number} openedAt        When the socket was verified; 0 before.
 * @property {number} heardAt         When something came over the socket.
 * @property {AbortController} silence  Aborted when the socket was found silent, for the requests that are under way.
 * @property {((answer: object) => void)|null} onverify  Waits for the answer to a token that was sent.
 * @property {(() => void)|null} onsign                  Waits for any sign of life.
 * @property {string} product                             What the gateway says that it is.
 */

/**
 * A client of a GotAPI gateway (this one, or node-gotapi).
 *
 * Handlers are properties; each may be set at any time, and null takes it away.
 */
class GotapiClient {
  /**
   * Called with each push that no subscription's own callback takes: a `GotapiResponse`, or where `result` is not 0
   * a `GotapiError`.
   * @type {((message: GotapiResponse|GotapiError) => void)|null}
   */
  onmessage = null;

  /**
   * Called when an established connection has ended, whoever ended it.
   * @type {((event: GotapiCloseEvent) => void)|null}
   */
  onclose = null;

  /**
   * Called each time the connection stands: after `connect()`, and after every reconnect.
   * @type {((services: GotapiService[]) => void)|null}
   */
  onopen = null;

  /**
   * Called when `state` has changed, with the error that caused it, if one did.
   * @type {((state: GotapiState, error: GotapiError|null) => void)|null}
   */
  onstatechange = null;

  /**
   * Called with every message in both directions; secrets are masked.
   * @type {((entry: GotapiMonitorEntry) => void)|null}
   */
  onmonitor = null;

  /** @type {((service: GotapiService & {state: boolean}) => void)|null} */
  #onservicechange = null;
  #port;
  #timeout;
  /** @type {GotapiState} */
  #state = 'disconnected';
  /** @type {Session|null} The verified connection, or null. */
  #session = null;
  /** The gateway's origin, once one was found; a reconnect asks no other. */
  #base = '';
  /** @type {Promise<GotapiService[]>|null} An attempt under way. */
  #attempt = null;
  /** Aborted by `disconnect()`, and replaced by the next `connect()`. */
  #life = new AbortController();
  #failures = 0;
  #retryTimer = 0;
  #watchTimer = 0;
  #exchanges = 0;
  /** @type {Map<string, {key: string, request: object, callback: Function|null}>} */
  #subscriptions = new Map();
  /** @type {Promise<boolean>|null} */
  #check = null;

  /**
   * @param {object} [options]
   * @param {number} [options.port]     The gateway's port on the page's host. Without it the page's own origin is
   *   asked, then port 4036 (https) or 4035 (http) of the same host.
   * @param {number} [options.timeout]  Milliseconds that a request may take; 65,000 without it.
   */
  constructor({ port, timeout } = {}) {
    if (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65535 && Number.isInteger(Number(port)))) {
      throw GotapiError.local('INVALID_ARGUMENT', '"port" must be a number from 1 to 65535.');
    }
    if (timeout !== undefined && !(Number.isFinite(timeout) && timeout > 0)) {
      throw GotapiError.local('INVALID_ARGUMENT', '"timeout" must be a number of milliseconds above 0.');
    }
    this.#port = port === undefined ? null : Number(port);
    this.#timeout = timeout ?? DEFAULT_TIMEOUT;
  }

  /** @returns {GotapiState} */
  get state() {
    return this.#state;
  }

  /** @returns {string} The gateway's origin, `https://host:port`, once one was found; else empty. */
  get gateway() {
    return this.#base;
  }

  /**
   * Connects: finds the gateway, authorizes this application, discovers services, opens the WebSocket.
   * While connected it only discovers again; while reconnecting it tries at once.
   * @returns {Promise<GotapiService[]>} the services that are available
   */
  async connect() {
    if (this.#state === 'connected') return this.requestServiceDiscovery();
    if (this.#state === 'disconnected') {
      this.#life = new AbortController();
      this.#failures = 0;
      this.#watchForSleep();
      this.#enter('connecting');
    }
    return this.#tryNow();
  }

  /** Ends the connection and forgets its subscriptions. Requests under way are rejected with DISCONNECTED. */
  disconnect() {
    if (this.#state === 'disconnected') return;
    const session = this.#session;
    this.#life.abort(GotapiError.local('DISCONNECTED', 'The application disconnected.'));
    clearTimeout(this.#retryTimer);
    this.#subscriptions.clear();
    this.#session = null;
    session?.onsign?.();
    this.#base = '';
    this.#attempt = null;
    this.#closeSocket(session);
    this.#enter('disconnected');
    if (session) call(this.onclose, { code: 1000, reason: 'The application disconnected.', reconnecting: false });
  }

  /**
   * Sends a request to a plug-in.
   * @param {GotapiRequest} request
   * @returns {Promise<GotapiResponse>} rejected with a `GotapiError`
   */
  async request(request) {
    const checked = checkedRequest(request);
    return this.#exchange(this.#connected(), checked);
  }

  /**
   * Asks which services are available now.
   * @returns {Promise<GotapiService[]>}
   */
  async requestServiceDiscovery() {
    return this.#discover(this.#connected());
  }

  /**
   * Starts pushes by PUT, and starts them again after each reconnect until `unsubscribe()`. A second subscription to
   * the same attribute of the same service replaces the first.
   * @param {GotapiRequest} request  Without `method`.
   * @param {((message: GotapiResponse|GotapiError) => void)} [callback]  Gets this subscription's pushes instead of
   *   `onmessage`. It gets an error too if the subscription could not be started again.
   * @returns {Promise<GotapiResponse>} the answer to the PUT
   */
  async subscribe(request, callback) {
    const checked = checkedRequest(request, 'put');
    if (callback !== undefined && callback !== null && typeof callback !== 'function') {
      throw GotapiError.local('INVALID_ARGUMENT', 'The callback must be a function.');
    }
    const session = this.#connected();
    const key = subscriptionKey(checked);
    const subscription = { key, request: checked, callback: callback ?? null };
    const earlier = this.#subscriptions.get(key);
    // Known before the answer is here: the first push may come before it.
    this.#subscriptions.set(key, subscription);
    try {
      return await this.#exchange(session, checked);
    } catch (error) {
      if (this.#subscriptions.get(key) === subscription) {
        if (earlier) this.#subscriptions.set(key, earlier);
        else this.#subscriptions.delete(key);
      }
      throw error;
    }
  }

  /**
   * Ends what `subscribe()` started, by DELETE with the given parameters. Without a connection there is nothing to
   * end at the gateway, and the subscription is only forgotten.
   * @param {GotapiRequest} request  Without `method`.
   * @returns {Promise<GotapiResponse|null>} the answer to the DELETE; null without a connection
   */
  async unsubscribe(request) {
    const checked = checkedRequest(request, 'delete');
    this.#subscriptions.delete(subscriptionKey(checked));
    return this.#session ? this.#exchange(this.#session, checked) : null;
  }

  /**
   * Called when a service is there, has changed (`state` true) or is gone (`state` false), with the service object.
   * Set it before `connect()`, and no change after the list that `connect()` gives is missed. Gateways that do not
   * offer this (node-gotapi) never call it.
   * @type {((service: GotapiService & {state: boolean}) => void)|null}
   */
  get onservicechange() {
    return this.#onservicechange;
  }

  set onservicechange(handler) {
    const isWanted = typeof handler === 'function';
    const wasWanted = this.#onservicechange !== null;
    this.#onservicechange = isWanted ? handler : null;
    if (this.#session && isWanted !== wasWanted) this.#watchServices(this.#session, isWanted ? 'put' : 'delete');
  }

  /**
   * Checks that the connection is alive, and reconnects if it is not; requests under way are then rejected with
   * DISCONNECTED. The library does this by itself when the page becomes visible, when the network returns, after a
   * sleep, when a request found no gateway, and while the page is visible and nothing comes over the WebSocket.
   * @returns {Promise<boolean>} whether it is
   */
  async check() {
    if (this.#state === 'reconnecting') this.#tryNow().catch(() => {});
    if (!this.#session) return false;
    this.#check ??= this.#probe(this.#session).finally(() => { this.#check = null; });
    return this.#check;
  }

  // -- Connecting --

  /** Opens a connection now, or joins the attempt that is under way. A failed reconnect schedules the next. */
  #tryNow() {
    clearTimeout(this.#retryTimer);
    if (this.#attempt) return this.#attempt;
    const { signal } = this.#life;
    this.#attempt = this.#open(signal).catch((error) => {
      if (signal.aborted) throw signal.reason;
      this.#attempt = null;
      if (this.#state === 'reconnecting') this.#retryLater(error);
      else this.#enter('disconnected', error);
      throw error;
    });
    return this.#attempt;
  }

  #retryLater(error) {
    const wait = pause(this.#failures++);
    this.#note(`Trying again in ${(wait / 1000).toFixed(1)} s: ${error.message}`);
    this.#retryTimer = setTimeout(() => this.#tryNow().catch(() => {}), wait);
  }

  /**
   * The whole way: availability, grant, accesstoken, service discovery, WebSocket, subscriptions.
   * @param {AbortSignal} signal
   * @returns {Promise<GotapiService[]>}
   */
  async #open(signal) {
    if (typeof globalThis.crypto?.getRandomValues !== 'function') {
      throw GotapiError.local('NO_RANDOM', 'This browser has no source of random numbers, which the key needs.');
    }
    const session = await this.#findGateway(signal);
    const keyId = (await sha256Hex(session.key)).slice(0, KEY_ID_DIGITS);
    const grant = { method: 'get', profile: 'authorization', attribute: 'grant', parameters: [['keyId', keyId]] };
    const { clientId } = await this.#exchange(session, grant);
    if (typeof clientId !== 'string' || !clientId) throw badAnswer('The gateway gave no client id.');

    const { accessToken } = await this.#exchange(session, {
      method: 'get',
      profile: 'authorization',
      attribute: 'accesstoken',
      parameters: [['clientId', clientId], ['scope', 'all']],
    });
    if (typeof accessToken !== 'string' || !accessToken) throw badAnswer('The gateway gave no access token.');
    session.token = accessToken;

    let services = await this.#discover(session);
    await this.#openSocket(session);
    try {
      // A service may have come between the first discovery and the watch.
      if (this.#onservicechange && await this.#watchServices(session, 'put')) services = await this.#discover(session);
      if (signal.aborted) throw signal.reason;
      if (session.socket.readyState !== WebSocket.OPEN) {
        throw GotapiError.local('DISCONNECTED', 'The connection ended while it was being made.');
      }
    } catch (error) {
      this.#closeSocket(session);
      throw error;
    }
    this.#base = session.base;
    this.#session = session;
    this.#attempt = null;
    for (const subscription of this.#subscriptions.values()) this.#restart(session, subscription, 0);
    this.#enter('connected');
    if (session === this.#session) call(this.onopen, services);
    return services;
  }

  /**
   * The first of the possible origins where a gateway answers, with a key that it has been given.
   * @param {AbortSignal} signal
   * @returns {Promise<Session>}
   */
  async #findGateway(signal) {
    const origins = this.#base ? [this.#base] : this.#possibleOrigins();
    let failure = null;
    for (const base of origins) {
      const session = {
        signal, base, key: randomHex(KEY_BYTES), token: '', socket: null, openedAt: 0, heardAt: 0,
        silence: new AbortController(), onverify: null, onsign: null, product: '',
      };
      try {
        await this.#knock(session);
        return session;
      } catch (error) {
        // An answer of a gateway, a refusal too, ends the search; so does the application's disconnect().
        if (!['UNREACHABLE', 'BAD_ANSWER', 'TIMEOUT'].includes(error.code)) throw error;
        failure = error;
      }
    }
    if (origins.length === 1) throw failure;
    throw GotapiError.local('UNREACHABLE', `No GotAPI gateway answers at ${origins.join(' or ')}.`);
  }

  /** Gives the gateway the session's key. */
  async #knock(session) {
    for (const [i, limit] of KNOCKS.entries()) {
      try {
        await this.#exchange(session, {
          method: 'get', profile: 'availability', parameters: [['key', session.key]], isSigned: false, limit,
        });
        return;
      } catch (error) {
        if (error.code !== 'TIMEOUT' || limit >= this.#timeout || i === KNOCKS.length - 1) throw error;
      }
    }
  }

  #possibleOrigins() {
    const { protocol, hostname, origin } = globalThis.location;
    const scheme = protocol === 'http:' ? 'http:' : 'https:';
    const at = (port) => new URL(`${scheme}//${hostname || 'localhost'}:${port}`).origin;
    if (this.#port !== null) return [at(this.#port)];
    const usual = at(scheme === 'https:' ? HTTPS_PORT : HTTP_PORT);
    return protocol === scheme && origin !== usual ? [origin, usual] : [usual];
  }

  async #discover(session, limit = this.#timeout) {
    const { services, product } = await this.#exchange(session, {
      method: 'get', profile: 'servicediscovery', parameters: [], limit,
    });
    if (!Array.isArray(services)) throw badAnswer('The gateway gave no list of services.');
    session.product = product;
    return services;
  }

  #connected() {
    if (this.#session) return this.#session;
    throw GotapiError.local('NOT_CONNECTED', this.#state === 'reconnecting'
      ? 'The connection to the gateway was lost and is being restored.'
      : 'Not connected to a gateway: call connect() first.');
  }

  #enter(state, error = null) {
    if (this.#state === state) return;
    this.#state = state;
    if (state === 'disconnected') this.#stopWatching();
    call(this.onstatechange, state, error);
  }

  // -- GotAPI-1: requests --

  /**
   * Sends a request over HTTP and proves its answer.
   *
   * A success answer must carry the HMAC of the request's nonce, an error answer may; a wrong one is a spoof in both.
   * @param {Session} session
   * @param {object} request  As `checkedRequest` makes it; `limit` shortens the time that it may take.
   * @returns {Promise<GotapiResponse>}
   */
  async #exchange(session, {
    method, serviceId, profile, attribute = '', parameters, isSigned = true, limit = this.#timeout,
  }) {
    const nonce = isSigned ? randomHex(NONCE_BYTES) : null;
    const before = serviceId === undefined ? [] : [['serviceId', serviceId]];
    const after = [];
    if (session.token) after.push(['accessToken', session.token]);
    if (isSigned) after.push(['nonce', nonce]);

    const path = `${session.base}/gotapi/${encodeURIComponent(profile)}`
      + (attribute ? `/${encodeURIComponent(attribute)}` : '');
    const whole = [...before, ...parameters, ...after];
    const hasBody = (method === 'put' || method === 'post') && encoded(whole).length > LONGEST_QUERY;
    const query = hasBody ? [...before, ...after] : whole;
    const verb = method.toUpperCase();
    const shown = { method: verb, url: `${path}?${encoded(maskedPairs(query))}`, exchange: ++this.#exchanges };
    this.#show({ direction: 'out', ...shown, ...(hasBody && { body: encoded(maskedPairs(parameters)) }) });

    const started = performance.now();
    let status = 0;
    let answer;
    try {
      const text = await this.#fetched(session, Math.min(limit, this.#timeout), `${path}?${encoded(query)}`, {
        method: verb,
        ...(hasBody && {
          headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
          body: encoded(parameters),
        }),
      }, (code) => { status = code; });
      answer = parsedJSON(text);
      this.#show({
        direction: 'in', ...shown, status, duration: performance.now() - started, body: masked(answer ?? text),
      });
    } catch (error) {
      this.#note(`${verb} ${profile}${attribute && `/${attribute}`}: ${error.message}`, shown.exchange);
      if (session === this.#session && ['UNREACHABLE', 'TIMEOUT'].includes(error.code)) this.check();
      throw error;
    }

    if (!isObject(answer) || !Number.isInteger(answer.result) || answer.result < 0) {
      throw badAnswer(status === 431
        ? 'The request is too long for its method; send it with put or post.'
        : `What answers at ${session.base} is no GotAPI gateway (HTTP status ${status}).`);
    }
    if (isSigned && (answer.result === 0 || answer.hmac !== undefined)
      && !isSameText(await hmacHex(session.key, nonce), answer.hmac)) {
      this.#note('The HMAC of the last answer is missing or wrong: it was not used.', shown.exchange);
      throw GotapiError.local('SPOOFED', 'The answer does not come from the gateway that this page connected to: '
        + `its HMAC is ${answer.hmac === undefined ? 'missing' : 'wrong'}.`);
    }
    if (answer.result === 0) return answer;
    // INVALID_TOKEN without an HMAC is the gateway's own: it has forgotten us (a plug-in's refusal carries one).
    if (answer.result === 13 && answer.hmac === undefined && session === this.#session) {
      this.#lost(session, 1006, FORGOTTEN);
    }
    throw new GotapiError(answer);
  }

  /** The answer's text, within `limit` milliseconds and while the session is alive. */
  async #fetched(session, limit, url, options, onStatus) {
    const controller = new AbortController();
    const abort = () => controller.abort();
    const ends = [session.signal, session.silence.signal];
    let isLate = false;
    const timer = setTimeout(() => { isLate = true; abort(); }, limit);
    for (const end of ends) end.addEventListener('abort', abort);
    if (ends.some((end) => end.aborted)) abort();
    try {
      const response = await fetch(url, {
        ...options,
        cache: 'no-store',
        redirect: 'error',
        // The gateway learns the application's origin from Referer where the browser sends no Origin, whatever
        // policy the page has.
        referrerPolicy: 'origin',
        signal: controller.signal,
      });
      onStatus(response.status);
      return await response.text();
    } catch {
      const ended = ends.find((end) => end.aborted);
      if (ended) throw ended.reason;
      const { origin } = new URL(url);
      throw isLate
        ? GotapiError.local('TIMEOUT', `No answer from ${origin} within ${limit / 1000} seconds.`)
        : GotapiError.local('UNREACHABLE', `No GotAPI gateway answers at ${origin}.`);
    } finally {
      clearTimeout(timer);
      for (const end of ends) end.removeEventListener('abort', abort);
    }
  }

  // -- GotAPI-5: the WebSocket --

  /**
   * Opens the WebSocket and presents the token; resolves when the gateway has accepted it.
   * @param {Session} session
   * @returns {Promise<void>}
   */
  #openSocket(session) {
    const { signal } = session;
    const url = `${session.base.replace(/^http/, 'ws')}/gotapi/websocket`;
    return new Promise((resolve, reject) => {
      if (signal.aborted) throw signal.reason;
      const socket = new WebSocket(url);
      session.socket = socket;
      const settle = (act) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        session.onverify = null;
        act();
      };
      const fail = (error) => settle(() => {
        this.#closeSocket(session);
        reject(error);
      });
      const onAbort = () => fail(signal.reason);
      const limit = Math.min(this.#timeout, SOCKET_TIMEOUT);
      const timer = setTimeout(() => fail(GotapiError.local(
        'TIMEOUT', `The WebSocket at ${url} was not ready within ${limit / 1000} seconds.`)), limit);
      signal.addEventListener('abort', onAbort);

      session.onverify = (answer) => (answer.result === 0
        ? settle(() => {
          session.openedAt = performance.now();
          resolve();
        })
        : fail(new GotapiError(answer)));
      socket.onopen = () => this.#presentToken(session);
      socket.onmessage = (event) => this.#received(session, event.data);
      socket.onclose = (event) => {
        this.#note(`The WebSocket was closed with code ${event.code}.`);
        if (session.openedAt) this.#lost(session, event.code, event.reason || closeReason(event.code));
        else fail(GotapiError.local('UNREACHABLE', `The WebSocket at ${url} could not be opened; `
          + 'the gateway may have reached its limit of connections.'));
      };
    });
  }

  #presentToken(session) {
    this.#show({ direction: 'out', interface: 'GotAPI-5', url: session.socket.url, body: { accessToken: MASK } });
    session.socket.send(JSON.stringify({ accessToken: session.token }));
  }

  #closeSocket(session) {
    const socket = session?.socket;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(1000);
  }

  #received(session, text) {
    session.heardAt = performance.now();
    const message = parsedJSON(text);
    this.#show({ direction: 'in', interface: 'GotAPI-5', url: session.socket.url, body: masked(message ?? text) });
    if (!isObject(message)) return;
    const isVerify = message.profile === 'authorization' && message.attribute === 'verify';
    if (session.onverify) {
      // Before the token is accepted, any error is the answer to it (400, 401, 408).
      if (isVerify || message.result > 0) session.onverify(message);
    } else if (!isVerify) {
      this.#deliver(message);
    } else if (message.result !== 0) {
      this.#lost(session, 1006, FORGOTTEN);
    }
    session.onsign?.();
  }

  #deliver(message) {
    const isServiceChange = message.attribute === 'onServiceChange'
      && String(message.profile).toLowerCase() === 'servicediscovery';
    if (isServiceChange && this.#onservicechange && isObject(message.networkService)) {
      call(this.#onservicechange, message.networkService);
      return;
    }
    const content = message.result === 0 ? message : new GotapiError(message);
    call(this.#subscriptions.get(subscriptionKey(message))?.callback ?? this.onmessage, content);
  }

  // -- Coming back --

  /** An established connection has ended without our doing. */
  #lost(session, code, reason) {
    if (session !== this.#session) return;
    this.#session = null;
    // A check that is under way has its answer, and must not be joined by one of the next connection.
    session.onsign?.();
    this.#closeSocket(session);
    const lasted = performance.now() - session.openedAt;
    if (lasted >= LASTING) this.#failures = 0;
    const error = GotapiError.local('DISCONNECTED', reason);
    this.#enter('reconnecting', error);
    call(this.onclose, { code, reason, reconnecting: this.#state === 'reconnecting' });
    // The handlers may have called disconnect() or connect().
    if (this.#state === 'reconnecting' && !this.#attempt) this.#retryLater(error);
  }

  /**
   * Presents the token again; whatever comes then is a sign of life. This gateway answers it. Another one may not, and is
   * asked for its services before its silence counts.
   */
  #probe(session) {
    return new Promise((resolve) => {
      const settle = (isAlive) => {
        clearTimeout(timer);
        session.onsign = null;
        if (!isAlive) {
          const reason = 'The connection had gone silent.';
          session.silence.abort(GotapiError.local('DISCONNECTED', reason));
          this.#lost(session, 1006, reason);
        }
        resolve(isAlive && session === this.#session);
      };
      const silent = () => (session.product === OUR_PRODUCT
        ? settle(false)
        : this.#discover(session, CHECK_TIMEOUT).then(() => settle(true), () => settle(false)));
      const timer = setTimeout(silent, Math.min(this.#timeout, CHECK_TIMEOUT));
      session.onsign = () => settle(true);
      if (session.socket.readyState === WebSocket.OPEN) this.#presentToken(session);
      else settle(false);
    });
  }

  /** Starts a subscription again on a new connection; until the plug-in is there, with growing pauses. */
  async #restart(session, subscription, attempt) {
    const isWanted = () => session === this.#session
      && this.#subscriptions.get(subscription.key) === subscription;
    if (!isWanted()) return;
    try {
      await this.#exchange(session, subscription.request);
    } catch (error) {
      if (!isWanted()) return;
      if (isPassing(error)) {
        setTimeout(() => this.#restart(session, subscription, attempt + 1), pause(attempt));
      } else {
        this.#subscriptions.delete(subscription.key);
        call(subscription.callback ?? this.onmessage, error);
      }
    }
  }

  /** @returns {Promise<boolean>} Whether the gateway tells of changes. Not every one does: then none are heard of. */
  async #watchServices(session, method) {
    try {
      await this.#exchange(session, {
        method, profile: 'servicediscovery', attribute: 'onServiceChange', parameters: [],
      });
      return true;
    } catch (error) {
      this.#note(`onServiceChange: ${error.message}`);
      return false;
    }
  }

  // A socket whose peer is gone without a word looks open. These are the moments to look.

  #onWake = () => {
    if (globalThis.document?.visibilityState !== 'hidden') this.check();
  };

  #watchForSleep() {
    globalThis.document?.addEventListener('visibilitychange', this.#onWake);
    globalThis.addEventListener?.('online', this.#onWake);
    globalThis.addEventListener?.('pageshow', this.#onWake);
    let last = Date.now();
    this.#watchTimer = setInterval(() => {
      const now = Date.now();
      const isSilent = this.#session && performance.now() - this.#session.heardAt >= LONGEST_SILENCE;
      if (isSilent || now - last > CLOCK_JUMP) this.#onWake();
      last = now;
    }, WATCH_INTERVAL);
  }

  #stopWatching() {
    globalThis.document?.removeEventListener('visibilitychange', this.#onWake);
    globalThis.removeEventListener?.('online', this.#onWake);
    globalThis.removeEventListener?.('pageshow', this.#onWake);
    clearInterval(this.#watchTimer);
  }

  // -- The monitor --

  #show(entry) {
    if (!this.onmonitor) return;
    call(this.onmonitor, { interface: 'GotAPI-1', exchange: 0, time: Date.now(), ...entry });
  }

  #note(text, exchange = 0) {
    this.#show({ direction: 'note', text, exchange });
  }
}

function badAnswer(text) {
  return GotapiError.local('BAD_ANSWER', text);
}

/** What a push has in common with the request that it belongs to. */
function subscriptionKey({ serviceId = '', profile = '', attribute = '' }) {
  return JSON.stringify([serviceId, profile, attribute]);
}

function closeReason(code) {
  return code === 1001 ? 'The gateway is shutting down.' : 'The connection to the gateway broke.';
}

/** The class of the library's errors. */
GotapiClient.Error = GotapiError;
/** The hash functions, with those that stand in where crypto.subtle is absent: for tests. */
GotapiClient.hashing = Object.freeze({ sha256Hex, hmacHex, plainSHA256, plainHMAC, isSameText });

globalThis.GotapiClient = GotapiClient;
})();
