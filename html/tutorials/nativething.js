// Swift GotAPI · SPDX-License-Identifier: MIT

import { element } from './element.js';
import { Page } from './page.js';
import { own, Parameters, unitOf } from './parameters.js';
import { explain } from './problems.js';

const PROFILE = 'nativeThing';
/** The oldest events of a thing go first. */
const MOST_EVENTS = 10;

const REMEDIES = {
  1: ['Is it switched on, and on the network? gotapi things shows when it said hello last.'],
  7: ['It may be busy, or its network slow; try again.'],
  10: ['Its prototype names the verbs that it has.'],
};

/**
 * One thing: what it said last, its verbs and its events.
 *
 * All that a thing says is shown as text: its names and diagnostics are whatever somebody wrote into it.
 */
class Thing {
  #page;
  #service;
  #item;
  /** @type {Map<string, *>} The properties beside name and status. */
  #info = new Map();
  #state = {};
  #prototype = null;
  /** @type {Parameters} */
  #parameters = null;
  #isWatched = false;
  /** What was pushed while the thing is asked, for each time that it is. */
  #loads = new Set();
  /** The events that are subscribed to, as the request that did it, or null. */
  #observed = null;
  #isAsking = false;

  constructor(service, page) {
    this.#page = page;
    this.#service = service;
    this.#item = document.querySelector('#thing').content.cloneNode(true).firstElementChild;
    this.#item.dataset.service = service.serviceId;
    this.#label();
    this.#find('.events button').addEventListener('click', () => this.#toggleEvents());
    this.#draw();
  }

  get item() {
    return this.#item;
  }

  /** The service list has this thing, perhaps changed. */
  take(service) {
    const hasCome = service.online && !this.#service.online;
    this.#service = service;
    this.#draw();
    // It may have become another one while it was away.
    if (hasCome) this.load();
  }

  /** Asks what it is and how it is, and watches it from then on. */
  async load() {
    const missed = [];
    try {
      // First, so that nothing changes unseen between the answer and the subscription.
      if (!this.#isWatched) {
        this.#isWatched = true;
        await this.#page.gotapi.subscribe(this.#request('onPropertyChange'), (push) => this.#pushed(push));
      }
      this.#loads.add(missed);
      const [{ prototype }, { thing }] = await Promise.all([
        this.#ask('get', 'prototype'), this.#ask('get', 'properties'),
      ]);
      this.#takePrototype(prototype);
      this.#info = new Map();
      // The answer may be older than what was pushed meanwhile.
      for (const state of [thing, ...missed]) this.#takeState(state);
    } catch (error) {
      this.#isWatched = false;
      this.#find('.updated').textContent = `Nothing is known of it: ${error.message}`;
    } finally {
      this.#loads.delete(missed);
    }
  }

  /** The service list does not have it any more. The library would subscribe again after each reconnect. */
  leave() {
    this.#item.remove();
    const subscriptions = [this.#isWatched && this.#request('onPropertyChange'), this.#observed].filter(Boolean);
    // That the gateway does not know the thing any more is no problem of the user's.
    for (const subscription of subscriptions) this.#page.gotapi.unsubscribe(subscription).catch(() => {});
  }

  #find(selector) {
    return this.#item.querySelector(selector);
  }

  #request(attribute, values = {}) {
    return { serviceId: this.#service.serviceId, profile: PROFILE, attribute, ...values };
  }

