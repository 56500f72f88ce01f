// The load test of the month: eleven minutes, up to 200 users, against the promises of the product.
import http from 'k6/http';
import { check, sleep } from 'k6';
import { gateway, headers, hub, stages } from './shared/settings.js';
import { summaryOf } from './shared/summary.js';
import { ofAll, summaryTrendStats } from './shared/thresholds.js';

export const options = {
  stages: stages([[120, 50], [300, 100], [120, 200], [120, 0]]),
  thresholds: ofAll,
  summaryTrendStats,
};

export default function () {
  check(http.get(`${gateway}/health/live`, { headers, tags: { class: 'health' } }), {
    'health: answered 200': (answer) => answer.status === 200,
    'health: within 200 ms': (answer) => answer.timings.duration < 200,
  });
  check(http.get(`${hub}/v1/services`, { headers, tags: { class: 'list' } }), {
    'services: answered 200': (answer) => answer.status === 200,
    'services: some are there': (answer) => answer.status === 200 && Array.isArray(answer.json()) && answer.json().length > 0,
  });
  sleep(1);
}

export const handleSummary = summaryOf('load-test');
