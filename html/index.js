// Swift GotAPI · SPDX-License-Identifier: MIT

import { element } from './tutorials/element.js';
import { Page } from './tutorials/page.js';

const list = document.querySelector('#services');
const count = document.querySelector('#services-count');
const refresh = document.querySelector('#refresh');

const page = new Page({
  onReady: () => { refresh.disabled = false; },
  onServices: show,
});

refresh.addEventListener('click', () => page.refresh());

/** @param {object[]} services  As the plug-ins describe them. */
function show(services) {
  list.replaceChildren(...services.map((service) => element('li', { className: 'service' },
    element('div', { className: 'heading' },
      element('h3', {}, String(service.name)),
      element('span', { className: 'badge', 'data-online': String(service.online === true) },
        service.online === true ? 'online' : 'offline')),
    element('p', { className: 'id' }, String(service.serviceId)),
    element('p', { className: 'soft' }, 'Profiles: ',
      ...[service.scopes].flat().flatMap((scope, i) => [i ? ', ' : '', element('code', {}, String(scope))])))));
  count.textContent = services.length === 0
    ? 'No service: no plug-in is loaded. Put a libgotapi-plugin-….so into the plugins folder.'
    : `${services.length} ${services.length === 1 ? 'service' : 'services'} now.`;
  for (const card of document.querySelectorAll('[data-service]')) {
    mark(card, services.some((service) => service.serviceId === card.dataset.service), 'Its plug-in is not loaded');
  }
  for (const card of document.querySelectorAll('[data-scope]')) {
    mark(card, services.some((service) => [service.scopes].flat().includes(card.dataset.scope)), 'None is paired yet');
  }
}

/** Says on a card whether what its page needs is there. */
function mark(card, isThere, otherwise) {
  card.dataset.there = isThere;
  card.querySelector('.ready').textContent = isThere ? 'Ready' : otherwise;
}

page.connect();
