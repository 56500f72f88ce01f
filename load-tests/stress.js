// More users step by step: where do the promises end?
import { stages } from './shared/settings.js';
import { summaryOf } from './shared/summary.js';
import { ofEachClass, summaryTrendStats } from './shared/thresholds.js';
import { createAgents, removeAgents, turn } from './shared/traffic.js';

export const options = {
  stages: stages([[60, 100], [120, 100], [60, 200], [120, 200], [60, 400], [120, 400], [60, 0]]),
  thresholds: ofEachClass,
  summaryTrendStats,
};

export const setup = createAgents;
export const teardown = removeAgents;
export default turn;
export const handleSummary = summaryOf('stress');
