// Reads and writes as real users mix them, each class against its own promise.
import { stages } from './shared/settings.js';
import { summaryOf } from './shared/summary.js';
import { ofEachClass, summaryTrendStats } from './shared/thresholds.js';
import { createAgents, removeAgents, turn } from './shared/traffic.js';

export const options = {
  stages: stages([[60, 50], [240, 50], [30, 0]]),
  thresholds: ofEachClass,
  summaryTrendStats,
};

export const setup = createAgents;
export const teardown = removeAgents;
export default turn;
export const handleSummary = summaryOf('mixed');
