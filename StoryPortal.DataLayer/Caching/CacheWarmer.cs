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

    private readonly RedisAnswers _answers;
    private readonly CacheBackplane _backplane;
    private readonly CacheMetrics _metrics;
    private readonly AgentStore _agents;
    private readonly SessionStore _sessions;
    private readonly ServiceStore _services;
    private readonly ModelConfigStore _models;
    private readonly CacheOptions _options;
    private readonly TimeProvider _time;

    internal CacheWarmer(
        RedisAnswers answers, CacheBackplane backplane, CacheMetrics metrics, AgentStore agents, SessionStore sessions, ServiceStore services,
        ModelConfigStore models, IOptions<CacheOptions> options, TimeProvider time)
    {
        (_answers, _backplane, _metrics, _options, _time) = (answers, backplane, metrics, options.Value, time);
        (_agents, _sessions, _services, _models) = (agents, sessions, services, models);
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
    private async Task<int> WarmAsync<T>(List<Guid> all, Func<Guid, CacheKey> keyOf, Func<Guid[], Task<List<T>>> readAsync, Func<T, Guid> idOf, JsonTypeInfo<T> type)
    {
        var warmed = 0;
        foreach (var ids in all.Chunk(Batch))
        {
            var versions = await _answers.VersionsAsync([.. ids.Select(id => keyOf(id).Tag)]);
            var byId = ids.Zip(versions).ToDictionary(pair => pair.First, pair => pair.Second);
            warmed += await StoreAsync(await readAsync(ids), row => keyOf(idOf(row)), row => byId[idOf(row)], type);
        }

        return warmed;
    }

    private async Task<(int Services, int Lists)> WarmServicesAsync(CancellationToken cancellationToken)
    {
        var version = (await _answers.VersionsAsync([CacheTag.Services]))[0];
        var (warmed, lists) = (0, 0);
        NameCursor? after = null;
        List<Service> services;
        do
        {
            services = await _services.ListAsync(new ServiceFilter(null, null, null, null, after, Batch), cancellationToken);
            warmed += await StoreAsync(services, service => CacheKey.Service(service.Name), _ => version, StoryJson.Contracts.Service);
            lists += after is null ? await StoreListAsync([.. services.Take(Pages.DefaultSize + 1)], version) : 0;
            after = services.Count > 0 ? new NameCursor(services[^1].Name) : null;
        }
        while (services.Count == Batch);

        return (warmed, lists);
    }

    private async Task<int> WarmModelsAsync(CancellationToken cancellationToken)
    {
        var version = (await _answers.VersionsAsync([CacheTag.Models]))[0];
        var warmed = 0;
        NameCursor? after = null;
        List<ModelConfig> models;
        do
        {
            models = await _models.ListAsync(after, Batch, cancellationToken);
            warmed += await StoreAsync(models, model => CacheKey.Model(model.Id), _ => version, StoryJson.Contracts.ModelConfig);
            after = models.Count > 0 ? new NameCursor(models[^1].Id) : null;
        }
        while (models.Count == Batch);

        return warmed;
    }

    // As it is answered to whoever asks for services and for none in particular.
    private async Task<int> StoreListAsync(List<Service> services, Versions version)
    {
        var link = Pages.Cut(new PageAddress(ServiceStore.Path, QueryCollection.Empty), services, Pages.DefaultSize, service => new NameCursor(service.Name).ToText(ServiceStore.List));
        await StoreAsync(CacheKey.Services(""), new Answer(JsonBytes.Of(services, StoryJson.Contracts.ListService), link), version);
        return 1;
    }

    private async Task<int> StoreAsync<T>(List<T> rows, Func<T, CacheKey> keyOf, Func<T, Versions> versionsOf, JsonTypeInfo<T> type)
    {
        await Task.WhenAll(rows.Select(row => StoreAsync(keyOf(row), new Answer(JsonBytes.Of(row, type)), versionsOf(row))));
        return rows.Count;
    }

    private Task StoreAsync(CacheKey key, Answer answer, Versions versions)
    {
        var now = _time.GetUtcNow();
        return _answers.StoreAsync(key.Text, new CachedAnswer(answer, now + key.Tier.Duration, now, default), versions, key.Tier.Duration + _options.StaleWindow);
    }
}
