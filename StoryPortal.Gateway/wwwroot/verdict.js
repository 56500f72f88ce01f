// The one line: whether the system keeps its promises, and if not, what to do.

import { byId, el, keyed, setText } from './dom.js';
import { duration, limit, plural, quantity, sentence } from './format.js';
import { icon } from './icons.js';

// Where to begin; the failed items of the checklist say more.
const ADVICE = {
  api: 'The checks that failed come first; the slowest statements are in /v1/performance/report.',
  database: 'Plans and slow statements are in /v1/performance/report.',
  cache: 'Warm it (POST /v1/admin/cache/warm), then see which tier misses.',
  resources: 'Services, below, tells which process uses how much.',
};

/** Shows what `state` says: the scorecard and checklist known last, when they came, and what is wrong with asking. */
export function showVerdict(state) {
  const said = state.scorecard && judge(state.scorecard);
  const { kind, text } = state.problem ? { kind: 'bad', text: state.problem }
    : state.closed ? { kind: 'unknown', text: 'This gateway asks for a key.' }
      : said ?? { kind: 'unknown', text: 'Looking at the system…' };

  setText(byId('verdict-text'), text);
  byId('verdict').classList.toggle('old', Boolean(state.problem));
  byId('verdict-icon').replaceChildren(icon(kind));
  document.title = `${text.replace(/\.$/, '')} · Story Portal`;
  showAge(state);
  const reasons = said && !state.closed ? [...missed(state.scorecard), ...failed(state.checklist), ...unheard(state.scorecard)] : [];
  keyed(byId('verdict-reasons'), reasons, reason => reason.key, () => el('li'), (item, reason) => {
    const shown = JSON.stringify(reason);
    if (item.dataset.shown !== shown) { // a link that has the focus keeps it
      item.dataset.shown = shown;
      item.replaceChildren(el('a', { href: reason.href, text: reason.what }), el('span', { text: ` ${reason.why}` }));
    }
  });
}

/** What the small line below says; it changes every second, and nobody reads it out. */
export function showAge(state) {
  const said = state.scorecard && judge(state.scorecard);
  const age = state.receivedAt && duration(Date.now() - state.receivedAt);
  setText(byId('verdict-detail'),
    state.closed || !said ? ''
      : state.problem ? `Last known, ${age} ago: ${said.text}`
        : `${said.more}Measured over the last ${plural(state.scorecard.window_seconds / 60, 'minute')}, in ${plural(state.scorecard.processes.length, 'process', 'processes')}.`);
}

function judge({ rows }) {
  const of = status => rows.filter(row => row.status === status).length;
  const [missing, risky, unknown] = [of('missed'), of('at_risk'), of('no_data')];
  const measured = rows.length - unknown;
  const more = unknown > 0 ? `Of ${plural(unknown, 'more target')} there are too few measurements yet. ` : '';
  if (measured === 0) {
    return { kind: 'unknown', text: 'Nothing is measured yet.', more };
  }

  if (missing > 0) {
    return { kind: 'bad', text: `${missing} of ${plural(measured, 'target')} ${missing === 1 ? 'is' : 'are'} missed.`, more };
  }

  const all = measured === 1 ? 'The one measured target is kept' : unknown > 0 ? `All ${measured} measured targets are kept` : `All ${measured} targets are kept`;
  return risky > 0 ? { kind: 'risk', text: `${all}, ${risky} of them only just.`, more } : { kind: 'good', text: `${all}.`, more };
}

const missed = ({ rows }) => rows.filter(row => row.status === 'missed').map(row => ({
  key: row.id,
  href: `#row-${row.id}`,
  what: sentence(row.what),
  why: `${quantity(row.current, row.unit)} instead of ${limit(row)}. ${ADVICE[row.area] ?? ''}`,
}));

const failed = checklist => (checklist?.items ?? []).filter(item => item.status === 'failed').map(item => ({
  key: `check-${item.id}`,
  href: `#check-${item.id}`,
  what: item.what,
  why: item.remedy ?? item.evidence,
}));

const unheard = scorecard => scorecard.unheard.map(process => ({
  key: `unheard-${process.service}-${process.instance}`,
  href: '#services',
  what: `${process.service} was not heard`,
  why: process.reason,
}));
