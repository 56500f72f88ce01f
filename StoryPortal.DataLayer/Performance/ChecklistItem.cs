using System.Text.Json.Serialization;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Performance;

/// <summary>What became of a check.</summary>
[JsonConverter(typeof(EnumTextConverter<CheckStatus>))]
public enum CheckStatus
{
    /// <summary>It is as it should be.</summary>
    Passed,

    /// <summary>It is not.</summary>
    Failed,

    /// <summary>Here and now nobody can tell.</summary>
    CannotCheck,
}

/// <summary>One item of the performance checklist, checked against the running system.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Group">Database, Redis, Application, Infrastructure or Monitoring.</param>
/// <param name="What">What should be so.</param>
/// <param name="Status">Whether it is.</param>
/// <param name="Evidence">What was seen, or why nothing could be.</param>
/// <param name="Remedy">What to do where it failed; else null.</param>
public sealed record ChecklistItem(string Id, string Group, string What, CheckStatus Status, string Evidence, string? Remedy);

/// <summary>Every item of the checklist.</summary>
/// <param name="GeneratedAt">When.</param>
/// <param name="Passed">Items that are as they should be.</param>
/// <param name="Failed">Items that are not.</param>
/// <param name="CannotCheck">Items of which nobody can tell.</param>
/// <param name="Items">All of them.</param>
public sealed record Checklist(DateTimeOffset GeneratedAt, int Passed, int Failed, int CannotCheck, IReadOnlyList<ChecklistItem> Items);
