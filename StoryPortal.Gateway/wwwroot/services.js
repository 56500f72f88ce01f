// Every process of the system: from the registry whether it is there, from the scorecard what it uses.

import { byId, el, keyed, setText } from './dom.js';
import { NOTHING, bytes, quantity } from './format.js';
import { status } from './icons.js';

const COLUMNS = ['Service', 'Version', 'Memory', 'CPU cores', 'Status'];

export function showServices(services, scorecard) {
  const place = byId('services-table');
  if (!place.firstElementChild) {
    place.append(el('table', { role: 'table' },
      el('caption', { class: 'visually-hidden', text: 'Services and their instances' }),
      el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, ...COLUMNS.map(text => el('th', { scope: 'col', role: 'columnheader', text })))),
      el('tbody', { role: 'rowgroup' })));
  }

  keyed(place.querySelector('tbody'), rows(services, scorecard), row => `${row.service}/${row.instance}`, create, update);
}

function rows(services, scorecard) {
  return services.flatMap(service => service.instances.map(instance => {
    const is = process => process.service === service.name && process.instance === instance.id;
    const heard = scorecard?.processes.find(is);
    return {
      service: service.name,
      instance: instance.id,
      description: service.description ?? '',
      values: [instance.version ?? NOTHING, heard ? bytes(heard.memory_bytes) : NOTHING, heard ? quantity(heard.cpu_cores, 'cores') : NOTHING],
      status: instance.status === 'passing' && scorecard?.unheard.some(is) ? 'unheard' : instance.status,
    };
  }));
}

function create(row) {
  return el('tr', { role: 'row' },
    el('th', { scope: 'row', role: 'rowheader' }, el('span', { text: row.service }), el('small', { text: row.instance })),
    ...COLUMNS.slice(1, 4).map(name => el('td', { role: 'cell', 'data-label': name }, el('span', { class: 'value' }))),
    el('td', { role: 'cell', class: 'state' }));
}

function update(element, row) {
  element.querySelectorAll('.value').forEach((cell, i) => setText(cell, row.values[i]));
  if (element.dataset.status !== row.status) {
    element.dataset.status = row.status;
    element.lastElementChild.replaceChildren(status(row.status));
  }
}
