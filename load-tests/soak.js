// An hour of steady load: does anything grow that should not?
import { stages } from './shared/settings.js';
import { summaryOf } from './shared/summary.js';
import { ofEachClass, summaryTrendStats } from './shared/thresholds.js';
import { createAgents, removeAgents, turn } from './shared/traffic.js';

export const options = {
  stages: stages([[120, 60], [3360, 60], [120, 0]]),
  thresholds: ofEachClass,
  summaryTrendStats,
};

export const setup = createAgents;
export const teardown = removeAgents;
export default turn;
export const handleSummary = summaryOf('soak');
