// Few users, then twenty times as many at once, then few again: is it soon as before?
import { stages } from './shared/settings.js';
import { summaryOf } from './shared/summary.js';
import { ofEachClass, summaryTrendStats } from './shared/thresholds.js';
import { createAgents, removeAgents, turn } from './shared/traffic.js';

export const options = {
  stages: stages([[30, 20], [10, 400], [60, 400], [10, 20], [60, 20], [10, 0]]),
  thresholds: ofEachClass,
  summaryTrendStats,
};

export const setup = createAgents;
export const teardown = removeAgents;
export default turn;
export const handleSummary = summaryOf('spike');
