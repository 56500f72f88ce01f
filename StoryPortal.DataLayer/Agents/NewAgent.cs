using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.DataLayer.Agents;

/// <summary>An agent as a client sends it. What is left out takes its default.</summary>
public sealed record NewAgent
{
    /// <summary>Its id; a UUIDv7 is made when there is none.</summary>
    public Guid? Id { get; init; }

    /// <summary>Its name, 1 to 200 characters.</summary>
    [Required, MaxLength(200)]
    public string? Name { get; init; }

    /// <summary>Its kind, 1 to 100 characters.</summary>
    [Required, MaxLength(100)]
    public string? Type { get; init; }

    /// <summary>What it is doing. Default <c>created</c>.</summary>
    public AgentStatus? Status { get; init; }

    /// <summary>The person or team that is responsible for it, 1 to 200 characters.</summary>
    [MaxLength(200)]
    public string? Owner { get; init; }

    /// <summary>How it is set up: a JSON object. Default <c>{}</c>.</summary>
    public RawJson Configuration { get; init; }

    /// <summary>What else is known of it: a JSON object. Default <c>{}</c>.</summary>
    public RawJson Metadata { get; init; }

    /// <summary>Read-only: the value that was read, or left out.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Read-only: the value that was read, or left out.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Adds an error for every read-only member that differs from what is stored.</summary>
    public void CheckReadOnly(InputErrors errors, Agent stored)
    {
        errors.ReadOnly("created_at", CreatedAt, stored.CreatedAt);
        errors.ReadOnly("updated_at", UpdatedAt, stored.UpdatedAt);
    }

    /// <summary>Notes what is wrong and returns the agent to store.</summary>
    public Agent Validate(InputErrors errors, DateTimeOffset now) => new()
    {
        Id = Id ?? Guid.CreateVersion7(now),
        Name = errors.Required("name", Name, 200),
        Type = errors.Required("type", Type, 100),
        Status = Status ?? AgentStatus.Created,
        Owner = errors.Optional("owner", Owner, 200),
        Configuration = errors.JsonObject("configuration", Configuration),
        Metadata = errors.JsonObject("metadata", Metadata),
        CreatedAt = now,
        UpdatedAt = now,
    };
}

/// <summary>What changes of an agent. What is left out stays.</summary>
public sealed record AgentPatch
{
    /// <summary>Its name, 1 to 200 characters.</summary>
    [DisallowNull, MaxLength(200)]
    public string? Name { get; init; }

    /// <summary>Its kind, 1 to 100 characters.</summary>
    [DisallowNull, MaxLength(100)]
    public string? Type { get; init; }

    /// <summary>What it is doing.</summary>
    [DisallowNull]
    public AgentStatus? Status { get; init; }

    /// <summary>The person or team that is responsible for it, 1 to 200 characters.</summary>
    [DisallowNull, MaxLength(200)]
    public string? Owner { get; init; }

    /// <summary>A JSON merge patch (RFC 7396) of its configuration: an object, in which null removes a member.</summary>
    [DisallowNull]
    public RawJson? Configuration { get; init; }

    /// <summary>A JSON merge patch (RFC 7396) of its metadata: an object, in which null removes a member.</summary>
    [DisallowNull]
    public RawJson? Metadata { get; init; }

    /// <summary>Read-only: the value that was read, or left out.</summary>
    [DisallowNull]
    public Guid? Id { get; init; }

    /// <summary>Read-only: the value that was read, or left out.</summary>
    [DisallowNull]
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Read-only: the value that was read, or left out.</summary>
    [DisallowNull]
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Adds an error for every read-only member that differs from what is stored.</summary>
    public void CheckReadOnly(InputErrors errors, Agent stored)
    {
        errors.ReadOnly("id", Id, stored.Id);
        errors.ReadOnly("created_at", CreatedAt, stored.CreatedAt);
        errors.ReadOnly("updated_at", UpdatedAt, stored.UpdatedAt);
    }

    /// <summary>Notes what is wrong.</summary>
    public void Validate(InputErrors errors)
    {
        errors.Given("name", Name, 200);
        errors.Given("type", Type, 100);
        errors.Given("owner", Owner, 200);
        errors.JsonObject("configuration", Configuration ?? default);
        errors.JsonObject("metadata", Metadata ?? default);
    }
}