  #ask(method, attribute, values) {
    return this.#page.gotapi.request({ method, ...this.#request(attribute, values) });
  }

  /** Ids, so that labels find their controls. */
  #label() {
    const id = (part) => `${this.#service.serviceId}-${part}`;
    this.#find('h3').id = id('name');
    for (const [number, label] of this.#item.querySelectorAll('label').entries()) {
      const control = label.parentElement.querySelector('input, select');
      control.id = id(`control${number}`);
      label.htmlFor = control.id;
    }
    for (const group of this.#item.querySelectorAll('[role=group]')) {
      const title = group.querySelector('h4');
      title.id = id(group.className);
      group.setAttribute('aria-labelledby', `${id('name')} ${title.id}`);
    }
  }

  // -- What it says --

  #pushed(push) {
    // An error push ends the subscription; the next load begins another.
    if (push.result !== 0) {
      this.#isWatched = false;
      return;
    }
    for (const missed of this.#loads) missed.push(push.thing);
    this.#takeState(push.thing);
  }

  #takeState({ name, status, updated, info }) {
    this.#state = { name, status, updated };
    for (const [key, value] of Object.entries(info ?? {})) {
      if (value === null) this.#info.delete(key);
      else this.#info.set(key, value);
    }
    this.#draw();
  }

  #takePrototype(prototype) {
    if (JSON.stringify(prototype) === JSON.stringify(this.#prototype)) return;
    this.#prototype = prototype;
    const { observe = [], perform = [], validate } = prototype;
    this.#find('.verbs').hidden = perform.length === 0;
    this.#find('.test').hidden = !validate?.perform;
    // Nobody could clear it while it is hidden.
    if (!validate?.perform) this.#find('[type=checkbox]').checked = false;
    this.#parameters = new Parameters(
      this.#find('.parameters'), prototype.properties, `${this.#service.serviceId}-parameter`);
    this.#find('.verbs .buttons').replaceChildren(...perform.map((verb) => element('button', {
      type: 'button', className: 'quiet', onclick: () => this.#perform(verb),
    }, String(verb))));
    this.#find('.events').hidden = observe.length === 0;
    this.#find('.events select').replaceChildren(...observe.map((verb) => element('option', { value: verb }, String(verb))));
  }

  #draw() {
    const { name, status, updated } = this.#state;
    this.#find('h3').textContent = name ?? this.#service.name;
    const badge = this.#find('.badge');
    badge.dataset.online = this.#service.online === true;
    badge.textContent = this.#service.online === true ? 'online' : 'offline';
    this.#find('.id').textContent = this.#prototype?.path ?? this.#service.serviceId;
    const rows = status === undefined ? [] : [['status', status], ...this.#info];
    this.#find('.properties').replaceChildren(...rows.flatMap(([key, value]) => [
      element('dt', {}, key), element('dd', {}, this.#words(key, value)),
    ]));
    this.#find('.updated').textContent = updated === undefined ? '' : `Said at ${timeOf(updated)}.`;
  }

  #words(key, value) {
    const unit = unitOf(own(this.#prototype?.properties, key));
    // Sensors send numbers as text.
    const isNumber = typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value));
    if (unit && isNumber) return `${value}\u00a0${unit}`;
    return typeof value === 'string' ? value : JSON.stringify(value);
  }

  // -- What it is asked --

  async #perform(verb) {
    const isTest = this.#find('[type=checkbox]').checked;
    const outcome = this.#find('.outcome');
    outcome.textContent = '';
    const parameter = this.#find('.raw input').value || this.#parameters.take();
    if (parameter === null) return;
    const isDone = await this.#attempt(() => this.#ask('post', 'perform', {
      verb, parameter, ...(isTest && { testOnly: 'true' }),
    }));
    outcome.textContent = isDone ? `${verb}: ${isTest ? 'it would be accepted.' : 'accepted.'}` : `${verb}: refused.`;
  }

  async #toggleEvents() {
    // A second click before the answer would ask for the same again.
    if (this.#isAsking) return;
    this.#isAsking = true;
    const wanted = this.#observed ? null : this.#request('onEvent', {
      verb: this.#find('.events select').value, parameter: this.#find('.events [type=text]').value,
    });
    const isDone = await this.#attempt(() => (wanted
      ? this.#page.gotapi.subscribe(wanted, (push) => this.#happened(push))
      : this.#page.gotapi.unsubscribe(this.#observed)));
    this.#isAsking = false;
    if (isDone) this.#showObserved(wanted, wanted ? `Waiting for ${wanted.verb}…` : 'Not subscribed.');
  }

  #happened(push) {
    if (push.result !== 0) {
      // The thing gave it up. Else the library would ask for it again after the next reconnect.
      if (this.#observed) this.#page.gotapi.unsubscribe(this.#observed).catch(() => {});
      this.#showObserved(null, `The subscription is over: ${push.message}`);
      return;
    }
    const { verb, parameter, time } = push.event;
    const list = this.#find('.events ol');
    list.prepend(element('li', {}, `${timeOf(time)}: ${verb}${parameter ? ` (${parameter})` : ''}`));
    if (list.children.length > MOST_EVENTS) list.lastElementChild.remove();
    this.#takeState(push.event.thing);
  }

  #showObserved(observed, words) {
    this.#observed = observed;
    this.#find('.events button').textContent = observed ? 'Stop' : 'Subscribe';
    this.#find('.events [role=status]').textContent = words;
  }

  async #attempt(action) {
    try {
      await action();
      this.#page.clearProblem();
      return true;
    } catch (error) {
      const title = `${this.#find('h3').textContent} did not do that`;
      this.#page.showProblem(error.code
        ? explain(error) : { title, text: error.message, remedies: REMEDIES[error.result] ?? [] });
      return false;
    }
  }
}

/** Milliseconds since 1970 or ISO 8601, as this computer's clock shows it. */
function timeOf(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toLocaleTimeString();
}

const list = document.querySelector('#things');
const count = document.querySelector('#things-count');
/** @type {Map<string, Thing>} */
const things = new Map();

function show(services) {
  const present = services.filter((service) => [service.scopes].flat().includes(PROFILE));
  for (const [id, thing] of things) {
    if (present.some(({ serviceId }) => serviceId === id)) continue;
    thing.leave();
    things.delete(id);
  }
  for (const service of present) {
    const known = things.get(service.serviceId);
    if (known) {
      known.take(service);
      continue;
    }
    const thing = new Thing(service, page);
    things.set(service.serviceId, thing);
    list.append(thing.item);
    if (isReady) thing.load();
  }
  count.textContent = present.length === 0 ? 'No thing is paired with this gateway.'
    : `${present.length} ${present.length === 1 ? 'thing' : 'things'}, `
      + `${present.filter(({ online }) => online).length} online.`;
  document.querySelector('#no-things').hidden = present.length > 0;
}

let isReady = false;
const page = new Page({
  onServices: show,
  // Also after each reconnect: what was said meanwhile was missed.
  onReady: () => {
    isReady = true;
    for (const thing of things.values()) thing.load();
  },
});
page.connect();
