using System.ComponentModel.DataAnnotations;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.DataLayer.Sessions;

/// <summary>A session as a client begins or puts it. What is left out takes its default.</summary>
public sealed record NewSession
{
    /// <summary>Its id; a UUIDv7 is made when there is none.</summary>
    public Guid? Id { get; init; }

    /// <summary>The agent that works in it; it need not be known yet.</summary>
    public Guid? AgentId { get; init; }

    /// <summary>The user it is for, 1 to 200 characters.</summary>
    [MaxLength(200)]
    public string? UserId { get; init; }

    /// <summary>Its kind, 1 to 100 characters, such as <c>chat</c>.</summary>
    [Required, MaxLength(100)]
    public string? Type { get; init; }

    /// <summary>What is known in it: a JSON object. Default <c>{}</c>.</summary>
    public RawJson Context { get; init; }

    /// <summary>Whether it goes on. Default true. A session begins active: POST takes true alone, PUT either.</summary>
    public bool? IsActive { get; init; }

    /// <summary>Read-only: the value that was read, or left out.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Read-only: the value that was read, or left out.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Read-only: the value that was read, or left out.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Adds an error for every read-only member that differs from what is stored.</summary>
    public void CheckReadOnly(InputErrors errors, Session stored)
    {
        errors.ReadOnly("created_at", CreatedAt, stored.CreatedAt);
        errors.ReadOnly("updated_at", UpdatedAt, stored.UpdatedAt);
        errors.ReadOnly("ended_at", EndedAt, stored.EndedAt);
    }

    /// <summary>Adds an error for every member that says that the session has ended: one that begins has not.</summary>
    public void CheckBegins(InputErrors errors)
    {
        if (IsActive == false)
        {
            errors.Add("is_active", "is false, and a session begins active; PUT stores one that has ended.");
        }

        if (EndedAt is not null)
        {
            errors.Add("ended_at", "is set, and a session begins active; PUT stores one that has ended.");
        }
    }

    /// <summary>Notes what is wrong and returns the session to store.</summary>
    public Session Validate(InputErrors errors, DateTimeOffset now)
    {
        errors.Given("user_id", UserId, 200);
        return new Session
        {
            Id = Id ?? Guid.CreateVersion7(now),
            AgentId = AgentId,
            UserId = UserId,
            Type = errors.Required("type", Type, 100),
            IsActive = IsActive ?? true,
            Context = errors.JsonObject("context", Context),
            CreatedAt = now,
            UpdatedAt = now,
            EndedAt = IsActive == false ? now : null,
        };
    }
}
