// Swift GotAPI · SPDX-License-Identifier: MIT

import { element } from './element.js';
import { Page } from './page.js';

const LIGHT = { serviceId: 'com.github.futomi.lightemulator.light', profile: 'light' };
const COLORS = {
  'Warm white': '#ffd9a0', White: '#ffffff', Red: '#ff3b30', Green: '#34c759', Blue: '#3b82ff', Violet: '#b45cff',
};

/**
 * One lamp: its drawing and its controls.
 *
 * The plug-in keeps a light's state but cannot be asked for it, so the lamp shows what the plug-in has accepted last.
 * While an answer is awaited, further changes wait together and are sent as one: dragging a slider asks no more often
 * than the plug-in answers.
 */
class Lamp {
  #id;
  #page;
  #item;
  #switch;
  #wanted = { isOn: false, color: COLORS['Warm white'], brightness: 1, flashing: 0 };
  #accepted = { ...this.#wanted };
  #isSending = false;

  constructor(id, page) {
    this.#id = id;
    this.#page = page;
    this.#item = document.querySelector('#lamp').content.cloneNode(true).firstElementChild;
    this.#item.id = `light${id}`;
    this.#switch = this.#find('.switch');
    this.#name();
    this.#addColors();
    this.#find('[role=group]').addEventListener('input', (event) => this.#read(event.target));
    this.#switch.addEventListener('click', () => this.#want({ isOn: !this.#wanted.isOn }));
    this.#draw();
  }

  get item() {
    return this.#item;
  }

  /** On a new connection the plug-in may be a new one, too: its light is made to agree with what is seen here. */
  repeat() {
    if (!this.#accepted.isOn) return;
    this.#accepted = { ...this.#accepted, isOn: false };
    this.#send();
  }

  #find(selector) {
    return this.#item.querySelector(selector);
  }

  /** Ids, so that labels find their controls. */
  #name() {
    const name = `Light ${this.#id}`;
    const labelled = (control, label, part) => {
      control.id = `${this.#item.id}-${part}`;
      if (label) label.htmlFor = control.id;
    };
    const title = this.#find('h2');
    title.textContent = name;
    title.id = `${this.#item.id}-name`;
    this.#find('[role=group]').setAttribute('aria-labelledby', title.id);
    labelled(this.#switch, null, 'switch');
    this.#switch.setAttribute('aria-labelledby', title.id);
    labelled(this.#find('.state'), null, 'state');
    this.#switch.setAttribute('aria-describedby', `${this.#item.id}-state`);
    const [brightness, flashing] = this.#item.querySelectorAll('.field');
    labelled(brightness.querySelector('input'), brightness.querySelector('label'), 'brightness');
    labelled(flashing.querySelector('select'), flashing.querySelector('label'), 'flashing');
  }

  #addColors() {
    const swatches = this.#find('.swatches');
    for (const [name, color] of Object.entries(COLORS)) {
      const input = element('input', { type: 'radio', name: `${this.#item.id}-color`, value: color });
      input.checked = color === this.#wanted.color;
      input.style.setProperty('--swatch', color);
      swatches.append(element('label', { title: name }, input, element('span', { className: 'hidden' }, name)));
    }
    // Any other colour; it is the chosen one until a swatch is chosen again.
    const free = element('input', { type: 'color', value: '#00c8c8', id: `${this.#item.id}-free`, title: 'Another' });
    free.setAttribute('aria-label', 'Another colour');
    swatches.append(free);
  }

  /** Takes over what the controls say, `changed` being the one that was used. */
  #read(changed) {
    const free = this.#find('[type=color]');
    if (changed === free) this.#item.querySelectorAll('[type=radio]').forEach((radio) => { radio.checked = false; });
    const chosen = this.#find('[type=radio]:checked');
    this.#want({
      color: chosen ? chosen.value : free.value,
      brightness: Number(this.#find('[type=range]').value) / 100,
      flashing: Number(this.#find('select').value),
    });
  }

  #want(change) {
    Object.assign(this.#wanted, change);
    this.#find('.value').textContent = `${Math.round(this.#wanted.brightness * 100)} %`;
    if (!this.#wanted.isOn && !this.#accepted.isOn) {
      // An unlit lamp has nothing to tell the plug-in; the next POST carries it all.
      this.#accepted = { ...this.#wanted };
      this.#draw();
    } else {
      this.#send();
    }
  }

  async #send() {
    if (this.#isSending) return;
    this.#isSending = true;
    while (JSON.stringify(this.#wanted) !== JSON.stringify(this.#accepted)) {
      const wanted = { ...this.#wanted };
      const { color, brightness, flashing } = wanted;
      const values = { name: `Light ${this.#id}`, color, brightness, flashing };
      const method = wanted.isOn ? (this.#accepted.isOn ? 'put' : 'post') : 'delete';
      const isDone = await this.#page.attempt(() => this.#page.gotapi.request({
        method, ...LIGHT, lightId: String(this.#id), ...(wanted.isOn && values),
      }));
      if (isDone) this.#accepted = wanted;
      else this.#wanted = { ...this.#accepted };
      this.#draw();
    }
    this.#isSending = false;
  }

  #draw() {
    const { isOn, color, brightness, flashing } = this.#accepted;
    this.#item.dataset.on = isOn;
    this.#item.dataset.blinking = isOn && flashing > 0;
    this.#item.style.setProperty('--light', color);
    this.#item.style.setProperty('--level', brightness);
    this.#item.style.setProperty('--period', `${flashing}ms`);
    this.#switch.setAttribute('aria-checked', isOn);
    this.#find('.value').textContent = `${Math.round(this.#wanted.brightness * 100)} %`;
    const name = Object.keys(COLORS).find((key) => COLORS[key] === color) ?? color;
    const blinking = flashing ? `, blinking every ${flashing / 1000} s` : '';
    this.#find('.state').textContent = isOn ? `On: ${name}, ${Math.round(brightness * 100)} %${blinking}` : 'Off';
  }
}

const page = new Page({
  serviceId: LIGHT.serviceId,
  onReady: () => lamps.forEach((lamp) => lamp.repeat()),
});
const lamps = [1, 2, 3].map((id) => new Lamp(id, page));
document.querySelector('#lamps').append(...lamps.map((lamp) => lamp.item));
page.connect();
