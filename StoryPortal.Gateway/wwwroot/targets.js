// The scorecard: a table for each area.

import { byId, el, keyed, setText } from './dom.js';
import { count, limit, quantity, sentence } from './format.js';
import { kindOf, status } from './icons.js';

const AREAS = { api: 'API', database: 'Database', cache: 'Cache', resources: 'Resources' };
const COLUMNS = ['What', 'Target', 'Now', 'Since start', 'Samples', 'Status'];

export function showTargets({ rows }) {
  const areas = [...new Set(rows.map(row => row.area))];
  keyed(byId('targets-tables'), areas, area => area, createTable, (table, area) =>
    keyed(table.tBodies[0], rows.filter(row => row.area === area), row => row.id, createRow, updateRow));
}

// Roles are said again: on a phone rows are laid out as blocks, and would be no table any more.
function createTable(area) {
  return el('table', { role: 'table' },
    el('caption', { text: AREAS[area] ?? area }),
    el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, ...COLUMNS.map(text => el('th', { scope: 'col', role: 'columnheader', text })))),
    el('tbody', { role: 'rowgroup' }));
}

function createRow(row) {
  const meter = el('span', { class: 'meter', 'aria-hidden': 'true' }, el('span'));
  return el('tr', { id: `row-${row.id}`, role: 'row', tabindex: '-1' },
    el('th', { scope: 'row', role: 'rowheader', text: sentence(row.what) }),
    ...COLUMNS.slice(1, 5).map(name => el('td', { role: 'cell', 'data-label': name, class: name === 'Now' ? 'now' : null }, el('span', { class: 'value' }), name === 'Now' ? meter : null)),
    el('td', { role: 'cell', class: 'state' }));
}

function updateRow(element, row) {
  const values = [limit(row), quantity(row.current, row.unit), quantity(row.since_start, row.unit), count(row.samples)];
  element.querySelectorAll('.value').forEach((cell, i) => setText(cell, values[i]));

  // How much of what is allowed is used up.
  const used = row.current === null ? 0 : row.direction === 'below' ? row.current / row.target : (100 - row.current) / (100 - row.target);
  const bar = element.querySelector('.meter > span');
  bar.style.setProperty('inline-size', `${Math.max(row.current === null ? 0 : 2, Math.min(100, 100 * used))}%`);
  if (element.dataset.status !== row.status) {
    element.dataset.status = row.status;
    element.dataset.kind = kindOf(row.status);
    element.lastElementChild.replaceChildren(status(row.status));
  }
}
