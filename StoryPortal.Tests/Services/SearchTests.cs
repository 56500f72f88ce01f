using System.Net;
using System.Text;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Services;
using StoryPortal.ServiceHub.Services.Search;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Services;

/// <summary>What a search finds, and in which order.</summary>
public sealed class SearchTests
{
    private static readonly SearchIndex Shops = new(
    [
        Of("payment-gateway", "Takes money", ["billing"]),
        Of("payment-gateway-eu", "Takes euros", ["billing"]),
        Of("payments", "A ledger"),
        Of("story-writer", "Writes what a payment was for", ["prose", "llm"]),
        Of("illustrator", "Draws", metadata: """{"keywords": ["watercolour", "Picture"], "other": "hidden"}"""),
        Of("translator", "Übersetzt Märchen", metadata: """{"keywords": "Romance languages"}"""),
        Of("Gateway", null),
        Of("noodles", "𠮷野家", ["𐐨𐐩"]),
    ]);

    [Theory]
    [InlineData("payment-gateway", "payment-gateway, payment-gateway-eu")] // the name itself before names that begin so
    [InlineData("PAYMENTS", "payments")]
    [InlineData("payment", "payment-gateway, payment-gateway-eu, payments, story-writer")] // a word of the name, its beginning, of the description
    [InlineData("gateway", "Gateway, payment-gateway, payment-gateway-eu")]
    [InlineData("gatewya", "Gateway, payment-gateway, payment-gateway-eu")] // exchanged
    [InlineData("ilustrator", "illustrator")] // left out
    [InlineData("transslator", "translator")] // too many
    [InlineData("story-riter", "story-writer")]
    [InlineData("bill", "payment-gateway, payment-gateway-eu")] // a tag's beginning
    [InlineData("picture", "illustrator")] // a keyword
    [InlineData("romance", "translator")]
    [InlineData("märchen", "translator")]
    [InlineData("money", "payment-gateway")]
    [InlineData("atercol", "illustrator")] // inside
    [InlineData("𠮷", "noodles")] // a letter beyond U+FFFF
    [InlineData("𐐀𐐁", "noodles")] // in capitals
    [InlineData("hidden", "")]
    [InlineData("zebra", "")]
    public void The_best_come_first_and_what_does_not_fit_is_left_out(string query, string expected)
    {
        var found = Shops.Find(query, 10);
        Assert.StartsWith(expected, string.Join(", ", found.Select(service => service.Name)), StringComparison.Ordinal);
        Assert.Equal(expected.Length == 0, found.Count == 0);
        Assert.All(found, service => Assert.InRange(service.Score!.Value, 0.0001, 1));
        Assert.Equal(found.Select(service => service.Score).OrderDescending(), found.Select(service => service.Score));
    }

    [Fact]
    public void The_name_itself_is_worth_one_and_more_than_a_beginning_which_is_worth_more_than_a_typo()
    {
        var index = new SearchIndex([Of("lanterns", null), Of("lanten", null), Of("lantern", null)]);
        var found = index.Find("lantern", 10);
        Assert.Equal(["lantern", "lanterns", "lanten"], found.Select(service => service.Name));
        Assert.Equal(1, found[0].Score);
    }

    [Fact]
    public void Of_several_words_those_that_have_all_come_first()
    {
        var found = Shops.Find("euros payment", 10);
        Assert.Equal("payment-gateway-eu", found[0].Name);
        Assert.Contains(found, service => service.Name == "payments");
    }

    [Fact]
    public void No_more_are_found_than_were_asked_for_and_they_are_the_best()
    {
        Assert.Equal(["payment-gateway"], Shops.Find("payment gateway", 1).Select(service => service.Name));
        Assert.Empty(new SearchIndex([]).Find("anything", 10));
    }

    [Fact]
    public void A_query_of_as_many_code_points_as_are_taken_is_searched_for()
    {
        Assert.Empty(Shops.Find(string.Concat(Enumerable.Repeat("𠮷", SearchText.MaxQueryLength)), 10));
        var word = Assert.Single(SearchText.Words("a" + string.Concat(Enumerable.Repeat("𠮷", SearchText.MaxWordLength))));
        Assert.Equal(SearchText.MaxWordLength - 1, word.Length); // no half of a surrogate pair
    }

    [Theory]
    [InlineData("gateway", "gateway", 0)]
    [InlineData("gateway", "gatewy", 1)]
    [InlineData("gateway", "gaetway", 1)]
    [InlineData("gateway", "gaetwya", 2)]
    [InlineData("gateway", "doorway", 3)]
    public void Words_are_as_far_apart_as_edits_make_them(string one, string other, int distance)
    {
        Assert.Equal(distance, SearchText.Distance(one, other, 2));
        Assert.Equal(distance, SearchText.Distance(other, one, 2));
    }

    private static Service Of(string name, string? description, string[]? tags = null, string metadata = "{}") => new(
        name, null, null, description, tags ?? [], ServiceStatus.Passing,
        [new ServiceInstance("a", "http://a.example", null, ServiceStatus.Passing, 30, null, new RawJson(Encoding.UTF8.GetBytes(metadata)), default)]);
}

/// <summary>The search as an endpoint.</summary>
[Collection(SharedSystem.Name)]
public sealed class SearchEndpointTests(StoryPortalSystem system)
{
    [Fact]
    public async Task What_was_registered_is_found_at_once_with_its_score()
    {
        var name = $"found-{Guid.NewGuid():N}";
        var instance = new Uri($"/v1/services/{name}/instances/a", UriKind.Relative);
        using var created = await system.Gateway.PutAsync(instance, Answers.Json("""{"url": "http://127.0.0.1:9/"}"""));
        await created.JsonAsync(HttpStatusCode.Created);
        using var found = await system.Gateway.GetAsync(new Uri($"/v1/services/search?q={name}", UriKind.Relative));
        var first = (await found.JsonAsync())[0];
        Assert.Equal((name, 1.0), (first.GetProperty("name").GetString(), first.GetProperty("score").GetDouble()));
        Assert.Equal("a", first.GetProperty("instances")[0].GetProperty("id").GetString());

        using var left = await system.Gateway.DeleteAsync(instance);
        using var gone = await system.Gateway.GetAsync(new Uri($"/v1/services/search?q={name}", UriKind.Relative));
        Assert.DoesNotContain((await gone.JsonAsync()).EnumerateArray(), service => service.GetProperty("name").GetString() == name);
        using var listed = await system.Gateway.GetAsync(new Uri("/v1/services/gateway", UriKind.Relative));
        Assert.False((await listed.JsonAsync()).TryGetProperty("score", out _));
    }

    [Theory]
    [InlineData("q", "")]
    [InlineData("q", "?q=")]
    [InlineData("q", "?q=%20")]
    [InlineData("q", "?q=--")]
    [InlineData("q", "?q=a%00b")]
    [InlineData("limit", "?q=a&limit=0")]
    [InlineData("limit", "?q=a&limit=101")]
    public async Task A_bad_search_is_refused_by_parameter(string parameter, string query)
    {
        using var response = await system.Gateway.GetAsync(new Uri($"/v1/services/search{query}", UriKind.Relative));
        Assert.Equal([parameter], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task A_search_of_many_characters_is_refused()
    {
        using var response = await system.Gateway.GetAsync(new Uri($"/v1/services/search?q={new string('x', 201)}", UriKind.Relative));
        Assert.Equal(["q"], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }
}
