using System.Net.Http.Headers;
using StoryPortal.Bench.Measurement;
using StoryPortal.Generator;

namespace StoryPortal.Bench.Scenarios.Cache;

/// <summary>The mixed load: nine reads to a write, of ten thousand agents and their sessions, chosen by Zipf.</summary>
internal static class MixedLoad
{
    private const int Agents = 10_000;
    private const int Callers = 32;

    private static readonly WeightedChoice AgentChoice = WeightedChoice.Zipf(Agents);

    /// <summary>Sends one round of requests; each round has a random sequence of its own.</summary>
    public static Task RunAsync(BenchmarkEnvironment environment, HttpClient client, int round)
    {
        var agents = Math.Min(Agents, environment.Dataset.Agents.Count);
        var sessions = Math.Min(Agents, environment.Dataset.Sessions.Count);
        var requests = environment.Options.Quick ? 10_000 : 100_000;
        var options = new ParallelOptions { MaxDegreeOfParallelism = Callers, CancellationToken = environment.Stopped };
        return Parallel.ForAsync(0, requests, options, async (number, stopped) =>
        {
            var random = new Random((round * requests) + number);
            var agent = environment.Dataset.Agents[AgentChoice.Next(random) % agents];
            var session = environment.Dataset.Sessions[^(1 + AgentChoice.Next(random) % sessions)];
            using var request = random.Next(100) switch
            {
                < 60 => new HttpRequestMessage(HttpMethod.Get, $"/v1/agents/{agent}"),
                < 75 => new HttpRequestMessage(HttpMethod.Get, $"/v1/sessions/{session}"),
                < 85 => new HttpRequestMessage(HttpMethod.Get, "/v1/services"),
                < 90 => new HttpRequestMessage(HttpMethod.Get, $"/v1/events?agent_id={agent}&limit=20"),
                < 98 => Write("/v1/events", $$"""{"type":"bench.mixed","agent_id":"{{agent}}","payload":{{number}}}"""),
                _ => Write("/v1/agents/batch", $$"""[{"id":"{{agent}}","name":"agent {{number}}","type":"writer","status":"active"}]"""),
            };
            using var response = await client.SendAsync(request, stopped);
            if ((int)response.StatusCode >= 500)
            {
                throw new MeasurementFailedException(
                    $"The response to {request.Method} {request.RequestUri} was {(int)response.StatusCode}.");
            }

            await response.Content.CopyToAsync(Stream.Null, stopped);
        });
    }

    private static HttpRequestMessage Write(string path, string json)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return request;
    }
}
