// Swift GotAPI · SPDX-License-Identifier: MIT
//
// The communication monitor: every message between a page and the gateway, in both directions.

import { element } from './element.js';

/** The oldest messages go first. */
const LONGEST = 300;
const ARROWS = { out: '→', in: '←', note: '·' };
const WORDS = { out: 'sent', in: 'received', note: 'note' };

/**
 * Fills `container` with a monitor of what `gotapi` sends and receives.
 * @param {HTMLElement} container
 * @param {GotapiClient} gotapi
 */
export function mountMonitor(container, gotapi) {
  const monitor = new Monitor(container);
  gotapi.onmonitor = (entry) => monitor.add(entry);
}

class Monitor {
  /** @type {{entry: object, row: HTMLElement}[]} The newest first. */
  #lines = [];
  /** Messages that came while paused. */
  #waiting = [];
  #isPaused = false;
  #list = element('ol', { className: 'messages', tabIndex: 0, 'aria-label': 'Messages, the newest first' });
  #empty = element('p', { className: 'soft' }, 'No message yet.');
  #text = element('input', {
    type: 'search', id: 'monitor-text', placeholder: 'echo, PUT, 403 …', autocomplete: 'off',
  });
  #direction = element('select', { id: 'monitor-direction' },
    element('option', { value: '' }, 'both ways'),
    element('option', { value: 'out' }, 'sent'),
    element('option', { value: 'in' }, 'received'));
  #pause = element('button', { type: 'button', className: 'quiet', id: 'monitor-pause' }, 'Pause');
  #clear = element('button', { type: 'button', className: 'quiet', id: 'monitor-clear' }, 'Clear');
  #report = element('p', { className: 'report', role: 'status' });
  #reportTimer = 0;

  constructor(container) {
    this.#text.oninput = () => this.#filter();
    this.#direction.onchange = () => this.#filter();
    this.#pause.onclick = () => this.#togglePause();
    this.#clear.onclick = () => this.#removeAll();
    container.append(
      element('div', { className: 'heading' },
        element('h2', { id: 'monitor-title' }, 'Communication monitor'),
        element('div', { className: 'buttons' }, this.#pause, this.#clear)),
      element('div', { className: 'filters' },
        element('p', {}, element('label', { htmlFor: 'monitor-text' }, 'Show only'), this.#text),
        element('p', {}, element('label', { htmlFor: 'monitor-direction' }, 'Direction'), this.#direction)),
      this.#empty,
      this.#list,
      this.#report,
    );
  }

  /** @param {object} entry  As `GotapiClient.onmonitor` gives it. */
  add(entry) {
    if (!this.#isPaused) {
      this.#insert(entry);
      return;
    }
    this.#waiting.push(entry);
    if (this.#waiting.length > LONGEST) this.#waiting.shift();
    this.#pause.textContent = `Resume (${this.#waiting.length})`;
  }

  #insert(entry) {
    const line = { entry, row: this.#row(entry) };
    line.row.hidden = !this.#isWanted(entry);
    this.#lines.unshift(line);
    this.#list.prepend(line.row);
    if (this.#lines.length > LONGEST) this.#lines.pop().row.remove();
    this.#empty.hidden = true;
  }

  #row(entry) {
    const time = new Date(entry.time);
    const milliseconds = String(time.getMilliseconds()).padStart(3, '0');
    const isFailure = entry.status >= 400 || entry.body?.result > 0;
    const summary = element('summary', {},
      element('time', { dateTime: time.toISOString() }, time.toTimeString().slice(0, 8),
        element('span', { className: 'fraction' }, `.${milliseconds}`)),
      element('span', { className: 'arrow', 'aria-hidden': 'true' }, ARROWS[entry.direction]),
      element('span', { className: 'hidden' }, ` ${WORDS[entry.direction]}: `),
      element('span', { className: 'what' }, titleOf(entry)));
    const row = element('li', { className: `message ${entry.direction}${isFailure ? ' failure' : ''}` });
    if (entry.direction === 'note') {
      row.append(element('p', { className: 'note' }, ...summary.childNodes));
      return row;
    }
    const details = element('details', {}, summary);
    // The contents are made when they are first looked at: most never are.
    details.addEventListener('toggle', () => this.#fill(details, entry), { once: true });
    row.append(details);
    return row;
  }

  #fill(details, entry) {
    const url = element('p', { className: 'url' }, `${entry.method ? `${entry.method} ` : ''}${entry.url}`);
    details.append(url);
    if (entry.body !== undefined) {
      const text = typeof entry.body === 'string' ? entry.body : JSON.stringify(entry.body, null, 2);
      details.append(element('pre', { tabIndex: 0, 'aria-label': 'Content' }, text));
    }
    if (entry.interface === 'GotAPI-1' && entry.direction === 'out') {
      const copy = element('button', { type: 'button', className: 'quiet' }, 'Copy as curl');
      copy.onclick = () => this.#copy(curlOf(entry));
      details.append(copy);
    }
  }

  async #copy(text) {
    let isCopied = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Over plain HTTP on a LAN address there is no clipboard API, and a browser may refuse it.
      const field = element('textarea', { value: text, className: 'hidden', 'aria-hidden': 'true' });
      const focused = document.activeElement;
      document.body.append(field);
      field.select();
      isCopied = document.execCommand('copy');
      field.remove();
      focused?.focus();
    }
    this.#report.textContent = isCopied ? 'Copied.' : 'The browser did not allow to copy.';
    clearTimeout(this.#reportTimer);
    this.#reportTimer = setTimeout(() => { this.#report.textContent = ''; }, 3000);
  }

  #togglePause() {
    this.#isPaused = !this.#isPaused;
    this.#pause.textContent = this.#isPaused ? 'Resume' : 'Pause';
    if (this.#isPaused) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const entry of waiting) this.#insert(entry);
  }

  #removeAll() {
    this.#lines = [];
    this.#waiting = [];
    this.#list.replaceChildren();
    this.#empty.hidden = false;
    if (this.#isPaused) this.#pause.textContent = 'Resume';
  }

  #isWanted(entry) {
    const direction = this.#direction.value;
    const text = this.#text.value.trim().toLowerCase();
    return (!direction || entry.direction === direction) && (!text || searchTextOf(entry).includes(text));
  }

  #filter() {
    for (const { entry, row } of this.#lines) row.hidden = !this.#isWanted(entry);
  }
}

/** A line's words: what it is about, without what is the same in all of them. */
function titleOf(entry) {
  if (entry.direction === 'note') return entry.text;
  if (entry.interface === 'GotAPI-5') {
    if (entry.direction === 'out') return 'WebSocket: the access token';
    const { profile = '', attribute = '', result } = entry.body ?? {};
    return `WebSocket: ${[profile, attribute].filter(Boolean).join('/')}${result > 0 ? `, result ${result}` : ''}`;
  }
  const { pathname } = new URL(entry.url);
  const path = decodeURIComponent(pathname.replace(/^\/gotapi\//, ''));
  if (entry.direction === 'out') return `${entry.method} ${path}`;
  return `${entry.status} ${path}, ${Math.round(entry.duration)}\u00a0ms`;
}

function searchTextOf(entry) {
  return [titleOf(entry).replace('\u00a0', ' '), entry.url, entry.text, JSON.stringify(entry.body)]
    .join(' ').toLowerCase();
}

/**
 * The request as a command. What the monitor does not know is left to the shell: with a gateway that was started with
 * `--enable-debug --disable-auth` it runs as it is, else set ACCESS_TOKEN before.
 */
function curlOf({ method, url, body }) {
  const { origin, pathname, search } = new URL(url);
  const kept = search.slice(1).split('&').filter((pair) => pair && !/^(nonce|accessToken)=/.test(pair));
  const query = [...kept, 'accessToken=$ACCESS_TOKEN'].join('&');
  // Everything else is percent-encoded, except what encodeURIComponent leaves; of that, "!" is special to a shell.
  const quoted = (text) => `"${text.replaceAll('!', '%21')}"`;
  return [
    'curl --insecure',
    ...(method === 'GET' ? [] : [`--request ${method}`]),
    `--header "Origin: ${globalThis.location.origin}"`,
    ...(body === undefined ? [] : [`--data ${quoted(body)}`]),
    quoted(`${origin}${pathname}?${query}`),
  ].join(' ');
}
