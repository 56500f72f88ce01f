// A status is a picture and a word, never a colour alone.

import { el, svg } from './dom.js';

const PATHS = {
  good: 'M6.5 12.5l3.6 3.6 7.4-8',
  risk: 'M12 6.5v7M12 17v.2',
  bad: 'M8 8l8 8M16 8l-8 8',
  unknown: 'M7.5 12h9',
};

const STATES = {
  ok: ['good', 'kept'], at_risk: ['risk', 'at risk'], missed: ['bad', 'missed'], no_data: ['unknown', 'no data yet'],
  passed: ['good', 'passed'], failed: ['bad', 'failed'], cannot_check: ['unknown', 'cannot be checked here'],
  passing: ['good', 'passing'], warning: ['risk', 'warning'], critical: ['bad', 'critical'],
  unheard: ['risk', 'not heard'],
};

/** The picture of a kind of state: good, risk, bad or unknown. */
export function icon(kind) {
  return svg('svg', { class: `icon ${kind}`, viewBox: '0 0 24 24', 'aria-hidden': 'true' },
    svg('circle', { cx: 12, cy: 12, r: 11 }), svg('path', { d: PATHS[kind] }));
}

/** A status with its word. */
export function status(name) {
  const [kind, word] = STATES[name] ?? ['unknown', name];
  return el('span', { class: `status ${kind}` }, icon(kind), el('span', { text: word }));
}

export const kindOf = name => (STATES[name] ?? ['unknown'])[0];
