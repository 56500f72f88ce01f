using System.Net;
using System.Text;
using System.Text.Json;

namespace StoryPortal.Tests.Running;

/// <summary>What a test sends and how it reads what comes back.</summary>
internal static class Answers
{
    public static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    public static StringContent Ndjson(params string[] lines) => new(string.Join('\n', lines), Encoding.UTF8, "application/x-ndjson");

    /// <summary>The JSON of an answer that must have <paramref name="status"/>.</summary>
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response, HttpStatusCode status = HttpStatusCode.OK)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"expected {(int)status}, got {(int)response.StatusCode}: {text}");
        return JsonElement.Parse(text);
    }

    /// <summary>Checks that an answer is a problem document with a trace's id; returns the fields it names.</summary>
    public static async Task<string[]> ProblemAsync(this HttpResponseMessage response, HttpStatusCode status)
    {
        var problem = await response.JsonAsync(status);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.False(string.IsNullOrEmpty(problem.GetProperty("title").GetString()));
        Assert.Equal(32, problem.GetProperty("trace_id").GetString()!.Length);
        return problem.TryGetProperty("errors", out var errors) ? [.. errors.EnumerateObject().Select(field => field.Name)] : [];
    }

    public static Guid Id(this JsonElement thing) => thing.GetProperty("id").GetGuid();

    public static Guid[] Ids(this JsonElement list) => [.. list.EnumerateArray().Select(Id)];

    /// <summary>Removes every instance of a service: other tests of the same system expect its own services alone.</summary>
    public static async Task DeregisterAllAsync(this HttpClient client, string service)
    {
        using var read = await client.GetAsync(new Uri($"/v1/services/{service}", UriKind.Relative));
        if (read.StatusCode == HttpStatusCode.NotFound)
        {
            return;
        }

        foreach (var instance in (await read.JsonAsync()).GetProperty("instances").EnumerateArray())
        {
            using var removed = await client.DeleteAsync(new Uri($"/v1/services/{service}/instances/{instance.GetProperty("id").GetString()}", UriKind.Relative));
            Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        }
    }

    /// <summary>Follows the Link headers from <paramref name="address"/> on and returns the pages.</summary>
    public static async Task<List<JsonElement>> PagesAsync(this HttpClient client, string address)
    {
        var pages = new List<JsonElement>();
        for (var next = address; next is not null;)
        {
            using var response = await client.GetAsync(new Uri(next, UriKind.Relative));
            pages.Add(await response.JsonAsync());
            var link = response.Headers.TryGetValues("Link", out var values) ? values.Single() : null;
            Assert.True(link is null || link.EndsWith("; rel=\"next\"", StringComparison.Ordinal), link);
            next = link?[(link.IndexOf('<', StringComparison.Ordinal) + 1)..link.IndexOf('>', StringComparison.Ordinal)];
        }

        return pages;
    }
}
