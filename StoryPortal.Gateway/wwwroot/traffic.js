// Latency and throughput of the last minutes, drawn from what the scorecard tells of every ten seconds.

import { byId, el, setText, svg } from './dom.js';
import { NOTHING, number, quantity } from './format.js';

const WIDTH = 600;
const HEIGHT = 120;
const KEPT = 15 * 60_000; // a page that stays open shows more than the scorecard's five minutes
const LEAST = 5 * 60_000;

const slices = new Map();
const charts = {
  latency: chart('Latency', [['p95_ms', 'p95', 'first'], ['p50_ms', 'p50', 'second']], value => quantity(value, 'ms')),
  throughput: chart('Throughput', [['requests_per_second', 'requests per second', 'first area']], value => (value === null ? NOTHING : number(value))),
};

export function showTraffic({ traffic, generated_at }) {
  const now = Date.parse(generated_at);
  traffic.forEach(slice => slices.set(Date.parse(slice.at), slice));
  [...slices.keys()].filter(at => at < now - KEPT).forEach(at => slices.delete(at));
  const points = [...slices].sort(([a], [b]) => a - b).map(([at, slice]) => ({ at, ...slice, at_ms: at }));
  charts.latency.show(points, now);
  charts.throughput.show(points, now);
}

function chart(title, lines, format) {
  const paths = lines.map(([, , kind]) => svg('path', { class: `line ${kind.split(' ')[0]}` }));
  const area = lines[0][2].includes('area') ? svg('path', { class: 'fill' }) : null;
  const picture = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' },
    ...[0, 0.5, 1].map(part => svg('line', { class: 'grid', x1: 0, x2: WIDTH, y1: HEIGHT * part, y2: HEIGHT * part })), area, ...paths);
  const values = lines.map(() => el('strong', { text: NOTHING }));
  const [top, middle, begin] = [el('span'), el('span'), el('span')];
  byId('charts').append(el('figure', {},
    el('figcaption', {}, el('h3', { text: title }),
      ...lines.map(([, name, kind], i) => el('span', { class: `legend ${kind}` }, values[i], ` ${name}`))),
    el('div', { class: 'plot' }, picture, el('div', { class: 'scale', 'aria-hidden': 'true' }, top, middle, el('span', { text: '0' }))),
    el('div', { class: 'axis', 'aria-hidden': 'true' }, begin, el('span', { text: 'now' }))));

  return {
    show(points, now) {
      const span = Math.max(LEAST, points.length > 0 ? now - points[0].at_ms : 0);
      const highest = nice(Math.max(0, ...points.flatMap(point => lines.map(([field]) => point[field] ?? 0))));
      const x = at => WIDTH * (1 - (now - at - 5000) / span);
      const y = value => HEIGHT * (1 - value / highest);
      lines.forEach(([field], i) => {
        paths[i].setAttribute('d', path(points, field, x, y));
        setText(values[i], format(points.at(-1)?.[field] ?? null));
      });
      area?.setAttribute('d', points.length > 1
        ? `${path(points, lines[0][0], x, y)}L${x(points.at(-1).at_ms)} ${HEIGHT}L${x(points[0].at_ms)} ${HEIGHT}Z` : '');
      setText(top, format(highest));
      setText(middle, format(highest / 2));
      setText(begin, `${Math.round(span / 60_000)} minutes ago`);
      picture.setAttribute('aria-label', describe(title, lines, points, format, span));
    },
  };
}

// Where nobody asked there is a gap, and what stands alone between two is a dot.
function path(points, field, x, y) {
  let d = '';
  let open = false;
  for (const point of points) {
    const value = point[field];
    if (value === null || value === undefined) {
      open = false;
      continue;
    }

    const place = `${x(point.at_ms).toFixed(1)} ${y(value).toFixed(1)}`;
    d += open ? `L${place}` : `M${place}h.1`;
    open = true;
  }

  return d;
}

function describe(title, lines, points, format, span) {
  const told = lines.map(([field, name]) => {
    const values = points.map(point => point[field]).filter(value => value !== null && value !== undefined);
    return values.length === 0 ? `${name}: none yet` : `${name}: now ${format(values.at(-1))}, at most ${format(Math.max(...values))}`;
  });
  return `${title} over the last ${Math.round(span / 60_000)} minutes. ${told.join('; ')}.`;
}

// The next of 1, 2, 5, 10, …
function nice(value) {
  if (value <= 0) {
    return 1;
  }

  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 5, 10].find(step => step * power >= value);
}
