using System.Text.RegularExpressions;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.DataLayer.Services;

/// <summary>The caller that changes the registry.</summary>
/// <param name="Id">The caller's id: of a key its id, of a JWT <c>jwt:</c> and the subject.</param>
/// <param name="Name">The caller's name.</param>
/// <param name="IsAdmin">Whether the caller has the scope admin, and changes services of every owner.</param>
public sealed partial record RegistryCaller(string Id, string Name, bool IsAdmin)
{
    /// <summary>A process of the system, which shows the internal key or has the database.</summary>
    public static RegistryCaller System { get; } = new("system", "system", IsAdmin: true);

    /// <summary>The actor of the events of a change; null: the system.</summary>
    internal string? Actor => IsSystem ? null : Name;

    private bool IsSystem => ReferenceEquals(this, System);

    /// <summary>Whether a service name belongs to the system's own processes, in whatever case.</summary>
    public static bool IsSystemName(string service) => SystemName().IsMatch(service);

    /// <summary>Checks that the caller may change a service of this name, of any owner.</summary>
    /// <exception cref="InputException">403: the name is one of the system's own.</exception>
    public void CheckName(string service)
    {
        if (!IsSystem && IsSystemName(service))
        {
            throw new InputException(
                "name",
                $"'{service}' belongs to the system, whose processes register themselves. Take another name.",
                StatusCodes.Status403Forbidden);
        }
    }

    [GeneratedRegex(@"^(gateway|data-layer|service-hub(-[0-9]+)?)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SystemName();
}

/// <summary>The bounds of what one owner has in the registry.</summary>
/// <param name="Services">Services, and with them names without a service.</param>
/// <param name="Instances">Instances of all services of the owner.</param>
public sealed record OwnerLimits(int Services, int Instances)
{
    /// <summary>No bounds: for the system's own processes.</summary>
    public static OwnerLimits None { get; } = new(int.MaxValue, int.MaxValue);
}
