// Asks, again and again, and shows what it hears. What was heard last stays when nobody answers, grey and with its age.

import { getJson } from './api.js';
import { showChecklist } from './checklist.js';
import { byId, setText } from './dom.js';
import { followEvents } from './events.js';
import { duration } from './format.js';
import { askForKey } from './key.js';
import { showServices } from './services.js';
import { showTargets } from './targets.js';
import { showTraffic } from './traffic.js';
import { showAge, showVerdict } from './verdict.js';

const state = { scorecard: null, checklist: null, services: null, receivedAt: null, problem: null, closed: false };

const sources = [
  {
    path: '/v1/performance', seconds: 5, sections: ['targets', 'traffic'],
    take(scorecard) {
      Object.assign(state, { scorecard, receivedAt: Date.now(), problem: null, closed: false });
      showTargets(scorecard);
      showTraffic(scorecard);
      showServices(state.services ?? [], scorecard);
    },
    fail(problem) {
      state.problem = problem.message;
    },
  },
  {
    path: '/v1/performance/checklist', seconds: 30, sections: ['checklist'],
    take(checklist) {
      state.checklist = checklist;
      showChecklist(checklist);
    },
  },
  {
    path: '/v1/services?limit=1000', seconds: 10, sections: ['services'],
    take(services) {
      state.services = services;
      showServices(services, state.scorecard);
    },
  },
];

async function follow(source) {
  for (;;) {
    let wait = source.seconds;
    try {
      source.take(await getJson(source.path));
      source.receivedAt = Date.now();
      source.failed = false;
    } catch (problem) {
      if (problem.kind === 'key') {
        state.closed = true;
        showVerdict(state);
        await askForKey(problem);
        state.closed = false;
        continue;
      }

      source.failed = true;
      source.fail?.(problem);
      wait = Math.max(wait, problem.retryAfter ?? 0);
      if (!problem.kind) {
        console.error(problem); // a fault of the page itself
      }
    }

    showVerdict(state);
    showAges();
    await pause(wait);
  }
}

// A page that nobody looks at does not ask; when it is looked at again, it asks at once.
function pause(seconds) {
  return new Promise(resolve => {
    const timer = setTimeout(end, 1000 * seconds);
    document.addEventListener('visibilitychange', end);
    window.addEventListener('online', end);
    function end() {
      if (document.visibilityState === 'hidden') {
        return;
      }

      clearTimeout(timer);
      document.removeEventListener('visibilitychange', end);
      window.removeEventListener('online', end);
      resolve();
    }
  });
}

function showAges() {
  showAge(state);
  for (const source of sources) {
    for (const id of source.sections) {
      const section = byId(id);
      section.classList.toggle('stale', source.failed === true && source.receivedAt !== undefined);
      setText(section.querySelector('.age'), source.receivedAt === undefined ? ''
        : source.failed ? `not current: ${duration(Date.now() - source.receivedAt)} old` : `${duration(Date.now() - source.receivedAt)} ago`);
    }
  }
}

setInterval(showAges, 1000);
sources.forEach(follow);
followEvents();
