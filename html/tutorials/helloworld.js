// Swift GotAPI · SPDX-License-Identifier: MIT

import { Page } from './page.js';

const SERVICE = 'com.github.futomi.hello-world.echo';

const message = document.querySelector('#msg');
const result = document.querySelector('#res');
const took = document.querySelector('#took');

const page = new Page({ serviceId: SERVICE });

document.querySelector('#form').addEventListener('submit', (event) => {
  event.preventDefault();
  page.attempt(async () => {
    const started = performance.now();
    const answer = await page.gotapi.request({
      method: 'get',
      serviceId: SERVICE,
      profile: 'echo',
      attribute: '',
      msg: message.value,
    });
    result.textContent = answer.data;
    result.dataset.answered = 'true';
    took.textContent = `It took ${Math.max(1, Math.round(performance.now() - started))} ms there and back.`;
  });
});

page.connect();
