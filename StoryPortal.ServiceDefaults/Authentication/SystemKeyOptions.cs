using System.ComponentModel.DataAnnotations;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>The keys that the host gives to a process, and how it verifies others, section <c>Authentication</c>.</summary>
public sealed class SystemKeyOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Authentication";

    /// <summary>The first key with scope admin; the AppHost generates it. Empty: no such key.</summary>
    public string AdminKey { get; set; } = "";

    /// <summary>The key by which processes of one system know each other. Empty: internal endpoints refuse everyone.</summary>
    public string InternalKey { get; set; } = "";

    /// <summary>Time that the lookup of a key may take; a key that was never verified gets 503 then. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan LookupTimeout { get; set; } = TimeSpan.FromSeconds(2);
}
