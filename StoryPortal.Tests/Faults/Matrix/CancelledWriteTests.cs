using System.Globalization;
using System.Net;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Faults.Matrix;

/// <summary>
/// Statements that end late, are cancelled, or meet a read-only Postgres: every write that was acknowledged is stored, and none twice.
/// </summary>
[Collection(SharedSystem.Name)]
public sealed class CancelledWriteTests(PausingSystem system) : IClassFixture<PausingSystem>
{
    private const double Long = 600; // seconds, beyond every deadline
    private const int Rounds = 20;

    public static TheoryData<string> Moments => [.. PausingSystem.Moments];

    [Theory]
    [MemberData(nameof(Moments))]
    public async Task A_write_whose_statement_times_out_is_not_acknowledged(string moment)
    {
        var attempts = WriteAttempt.All();
        await system.PrepareAsync(attempts);
        await system.PauseAsync(moment, Long);
        List<(WriteAttempt Attempt, WriteOutcome Outcome)> outcomes;
        try
        {
            outcomes = await system.SendAsync(attempts);
            Assert.Empty(await system.FindingsAsync(outcomes));
        }
        finally
        {
            await system.ResumeAsync();
        }

        foreach (var (attempt, outcome) in outcomes)
        {
            Assert.True(outcome is { Status: 503, HasRetryAfter: true }, $"{attempt}: {outcome}");
            var saysSo = outcome.Body.Contains("may have happened", StringComparison.Ordinal);
            Assert.True(saysSo || moment != PausingSystem.AtTheCommit, $"{attempt}: {outcome}");
        }

        // The same key, or the same id, makes it good: once.
        foreach (var attempt in attempts.Where(attempt => attempt.IsRepeatable))
        {
            var last = "";
            await Eventually.TrueAsync(async () =>
            {
                var outcome = await system.SendAsync(attempt);
                last = $"{attempt}: {outcome}";
                return outcome.IsSuccess;
            }, () => last);
            Assert.Equal((attempt, 1), (attempt, await system.StoredAsync(attempt)));
        }
    }

    [Fact]
    public async Task Of_large_patches_that_time_out_now_and_then_those_that_were_acknowledged_are_stored()
    {
        var agent = Guid.NewGuid();
        await system.Database.RunAsync($"INSERT INTO mcp_documents.agents (id, name, type) VALUES ('{agent}', 'large', 'cancelled')");
        var acknowledged = new List<string>();
        try
        {
            for (var i = 0; i < 6; i++)
            {
                if (i % 2 == 1)
                {
                    await system.PauseAsync(PausingSystem.AtTheCommit, Long);
                }

                var patch = $$$"""{"metadata": {"k{{{i}}}": "{{{new string('x', 150_000)}}}"}}""";
                using var patched = await system.Gateway.PatchAsync(new Uri($"/v1/agents/{agent}", UriKind.Relative), Answers.Json(patch));
                if (patched.IsSuccessStatusCode)
                {
                    acknowledged.Add($"k{i}");
                }

                await system.ResumeAsync();
            }
        }
        finally
        {
            await system.ResumeAsync();
        }

        var stored = await system.Database.TextsAsync($"SELECT jsonb_object_keys(metadata) FROM mcp_documents.agents WHERE id = '{agent}'");
        Assert.Empty(acknowledged.Except(stored));
        Assert.Empty(acknowledged.Intersect(["k1", "k3", "k5"]));
    }

    [Fact]
    public async Task While_postgres_is_read_only_writes_get_503_and_reads_go_on_and_then_writes_come_back()
    {
        var attempts = WriteAttempt.All();
        await system.PrepareAsync(attempts);
        await system.SetReadOnlyAsync(isReadOnly: true, endSessions: true);
        try
        {
            await HealthIsAsync("degraded", "read-only");
            var outcomes = await system.SendAsync(attempts);
            Assert.Empty(await system.FindingsAsync(outcomes));
            foreach (var (attempt, outcome) in outcomes)
            {
                Assert.True(outcome is { Status: 503, HasRetryAfter: true }, $"{attempt}: {outcome}");
                Assert.True(outcome.Body.Contains("read-only", StringComparison.Ordinal), $"{attempt}: {outcome}");
            }

            using var read = await system.Gateway.GetAsync(new Uri("/v1/agents?limit=1", UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        }
        finally
        {
            await system.SetReadOnlyAsync(isReadOnly: false, endSessions: false);
        }

        // The first write may meet a session that began read-only, which discards all sessions: every later write succeeds, without a wait.
        using var first = await system.Gateway.PostAsync(new Uri("/v1/events", UriKind.Relative), Answers.Json("""{"type": "writable"}"""));
        Assert.True(first.IsSuccessStatusCode || first.StatusCode == HttpStatusCode.ServiceUnavailable, $"{first.StatusCode}");
        Assert.All(await system.SendAsync(attempts), sent => Assert.True(sent.Outcome.IsSuccess, $"{sent.Attempt}: {sent.Outcome}"));
        await HealthIsAsync("healthy", "");
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Statements_that_are_cancelled_at_random_moments_lose_no_acknowledged_write()
    {
        var random = new Random(24);
        for (var round = 0; round < Rounds; round++)
        {
            var attempts = WriteAttempt.All();
            await system.PrepareAsync(attempts);
            await system.PauseAsync(PausingSystem.Moments[random.Next(PausingSystem.Moments.Count)], seconds: 2, isRandom: true);
            using var ends = new CancellationTokenSource();
            var cancelling = CancelAsync(random.Next(), ends.Token);
            List<(WriteAttempt, WriteOutcome)> outcomes;
            try
            {
                outcomes = await system.SendAsync(attempts);
            }
            finally
            {
                await ends.CancelAsync();
                await cancelling;
                await system.ResumeAsync();
            }

            Assert.Empty(await system.FindingsAsync(outcomes));
        }
    }

    // Cancels one of the statements of the hub that are under way, whichever, again and again.
    private async Task CancelAsync(int seed, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        while (!cancellationToken.IsCancellationRequested)
        {
            await system.Database.TextsAsync("""
                SELECT pg_cancel_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1
                """);
            await Task.Delay(random.Next(300), cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task HealthIsAsync(string status, string description)
    {
        var seen = "";
        return Eventually.TrueAsync(async () =>
        {
            using var response = await system.Hub.GetAsync(new Uri("/health", UriKind.Relative));
            var check = (await response.JsonAsync()).GetProperty("checks").GetProperty("postgres");
            seen = check.GetRawText();
            return check.GetProperty("status").GetString() == status && seen.Contains(description, StringComparison.Ordinal);
        }, () => string.Create(CultureInfo.InvariantCulture, $"the check is {seen}"));
    }
}
