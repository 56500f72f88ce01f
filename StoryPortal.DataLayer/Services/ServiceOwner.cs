using System.ComponentModel.DataAnnotations;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.DataLayer.Services;

/// <summary>The owner of a service name: beside administrators the only caller that changes the service and its instances.</summary>
/// <param name="Id">The id of the API key; <c>jwt:</c> and the subject of a JSON Web Token; or <c>system</c>.</param>
/// <param name="Name">The name of the key.</param>
/// <param name="Since">When the owner registered the service first, or got it from another owner.</param>
public sealed record ServiceOwner(string Id, string Name, DateTimeOffset Since);

/// <summary>The owner that an administrator sets.</summary>
public sealed record NewServiceOwner
{
    private const int MaxIdLength = 1000;

    /// <summary>The id of an API key that is not revoked, or <c>jwt:</c> and the subject of a JSON Web Token.</summary>
    [Required]
    public string? Id { get; init; }

    /// <summary>Read-only: the value that was read, or left out.</summary>
    public string? Name { get; init; }

    /// <summary>Read-only: the value that was read, or left out.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Adds an error for an id that cannot be one; returns the id.</summary>
    public string Validate(InputErrors errors) => errors.Required("id", Id, MaxIdLength);

    /// <summary>Adds an error for every read-only member that differs from what is stored.</summary>
    public void CheckReadOnly(InputErrors errors, ServiceOwner stored)
    {
        errors.ReadOnly("name", Name, stored.Name);
        errors.ReadOnly("since", Since, stored.Since);
    }
}
