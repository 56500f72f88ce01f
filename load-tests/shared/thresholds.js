// The promises of the product as thresholds.
import { targets } from './targets.js';

/** Of all requests together. */
export const ofAll = {
  http_req_duration: [`p(95)<${targets.http_api_p95}`, `p(99)<${targets.http_api_p99}`],
  http_req_failed: [`rate<${targets.http_failed / 100}`],
  checks: ['rate>0.99'],
};

/** Of all requests together, and of each class by itself: health, list, detail and write. */
export const ofEachClass = { ...ofAll };
for (const name of ['health', 'list', 'detail', 'write']) {
  ofEachClass[`http_req_duration{class:${name}}`] = [`p(95)<${targets[`http_${name}_p95`]}`];
}

/** What the summary needs. */
export const summaryTrendStats = ['avg', 'med', 'p(95)', 'p(99)', 'max'];
