using System.Diagnostics;
using System.Net;
using CsCheck;
using StoryPortal.Tests.Documentation;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;
using Xunit.Abstractions;

namespace StoryPortal.Tests.Fuzz;

/// <summary>
/// Whatever is asked, of every operation that the API describes: nothing fails but what the caller got wrong, who hears what that is, and nothing is
/// stored of it. What fails is made smaller and printed with a seed; <c>CsCheck_Seed</c> in the environment begins there again.
/// </summary>
[Collection(SharedSystem.Name)]
public sealed class ApiFuzzTests(StoryPortalSystem servers, ITestOutputHelper output) : IAsyncLifetime
{
    private const int MaxRounds = 12;

    // Reached only by a failure: no request waits for an event.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private readonly ProductionSystem _system = new(servers, new Dictionary<string, string>
    {
        ["Registry__RemoveAfterSeconds"] = "86400", // no row goes by itself
        ["HealthPolls__PrivateAddresses"] = "true", // the only ones that a test may ask
    });
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.All });
    private readonly SortedDictionary<string, SortedDictionary<int, int>> _answers = [];
    private readonly Dictionary<string, TimeSpan> _times = [];
    private RowWatch _rows = null!;
    private FuzzRequests _requests = null!;

    public async Task InitializeAsync()
    {
        await _system.InitializeAsync();
        await StartAsync().OrDisposeAsync(this);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _system.DisposeAsync();
    }

    [Fact]
    public Task A_thousand_requests() => AskAsync(1_000);

    [Fact]
    [Trait("Category", "Long")]
    public Task Ten_thousand_requests() => AskAsync(10_000);

    private async Task StartAsync()
    {
        await FillAsync();
        _rows = new RowWatch(_system.Database);
        await _rows.InstallAsync();
        _requests = new FuzzRequests(await ApiDescription.OfAsync(_system.Hub));
    }

    // What the requests name is there, until one of them deletes it: else most would only hear that it is not.
    private async Task FillAsync()
    {
        foreach (var (path, field) in ((string, string)[])[("/v1/agents", "\"name\":\"filled\","), ("/v1/sessions", ""), ("/v1/events", "")])
        {
            foreach (var id in OddTexts.Ids)
            {
                using var message = new HttpRequestMessage(HttpMethod.Post, new Uri(_system.Gateway.Anonymous.BaseAddress!, path)) { Content = Answers.Json($$"""{"id":"{{id}}",{{field}}"type":"fuzz"}""") };
                message.Headers.Add("X-API-Key", GatewayProcess.AdminKey);
                using var stored = await _client.SendAsync(message);
                Assert.Equal(HttpStatusCode.Created, stored.StatusCode);
            }
        }
    }

    private async Task AskAsync(int count)
    {
        try
        {
            await SendAsync(count);

            // Not all requests may be refused: most of what an endpoint does comes after validation. Which are accepted is chance, so more are sent where that is not enough.
            for (var more = 0; more < MaxRounds && !AreAccepted(); more++)
            {
                await SendAsync(count / 4);
            }
        }
        finally
        {
            foreach (var (operation, statuses) in _answers)
            {
                output.WriteLine($"{operation,-60} {_times[operation].TotalSeconds,6:0.0} s  {string.Join("  ", statuses.Select(status => $"{status.Key}: {status.Value}"))}");
            }
        }

        Assert.True(AreAccepted(), $"Of {_answers.Count} operations requests of {Accepted()} were accepted.");
    }

    private Task SendAsync(int count) => _requests.All.SampleAsync(AskAsync, iter: count, threads: 1, print: request => request.ToString());

    private int Accepted() => _answers.Values.Count(statuses => statuses.Keys.Any(status => status < 400));

    private bool AreAccepted() => Accepted() >= _answers.Count * 3 / 4;

    private async Task AskAsync(FuzzRequest request)
    {
        using var message = request.ToMessage(_system.Gateway.Anonymous.BaseAddress!);
        message.Headers.TryAddWithoutValidation("X-API-Key", GatewayProcess.AdminKey);
        using var patience = new CancellationTokenSource(Timeout);
        var asked = Stopwatch.GetTimestamp();
        using var response = await _client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, patience.Token);

        var statuses = _answers.TryGetValue(request.Operation, out var known) ? known : _answers[request.Operation] = [];
        statuses[(int)response.StatusCode] = statuses.GetValueOrDefault((int)response.StatusCode) + 1;
        var breach = await AnswerRules.BreachAsync(response);
        _times[request.Operation] = _times.GetValueOrDefault(request.Operation) + Stopwatch.GetElapsedTime(asked);
        var written = await _rows.NewAsync();
        if (breach is not null)
        {
            output.WriteLine($"{request.Operation}: {breach}"); // what CsCheck prints in the end is the smallest that fails, perhaps for another reason
        }

        Assert.True(breach is null, breach);
        Assert.True(written.Count == 0 || response.StatusCode < HttpStatusCode.BadRequest, $"{response.StatusCode}, and yet: {string.Join(", ", written)}");
    }
}
