// The figures of the scorecard (StoryPortal.ServiceDefaults/Performance/Slos.cs), in milliseconds and per cent: a test compares both.
export const targets = {
  http_health_p95: 50,
  http_list_p95: 200,
  http_detail_p95: 300,
  http_write_p95: 500,
  http_api_p95: 500,
  http_api_p99: 1000,
  http_failed: 1,
};
