namespace StoryPortal.Tests.Monitoring;

/// <summary>Reading queries.</summary>
public sealed class PromQlTests
{
    [Theory]
    [InlineData("up", "up")]
    [InlineData("""up{job="x"} == 0""", "up")]
    [InlineData("""histogram_quantile(0.95, sum by (le, endpoint) (rate(a_bucket{b=~"c.*[{].*", d!~"e"}[5m]))) >= 0.2""", "a_bucket")]
    [InlineData("sum(rate(a_total[$__rate_interval])) / (sum(rate(b_total[5m])) + sum(rate(c_total[5m])))", "a_total", "b_total", "c_total")]
    [InlineData("sum without (x) (a) and on (y) b > bool 1e9", "a", "b")]
    [InlineData("topk(10, sum by (query) (a_sum))", "a_sum")]
    public void The_metrics_of_a_query_are_what_is_neither_function_nor_label(string query, params string[] metrics) =>
        Assert.Equal(metrics, PromQl.Metrics(query));

    [Fact]
    public void A_selector_chooses_whole_values()
    {
        var (metric, labels) = Assert.Single(PromQl.Selectors("""rate(a{method!~"GET|HEAD", endpoint=~"/v1/.*[{].*"}[5m])"""));

        Assert.Equal("a", metric);
        Assert.True(labels[0].Matches("POST") && !labels[0].Matches("GET") && labels[0].Matches("GETS"));
        Assert.True(labels[1].Matches("/v1/agents/{id}") && !labels[1].Matches("/v1/agents"));
    }
}
