// The checklist: what failed first, open, with what to do about it.

import { byId, el, keyed, setText } from './dom.js';
import { plural } from './format.js';
import { status } from './icons.js';

const ORDER = ['failed', 'cannot_check', 'passed'];

export function showChecklist({ items, passed, failed, cannot_check }) {
  setText(byId('checklist-summary'), `${failed} failed, ${passed} passed, ${plural(cannot_check, 'item')} cannot be checked where this runs.`);
  const groups = [
    { name: 'Failed', items: items.filter(item => item.status === 'failed') },
    ...[...new Set(items.map(item => item.group))].map(name => ({ name, items: items.filter(item => item.group === name && item.status !== 'failed') })),
  ].filter(group => group.items.length > 0);

  keyed(byId('checklist-groups'), groups, group => group.name,
    group => el('section', {}, el('h3', { text: group.name }), el('ul', { class: 'checks' })),
    (section, group) => keyed(section.lastElementChild, group.items.toSorted((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status)),
      item => item.id, createItem, updateItem));
}

function createItem(item) {
  return el('li', { id: `check-${item.id}` }, el('details', {},
    el('summary', {}, el('span', { class: 'what' }), el('span', { class: 'state' })),
    el('dl', {}, el('dt', { text: 'Seen' }), el('dd', { class: 'evidence' }), el('dt', { text: 'What to do' }), el('dd', { class: 'remedy' }))));
}

function updateItem(element, item) {
  const details = element.firstElementChild;
  setText(details.querySelector('.what'), item.what);
  setText(details.querySelector('.evidence'), item.evidence);
  const remedy = details.querySelector('.remedy');
  setText(remedy, item.remedy ?? '');
  remedy.hidden = remedy.previousElementSibling.hidden = !item.remedy;
  if (element.dataset.status !== item.status) {
    element.dataset.status = item.status;
    details.open = item.status === 'failed'; // after that it is up to whoever reads it
    details.querySelector('.state').replaceChildren(status(item.status));
  }
}
