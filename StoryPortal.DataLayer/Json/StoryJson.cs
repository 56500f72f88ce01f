using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using StoryPortal.DataLayer.Agents;
using StoryPortal.DataLayer.ApiKeys;
using StoryPortal.DataLayer.ApiRequests;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.Maintenance;
using StoryPortal.DataLayer.Models;
using StoryPortal.DataLayer.Performance;
using StoryPortal.DataLayer.QualityScores;
using StoryPortal.DataLayer.Services;
using StoryPortal.DataLayer.Sessions;
using StoryPortal.ServiceDefaults.ApiRequests;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Registration;

namespace StoryPortal.DataLayer.Json;

/// <summary>The JSON of every contract, generated at build time. Use <see cref="Contracts"/>: it carries the strict rules.</summary>
[JsonSerializable(typeof(List<Agent>))]
[JsonSerializable(typeof(List<NewAgent>))]
[JsonSerializable(typeof(AgentPatch))]
[JsonSerializable(typeof(AgentBatchResult))]
[JsonSerializable(typeof(AgentOverview))]
[JsonSerializable(typeof(List<ApiRequest>))]
[JsonSerializable(typeof(List<RouteStats>))]
[JsonSerializable(typeof(List<Event>))]
[JsonSerializable(typeof(List<NewEvent>))]
[JsonSerializable(typeof(EventBatchResult))]
[JsonSerializable(typeof(List<EventCount>))]
[JsonSerializable(typeof(List<Session>))]
[JsonSerializable(typeof(NewSession))]
[JsonSerializable(typeof(SessionPatch))]
[JsonSerializable(typeof(List<QualityScore>))]
[JsonSerializable(typeof(List<NewQualityScore>))]
[JsonSerializable(typeof(QualityScoreBatchResult))]
[JsonSerializable(typeof(List<QualitySummary>))]
[JsonSerializable(typeof(List<ModelConfig>))]
[JsonSerializable(typeof(NewModelConfig))]
[JsonSerializable(typeof(List<MaintenanceJob>))]
[JsonSerializable(typeof(List<Service>))]
[JsonSerializable(typeof(InstanceRegistration))]
[JsonSerializable(typeof(NewInstance))]
[JsonSerializable(typeof(RegistryState))]
[JsonSerializable(typeof(ServiceOwner))]
[JsonSerializable(typeof(NewServiceOwner))]
[JsonSerializable(typeof(Scorecard))]
[JsonSerializable(typeof(Checklist))]
[JsonSerializable(typeof(List<SlowQuery>))]
[JsonSerializable(typeof(List<Baseline>))]
[JsonSerializable(typeof(NewBaseline))]
[JsonSerializable(typeof(BaselineComparison))]
[JsonSerializable(typeof(List<LoadTest>))]
[JsonSerializable(typeof(NewLoadTest))]
[JsonSerializable(typeof(WarmUp))]
[JsonSerializable(typeof(Flush))]
[JsonSerializable(typeof(List<ApiKey>))]
[JsonSerializable(typeof(NewApiKey))]
[JsonSerializable(typeof(ApiKeyWithSecret))]
public sealed partial class StoryJson : JsonSerializerContext
{
    /// <summary>The contracts under the rules of <see cref="Apply"/>.</summary>
    public static StoryJson Contracts { get; } = new(Apply(new JsonSerializerOptions()));

    /// <summary>Snake case, times in UTC, and nothing taken silently: unknown and repeated fields are refused.</summary>
    public static JsonSerializerOptions Apply(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.PropertyNameCaseInsensitive = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.AllowDuplicateProperties = false;
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping; // the answers are JSON documents, never part of a page
        options.Converters.Add(new IntegerConverter<int>());
        options.Converters.Add(new IntegerConverter<long>());
        options.Converters.Add(new TimestampConverter());
        options.Converters.Add(new EnumTextConverter<Scope>());
        return options;
    }
}
