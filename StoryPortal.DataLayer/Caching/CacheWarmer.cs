using System.Diagnostics;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Options;
using Npgsql;
using StackExchange.Redis;
using StoryPortal.DataLayer.Agents;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Models;
using StoryPortal.DataLayer.Paging;
using StoryPortal.DataLayer.Services;
using StoryPortal.DataLayer.Sessions;

namespace StoryPortal.DataLayer.Caching;

/// <summary>Puts what will be asked for first into Redis, in bulk: active agents, the latest sessions, services and their list, model configurations.</summary>
public sealed class CacheWarmer
{
    private const int Batch = 1000;
    private const int MaxPendingBytes = 4 * 1024 * 1024;

    private readonly RedisAnswers _answers;
    private readonly CacheBackplane _backplane;
    private readonly CacheMetrics _metrics;
    private readonly AgentStore _agents;
    private readonly SessionStore _sessions;
    private readonly ServiceStore _services;
    private readonly ModelConfigStore _models;
    private readonly PageWriter _pages;
    private readonly CacheOptions _options;
    private readonly TimeProvider _time;

    internal CacheWarmer(
        RedisAnswers answers, CacheBackplane backplane, CacheMetrics metrics, AgentStore agents, SessionStore sessions, ServiceStore services,
        ModelConfigStore models, PageWriter pages, IOptions<CacheOptions> options, TimeProvider time)
    {
        (_answers, _backplane, _metrics, _options, _time) = (answers, backplane, metrics, options.Value, time);
        (_agents, _sessions, _services, _models, _pages) = (agents, sessions, services, models, pages);
    }

    /// <summary>Warms the cache; returns null when Redis cannot be used now.</summary>
    public async Task<WarmUp?> WarmAsync(CancellationToken cancellationToken)
    {
        if (!_backplane.IsUsable)
        {
            return null;
        }

        var start = Stopwatch.GetTimestamp();
        try
        {
            var (agents, sessions) = (await WarmAgentsAsync(cancellationToken), await WarmSessionsAsync(cancellationToken));
            var ((services, lists), models) = (await WarmServicesAsync(cancellationToken), await WarmModelsAsync(cancellationToken));
            var took = Stopwatch.GetElapsedTime(start);
            _metrics.Warmed(CacheTier.AgentMetadata, agents);
            _metrics.Warmed(CacheTier.UserSessions, sessions);
            _metrics.Warmed(CacheTier.ServiceRegistry, services + lists);
            _metrics.Warmed(CacheTier.ModelConfigs, models);
            _metrics.WarmUpTook(took);
            return new WarmUp(agents, sessions, services, lists, models, Math.Round(took.TotalMilliseconds, 3));
        }
        catch (RedisServerException) // full
        {
            return null;
        }
        catch (Exception exception) when (exception is not (NpgsqlException or OperationCanceledException))
        {
            _backplane.Lost(exception);
            return null;
        }
    }

    private async Task<int> WarmAgentsAsync(CancellationToken cancellationToken) => await WarmAsync(
        await _agents.ActiveIdsAsync(_options.WarmAgents, cancellationToken), CacheKey.Agent, ids => _agents.GetManyAsync(ids, cancellationToken), agent => agent.Id, StoryJson.Contracts.Agent);

    private async Task<int> WarmSessionsAsync(CancellationToken cancellationToken) => await WarmAsync(
        await _sessions.LatestIdsAsync(_options.WarmSessions, cancellationToken), CacheKey.Session, ids => _sessions.GetManyAsync(ids, cancellationToken), session => session.Id, StoryJson.Contracts.Session);

    // The versions are read before the rows: whatever is written meanwhile makes these answers invalid, as with any other load.
    private async Task<int> WarmAsync<T>(List<Guid> all, Func<Guid, CacheKey> keyOf, Func<Guid[], IAsyncEnumerable<T>> readAsync, Func<T, Guid> idOf, JsonTypeInfo<T> type)
    {
        var warmed = 0;
        foreach (var ids in all.Chunk(Batch))
        {
            var versions = await _answers.VersionsAsync([.. ids.Select(id => keyOf(id).Tag)]);
            var byId = ids.Zip(versions).ToDictionary(pair => pair.First, pair => pair.Second);
            warmed += await StoreAsync(readAsync(ids), row => keyOf(idOf(row)), row => byId[idOf(row)], type);
        }

        return warmed;
    }

    private async Task<(int Services, int Lists)> WarmServicesAsync(CancellationToken cancellationToken)
    {
        var version = (await _answers.VersionsAsync([CacheTag.Services]))[0];
        var rows = _services.ListAsync(new ServiceFilter(null, null, null, null, null, int.MaxValue), cancellationToken);
        var warmed = await StoreAsync(rows, service => CacheKey.Service(service.Name), _ => version, StoryJson.Contracts.Service);
        var lists = await StoreListAsync(version, cancellationToken);
        return (warmed, lists);
    }

    private async Task<int> WarmModelsAsync(CancellationToken cancellationToken)
    {
        var version = (await _answers.VersionsAsync([CacheTag.Models]))[0];
        var rows = _models.ListAsync(after: null, int.MaxValue, cancellationToken);
        return await StoreAsync(rows, model => CacheKey.Model(model.Id), _ => version, StoryJson.Contracts.ModelConfig);
    }

    // As it is answered to whoever asks for services and for none in particular.
    private async Task<int> StoreListAsync(Versions version, CancellationToken cancellationToken)
    {
        var rows = _services.ListAsync(new ServiceFilter(null, null, null, null, null, PageWriter.DefaultSize + 1), cancellationToken);
        var page = await _pages.WriteAsync(
            new PageAddress(ServiceStore.Path, QueryCollection.Empty), rows, PageWriter.DefaultSize, StoryJson.Contracts.Service,
            service => new NameCursor(service.Name).ToText(ServiceStore.List));
        await StoreAsync(CacheKey.Services(""), page, version);
        return 1;
    }

    // Pipelined; the rows that wait for Redis are bounded by their number and their bytes.
    private async Task<int> StoreAsync<T>(IAsyncEnumerable<T> rows, Func<T, CacheKey> keyOf, Func<T, Versions> versionsOf, JsonTypeInfo<T> type)
    {
        var (warmed, bytes) = (0, 0);
        List<Task> pending = [];
        await foreach (var row in rows)
        {
            var answer = new Answer(JsonBytes.Of(row, type));
            pending.Add(StoreAsync(keyOf(row), answer, versionsOf(row)));
            warmed++;
            bytes += answer.Json.Length;
            if (pending.Count == Batch || bytes > MaxPendingBytes)
            {
                await Task.WhenAll(pending);
                pending.Clear();
                bytes = 0;
            }
        }

        await Task.WhenAll(pending);
        return warmed;
    }

    private Task StoreAsync(CacheKey key, Answer answer, Versions versions)
    {
        var now = _time.GetUtcNow();
        var cached = new CachedAnswer(answer, now + key.Tier.Duration, now, default);
        return _answers.StoreAsync(key, cached, versions, key.Tier.Duration + _options.StaleWindow);
    }
}
