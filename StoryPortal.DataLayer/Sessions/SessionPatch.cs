using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.DataLayer.Sessions;

/// <summary>What changes of a session. What is left out stays.</summary>
public sealed record SessionPatch
{
    /// <summary>The agent that works in it.</summary>
    [DisallowNull]
    public Guid? AgentId { get; init; }

    /// <summary>The user it is for, 1 to 200 characters.</summary>
    [DisallowNull, MaxLength(200)]
    public string? UserId { get; init; }

    /// <summary>Its kind, 1 to 100 characters.</summary>
    [DisallowNull, MaxLength(100)]
    public string? Type { get; init; }

    /// <summary>False ends it, true lets an ended one go on.</summary>
    [DisallowNull]
    public bool? IsActive { get; init; }

    /// <summary>A JSON merge patch (RFC 7396) of its context: an object, in which null removes a member.</summary>
    [DisallowNull]
    public RawJson? Context { get; init; }

    /// <summary>Read-only: the value that was read, or left out.</summary>
    [DisallowNull]
    public Guid? Id { get; init; }

    /// <summary>Read-only: the value that was read, or left out.</summary>
    [DisallowNull]
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Read-only: the value that was read, or left out.</summary>
    [DisallowNull]
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Read-only: the value that was read, or left out.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Adds an error for every read-only member that differs from what is stored.</summary>
    public void CheckReadOnly(InputErrors errors, Session stored)
    {
        errors.ReadOnly("id", Id, stored.Id);
        errors.ReadOnly("created_at", CreatedAt, stored.CreatedAt);
        errors.ReadOnly("updated_at", UpdatedAt, stored.UpdatedAt);
        errors.ReadOnly("ended_at", EndedAt, stored.EndedAt);
    }

    /// <summary>Notes what is wrong.</summary>
    public void Validate(InputErrors errors)
    {
        errors.Given("user_id", UserId, 200);
        errors.Given("type", Type, 100);
        errors.JsonObject("context", Context ?? default);
    }
}
