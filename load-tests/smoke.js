// Half a minute with two users: does everything that the other scripts use work at all?
import { stages } from './shared/settings.js';
import { summaryOf } from './shared/summary.js';
import { ofEachClass, summaryTrendStats } from './shared/thresholds.js';
import { createAgents, removeAgents, turn } from './shared/traffic.js';

export const options = {
  stages: stages([[5, 2], [20, 2], [5, 0]]),
  thresholds: ofEachClass,
  summaryTrendStats,
};

export const setup = createAgents;
export const teardown = removeAgents;
export default turn;
export const handleSummary = summaryOf('smoke');
