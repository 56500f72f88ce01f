// What agents and tools do, as it happens.

import { getJson, readEvents } from './api.js';
import { byId, el, keyed, setText } from './dom.js';
import { time } from './format.js';
import { askForKey } from './key.js';

const SHOWN = 12;
const LONGEST = 160;
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15_000;

let events = [];
let lastId = null;
let paused = false;
let drawing = false;

/** Follows the events for as long as the page is open. */
export async function followEvents() {
  byId('events-pause').addEventListener('click', pause);
  let wait = FIRST_WAIT;
  for (;;) {
    try {
      if (lastId === null) {
        events = await getJson(`/v1/events?limit=${SHOWN}`);
        lastId = events[0]?.id ?? null;
        draw();
      }

      await readEvents('/v1/events/stream', lastId, () => {
        wait = FIRST_WAIT;
        say('Connected: new events appear at the top.');
      }, take);
    } catch (problem) {
      if (problem.kind === 'key') {
        await askForKey(problem);
        continue;
      }

      say(problem.message);
    }

    await new Promise(resolve => setTimeout(resolve, wait));
    wait = Math.min(LONGEST_WAIT, 2 * wait);
    say('The stream has ended; connecting again.');
  }
}

function take({ id, event, data }) {
  if (!id || event === 'stream.end' || event === 'stream.overflow') {
    return;
  }

  lastId = id;
  if (!events.some(known => known.id === id)) { // the stream may send one twice
    events = [JSON.parse(data), ...events].slice(0, SHOWN);
    draw();
  }
}

// As often as the screen, however fast they come.
function draw() {
  if (paused || drawing) {
    return;
  }

  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    keyed(byId('events-list'), events, event => event.id, create);
    if (events.length === 0) {
      say('Connected: there are no events yet.');
    }
  });
}

function create(event) {
  const payload = event.payload === null ? '' : JSON.stringify(event.payload);
  return el('li', {},
    el('time', { datetime: event.timestamp, text: time(event.timestamp) }),
    el('span', { class: 'type', text: event.type }),
    el('code', { text: payload.length > LONGEST ? `${payload.slice(0, LONGEST)}…` : payload }));
}

function pause() {
  paused = !paused;
  byId('events-pause').setAttribute('aria-pressed', String(paused));
  draw();
}

const say = text => setText(byId('events-state'), text);
