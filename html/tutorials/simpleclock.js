// Swift GotAPI · SPDX-License-Identifier: MIT

import { Page } from './page.js';

const CLOCK = {
  serviceId: 'com.github.futomi.hello-clock.clock',
  profile: 'clock',
  attribute: 'ticktack',
};

const button = document.querySelector('#btn');
const result = document.querySelector('#res');
const ticks = document.querySelector('#ticks');
const face = document.querySelector('#face');
const hands = {
  hour: document.querySelector('#hour'),
  minute: document.querySelector('#minute'),
  second: document.querySelector('#second'),
};

let isRunning = false;
let isAsking = false;
let count = 0;

const page = new Page({ serviceId: CLOCK.serviceId });

button.addEventListener('click', async () => {
  // A second click before the answer would ask for the same again.
  if (isAsking) return;
  isAsking = true;
  const isDone = await page.attempt(() => (isRunning
    ? page.gotapi.unsubscribe(CLOCK)
    : page.gotapi.subscribe(CLOCK, tick)));
  isAsking = false;
  if (!isDone) return;
  isRunning = !isRunning;
  count = 0;
  button.textContent = isRunning ? 'Stop' : 'Start';
  face.dataset.running = isRunning;
  ticks.textContent = isRunning ? 'Waiting for the first push…' : 'Stopped.';
});

function tick(push) {
  if (push.result !== 0) {
    // The library could not start the clock again, or the plug-in gave it up.
    isRunning = false;
    // Else the library would start it again after the next reconnect.
    page.gotapi.unsubscribe(CLOCK).catch(() => {});
    button.textContent = 'Start';
    face.dataset.running = false;
    ticks.textContent = `The clock has stopped: ${push.message}`;
    return;
  }
  result.textContent = push.data;
  count += 1;
  ticks.textContent = count === 1 ? '1 push so far.' : `${count} pushes so far.`;
  turn(push.data);
}

/** Turns the hands to the time in a text such as "11/21/2025, 8:46:16 AM"; leaves them where there is none. */
function turn(text) {
  const found = /(\d{1,2}):(\d{2}):(\d{2})(?:\s*([AP])\.?M)?/i.exec(text);
  if (!found) return;
  const half = found[4]?.toUpperCase();
  const hours = (Number(found[1]) % 12) + (half === 'P' || (!half && Number(found[1]) >= 12) ? 12 : 0);
  const seconds = hours * 3600 + Number(found[2]) * 60 + Number(found[3]);
  hands.hour.setAttribute('transform', `rotate(${seconds / 120})`);
  hands.minute.setAttribute('transform', `rotate(${seconds / 10})`);
  hands.second.setAttribute('transform', `rotate(${seconds * 6})`);
}

page.connect();
