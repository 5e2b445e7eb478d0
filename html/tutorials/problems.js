// Swift GotAPI · SPDX-License-Identifier: MIT
//
// What went wrong, in words, and what to do about it.

/** By an error's `code`: what the library itself found. */
const LOCAL = {
  UNREACHABLE: {
    title: 'The gateway does not answer',
    remedies: [
      'Is it running? Start it with script/server, or with gotapi serve, and try again.',
      'With its self-signed certificate, a browser may refuse silently: open the gateway’s address in a tab of its '
        + 'own and accept the certificate there.',
    ],
  },
  TIMEOUT: {
    title: 'No answer in time',
    remedies: ['The gateway, a plug-in or the network is stuck. gotapi plugin list shows the plug-ins’ states.'],
  },
  SPOOFED: {
    title: 'The answer cannot be trusted',
    remedies: [
      'It was not signed with the key that this page and the gateway share, so it was not used.',
      'Reload the page. If it happens again, something between this browser and the gateway answers in its place.',
    ],
  },
  BAD_ANSWER: {
    title: 'That was no GotAPI gateway',
    remedies: ['Another server has this port. See gotapi_if_ssl_port and gotapi_if_port in config.json.'],
  },
  NOT_CONNECTED: { title: 'Not connected', remedies: ['Nothing was sent. Try again when the connection is back.'] },
  DISCONNECTED: { title: 'The connection was lost', remedies: ['The page connects again by itself.'] },
};

/** By an error's `result`: what the gateway says. */
const RESULTS = {
  1: { title: 'The plug-in cannot answer', remedies: ['gotapi plugin list shows its state, the gateway’s log why.'] },
  6: {
    title: 'The plug-in is not there',
    remedies: [
      'Build it with script/build.',
      'gotapi plugin list shows what is loaded, gotapi check says why something is not.',
    ],
  },
  7: { title: 'The plug-in did not answer in time', remedies: ['gotapi plugin list shows its state.'] },
  11: {
    title: 'The gateway does not let this computer in',
    remedies: ['Add this computer’s address to allowed_address_list in config.json.'],
  },
  13: { title: 'The gateway no longer knows this page', remedies: ['The page authorizes again by itself; try again.'] },
  15: { title: 'The plug-in refused this application', remedies: ['Its own rules decide; ask whoever wrote it.'] },
  18: {
    title: 'The gateway does not know this page’s origin',
    remedies: [`Add ${globalThis.location.origin} to allowed_origin_list in config.json.`],
  },
  401: { title: 'The gateway refused the WebSocket', remedies: ['Reload the page.'] },
};

/**
 * @param {Error} error  As `GotapiClient` rejects with.
 * @returns {{title: string, text: string, remedies: string[]}}
 */
export function explain(error) {
  const known = error.code ? LOCAL[error.code] : RESULTS[error.result];
  return { title: 'That did not work', remedies: [], ...known, text: error.message };
}

/**
 * What is said where the gateway is there, but not the plug-in that a page is for.
 * @param {string} serviceId
 */
export function missingService(serviceId) {
  return { ...RESULTS[6], text: `The gateway has no service with the id ${serviceId}.` };
}
