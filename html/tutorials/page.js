// Swift GotAPI · SPDX-License-Identifier: MIT
//
// What all pages share: the connection, its state in words, problems with their remedies, and the monitor.

import GotapiClient from '/gotapi-client.mjs';
import { element } from './element.js';
import { mountMonitor } from './monitor.js';
import { explain, missingService } from './problems.js';

const STATES = {
  connecting: 'Connecting…',
  connected: 'Connected',
  reconnecting: 'Connection lost. Trying again…',
  disconnected: 'Not connected',
};

/** A page of this gateway. */
export class Page {
  #gotapi = new GotapiClient();
  #serviceId;
  #onReady;
  #onServices;
  #problem = document.querySelector('#problem');
  #status = document.querySelector('#status');
  /** @type {Map<string, object>} What the gateway offers now, by service id. */
  #services = new Map();

  /**
   * @param {object} options
   * @param {string} [options.serviceId]           The service that the page is for; its controls wait for it.
   * @param {() => void} [options.onReady]         Called each time the connection stands and the service is there.
   * @param {(services: object[]) => void} [options.onServices]  Called when the services are known or have changed.
   */
  constructor({ serviceId, onReady, onServices }) {
    this.#serviceId = serviceId;
    this.#onReady = onReady;
    this.#onServices = onServices;
    mountMonitor(document.querySelector('#monitor'), this.#gotapi);
    this.#gotapi.onstatechange = (state) => this.#show(state);
    this.#gotapi.onopen = (services) => this.#take(services);
    this.#gotapi.onservicechange = (service) => this.#change(service);
  }

  /** @returns {GotapiClient} */
  get gotapi() {
    return this.#gotapi;
  }

  /** Connects, and says what is wrong where that fails. */
  async connect() {
    this.clearProblem();
    try {
      await this.#gotapi.connect();
    } catch (error) {
      this.showProblem(explain(error), () => this.connect());
    }
  }

  /**
   * Runs what a control asks for; a failure becomes a problem in words.
   * @param {() => Promise<*>} action
   * @returns {Promise<boolean>} whether it succeeded
   */
  async attempt(action) {
    try {
      await action();
      this.clearProblem();
      return true;
    } catch (error) {
      this.showProblem(explain(error));
      return false;
    }
  }

  /**
   * @param {{title: string, text: string, remedies: string[]}} problem
   * @param {() => void} [retry]
   */
  showProblem({ title, text, remedies }, retry) {
    this.#problem.replaceChildren(
      element('p', { className: 'problem-title' }, title),
      element('p', {}, text),
      element('ul', {}, ...remedies.map((remedy) => element('li', {}, remedy))),
    );
    if (retry) {
      this.#problem.append(element('button', { type: 'button', onclick: retry }, 'Try again'));
    }
    this.#problem.hidden = false;
  }

  clearProblem() {
    // The button that was pressed goes too; its focus must not fall back to the page's beginning.
    if (this.#problem.contains(document.activeElement)) document.querySelector('#main').focus();
    this.#problem.hidden = true;
    this.#problem.replaceChildren();
  }

  /** Asks again which services there are. */
  async refresh() {
    await this.attempt(async () => this.#take(await this.#gotapi.requestServiceDiscovery()));
  }

  #show(state) {
    this.#status.textContent = STATES[state];
    this.#status.dataset.state = state;
    if (state === 'connected') this.clearProblem();
  }

  #take(services) {
    this.#services = new Map(services.map((service) => [service.serviceId, service]));
    this.#servicesChanged();
    if (!this.#serviceId || this.#services.has(this.#serviceId)) this.#ready();
    else this.showProblem(missingService(this.#serviceId));
  }

  #change({ state, ...service }) {
    const before = this.#services.get(service.serviceId);
    if (state) this.#services.set(service.serviceId, service);
    else this.#services.delete(service.serviceId);
    this.#servicesChanged();
    if (service.serviceId !== this.#serviceId) return;
    if (!state || !service.online) {
      this.showProblem(missingService(this.#serviceId));
    } else if (!before?.online) {
      this.clearProblem();
      this.#ready();
    }
  }

  #servicesChanged() {
    this.#onServices?.([...this.#services.values()]);
  }

  #ready() {
    // Controls stay usable from here on: one that is disabled while it has the focus loses it.
    for (const control of document.querySelectorAll('[data-needs-service]')) control.disabled = false;
    this.#onReady?.();
  }
}
