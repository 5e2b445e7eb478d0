// Swift GotAPI · SPDX-License-Identifier: MIT

/**
 * An element with its properties and children, in one expression.
 * @param {string} name
 * @param {object} [properties]  Properties of the element; `role` and names with a hyphen are attributes.
 * @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === 'role' || key.includes('-')) made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children);
  return made;
}
