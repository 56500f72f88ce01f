// Asks for a key where the gateway does not answer without one.

import { key } from './api.js';
import { byId, setText } from './dom.js';

const form = byId('key-form');
const input = byId('key');
const forget = byId('forget-key');
let asked = null;

/** Resolves when there is another key than the one that was refused: at once, or when somebody has given one. Whoever else needs one waits for the same. */
export function askForKey({ message, sent }) {
  if (key.get() !== sent) {
    return Promise.resolve();
  }

  asked ??= new Promise(resolve => {
    key.forget();
    forget.hidden = true;
    setText(byId('key-problem'), message);
    document.body.classList.add('closed');
    form.hidden = false;
    input.focus();
    form.onsubmit = submitted => {
      submitted.preventDefault();
      key.set(input.value.trim());
      input.value = '';
      form.hidden = true;
      document.body.classList.remove('closed');
      forget.hidden = false;
      asked = null;
      byId('main').focus();
      resolve();
    };
  });
  return asked;
}

forget.hidden = key.get() === null;
forget.addEventListener('click', () => {
  key.forget();
  location.reload();
});
