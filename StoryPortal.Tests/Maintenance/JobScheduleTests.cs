using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using StoryPortal.DataLayer.Maintenance;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Maintenance;

/// <summary>When jobs run.</summary>
[Collection(SharedSystem.Name)]
public sealed class JobScheduleTests(StoryPortalSystem system) : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 5, 4, 10, 30, 0, TimeSpan.Zero);

    private OwnDatabase _database = null!;

    public async Task InitializeAsync() => _database = await OwnDatabase.WithTablesAsync(system);

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Theory]
    [InlineData("17 * * * *", "2026-05-04T11:17:00Z")]
    [InlineData("0 3 * * SUN", "2026-05-10T03:00:00Z")]
    [InlineData("@daily", "2026-05-05T00:00:00Z")]
    [InlineData("off", null)]
    public async Task Cron_expressions_are_in_UTC(string schedule, string? next) =>
        Assert.Equal(next is null ? null : DateTimeOffset.Parse(next, System.Globalization.CultureInfo.InvariantCulture), await NextAsync(schedule, Now));

    [Fact]
    public async Task Without_requests_the_quietest_hour_is_three() =>
        Assert.Equal(new DateTimeOffset(2026, 5, 5, 3, 0, 0, TimeSpan.Zero), await NextAsync("quietest", Now));

    [Fact]
    public async Task The_quietest_hour_is_the_one_with_the_fewest_requests_of_the_last_seven_days()
    {
        // One in each hour of each day, but for 21 o'clock of one day; more than seven days ago that was the busiest.
        await _database.RunAsync($"""
            INSERT INTO mcp_documents.api_requests (id, request_id, timestamp, method, route, path, status_code, latency_ms)
            SELECT gen_random_uuid(), '', time, 'GET', '/', '/', 200, 1
            FROM (SELECT '{Now:O}'::timestamptz - hour * interval '1 hour' AS time FROM generate_series(0, 200) hour
                  UNION ALL SELECT '2026-04-20T21:30:00Z'::timestamptz FROM generate_series(1, 100)) times
            WHERE time NOT BETWEEN '2026-05-03T21:00:00Z' AND '2026-05-03T22:00:00Z'
            """);

        // At least twelve hours from now: from 10:30 on the next 21:00 would be too early.
        Assert.Equal(new DateTimeOffset(2026, 5, 5, 21, 0, 0, TimeSpan.Zero), await NextAsync("quietest", Now));
        Assert.Equal(new DateTimeOffset(2026, 5, 4, 21, 0, 0, TimeSpan.Zero), await NextAsync("quietest", Now.AddHours(-2)));
    }

    [Theory]
    [InlineData("Maintenance:Vacuum:Schedule", "61 * * * *", "Maintenance:Vacuum:Schedule is '61 * * * *'")]
    [InlineData("Maintenance:IndexReport:Schedule", "", "Maintenance:IndexReport:Schedule is ''")]
    [InlineData("Maintenance:Retention:Days:api_request", "3", "Maintenance:Retention:Days:api_request names no table")]
    [InlineData("Maintenance:Retention:Days:api_requests", "-1", "Maintenance:Retention:Days:api_requests is -1")]
    [InlineData("Maintenance:Retention:BatchSize", "0", "BatchSize")]
    public void A_setting_that_cannot_be_used_ends_the_start_and_is_named(string setting, string value, string message)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create(setting, (string?)value)]);
        builder.AddMaintenance();
        using var services = builder.Services.BuildServiceProvider();

        var exception = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    private Task<DateTimeOffset?> NextAsync(string schedule, DateTimeOffset now) =>
        new JobSchedule(new QuietestHour(_database.Queries)).NextAsync(schedule, now, CancellationToken.None);
}
