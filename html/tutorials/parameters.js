// Swift GotAPI · SPDX-License-Identifier: MIT

import { element } from './element.js';

/** What stands behind a number, by the property's syntax. */
const UNITS = {
  percentage: '%', degrees: '°', mireds: 'mireds', meters: 'm', 'meters/second': 'm/s', kilometers: 'km', seconds: 's',
  milliseconds: 'ms', celsius: '°C', ppm: 'ppm', decibels: 'dB', db: 'dB', millibars: 'mbar', sigmas: 'σ', lux: 'lx',
  watts: 'W', u8: '', s8: '', fraction: '',
};
/** The least and the greatest number, where there is one, and the step between two. */
const RANGES = {
  percentage: [0, 100, 'any'], fraction: [0, 1, 'any'], degrees: [-360, 360, 'any'], u8: [0, 255, 1], s8: [-128, 127, 1],
};

/** The value behind `key`, if the object itself has it: names are a thing's, and may be anything. */
export function own(object, key) {
  return object && Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The unit of a property with this syntax; undefined where it has none, or is no number. */
export function unitOf(syntax) {
  return (typeof syntax === 'string' && own(UNITS, syntax)) || undefined;
}

/**
 * The form for the parameter of a verb, made from the prototype: a field for each property, with its unit, range and
 * choices. What is left empty is not sent.
 */
export class Parameters {
  #fields;

  /**
   * @param {HTMLElement} place  Where the fields go.
   * @param {object} properties  The prototype's, by name.
   * @param {string} id  Begins the ids of the controls.
   */
  constructor(place, properties, id) {
    const settable = Object.entries(properties ?? {}).filter(([name]) => name !== 'name' && name !== 'status');
    this.#fields = settable.map(([name, syntax], number) => new Field(name, syntax, `${id}-${number}`));
    place.replaceChildren(...this.#fields.map(({ item }) => item));
  }

  /** The text for the thing; null where a field is wrong, which then has the focus and says why. */
  take() {
    for (const field of this.#fields) {
      if (!field.check()) return null;
    }
    const given = this.#fields.filter(({ isGiven }) => isGiven).map(({ name, value }) => [name, value]);
    return given.length === 0 ? '' : JSON.stringify(Object.fromEntries(given));
  }
}

/** One property's field. */
class Field {
  constructor(name, syntax, id) {
    this.name = name;
    this.kind = kindOf(syntax);
    this.control = control(this.kind, syntax);
    this.control.id = id;
    this.control.dataset.property = name;
    this.control.addEventListener('input', () => this.control.setCustomValidity(''));
    this.item = element('p', { className: 'field' },
      element('label', { htmlFor: id }, this.#label(syntax)), this.control);
  }

  #label(syntax) {
    const [least, greatest] = own(RANGES, syntax) ?? [];
    const range = least === undefined ? [] : [`${least} to ${greatest}`];
    const words = [...range, ...(unitOf(syntax) ? [unitOf(syntax)] : [])].join(' ');
    return words ? `${this.name} (${words})` : this.name;
  }

  get isGiven() {
    return this.control.value.trim() !== '';
  }

  get value() {
    const text = this.control.value;
    switch (this.kind) {
      case 'number': return Number(text);
      case 'time': return new Date(text).toISOString();
      // An empty part is no number, though Number() takes it for 0.
      case 'place': return text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
      case 'object': return JSON.parse(text);
      default: return text;
    }
  }

  check() {
    let problem = '';
    if (this.isGiven && this.kind === 'place'
      && !([2, 3].includes(this.value.length) && this.value.every(Number.isFinite))) {
      problem = 'Latitude, longitude and perhaps metres, with commas between them.';
    }
    if (this.isGiven && this.kind === 'object') {
      try {
        const value = JSON.parse(this.control.value);
        if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new SyntaxError();
      } catch {
        problem = 'A JSON object in braces.';
      }
    }
    this.control.setCustomValidity(problem);
    return this.control.reportValidity();
  }
}

function kindOf(syntax) {
  if (Array.isArray(syntax)) return 'choice';
  if (syntax !== null && typeof syntax === 'object') return 'object';
  if (syntax === 'timestamp') return 'time';
  if (syntax === 'latlng' || syntax === 'coordinates') return 'place';
  return typeof syntax === 'string' && Object.hasOwn(UNITS, syntax) ? 'number' : 'text';
}

function control(kind, syntax) {
  if (kind === 'choice') {
    return element('select', {}, ...['', ...syntax].map((choice) => element('option', {}, String(choice))));
  }
  if (kind === 'time') return element('input', { type: 'datetime-local', step: 1 });
  const input = element('input', { type: kind === 'number' ? 'number' : 'text', autocomplete: 'off', spellcheck: false });
  if (kind === 'number') {
    const [least, greatest, step] = own(RANGES, syntax) ?? ['', '', 'any'];
    Object.assign(input, { min: least, max: greatest, step });
  }
  if (kind === 'object') input.placeholder = `{"${Object.keys(syntax)[0] ?? '…'}": …}`;
  return input;
}
