// Figures as people read them.

const plain = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });

export const NOTHING = '–';

export const number = value => (Math.abs(value) >= 100 ? whole : plain).format(value);

export const count = value => whole.format(value);

export const time = value => clock.format(new Date(value));

/** A value with its unit; what is not known is a dash. */
export function quantity(value, unit) {
  if (value === null || value === undefined) {
    return NOTHING;
  }

  switch (unit) {
    case 'bytes': return bytes(value);
    case 'ms': return value >= 1000 ? `${number(value / 1000)} s` : `${number(value)} ms`;
    case 'connections': case 'cores': return number(value); // what is counted, its row says
    case '%': return `${number(value)} %`;
    default: return `${number(value)} ${unit}`;
  }
}

/** A target: on which side of what a value should be. */
export const limit = row => `${row.direction === 'below' ? '<' : '>'} ${quantity(row.target, row.unit)}`;

export function bytes(value) {
  const MIB = 2 ** 20;
  if (value >= MIB && value % MIB === 0) {
    return `${number(value / MIB)} MiB`; // a limit that somebody has set so
  }

  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${number(value / 1000 ** power)} ${units[power]}`;
}

export const sentence = text => text.charAt(0).toUpperCase() + text.slice(1);

/** Milliseconds as people say them. */
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  return seconds < 60 ? `${seconds} s` : seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}

export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
