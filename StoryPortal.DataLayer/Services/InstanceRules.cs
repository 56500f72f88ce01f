using System.Buffers;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.DataLayer.Services;

/// <summary>What the registry takes.</summary>
public static class InstanceRules
{
    internal const int DefaultLeaseSeconds = 30;

    private const int LongestLeaseSeconds = 86_400;
    private const int LongestName = 200;
    private const int LongestUrl = 2000;
    private const int MostTags = 50;
    private const int LongestTag = 100;
    private const int LargestMetadata = 4096;

    // Addresses of the API, where a service of that name could not be read.
    private static readonly string[] Reserved = ["watch", "search"];

    // What needs no escaping in an address; a colon too, since many ids are made of a host and a port.
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:");

    /// <summary>Notes a service's or an instance's name that cannot be one.</summary>
    public static void CheckNames(this InputErrors errors, string service, string instanceId)
    {
        errors.CheckName(service);
        CheckName(errors, "id", instanceId);
    }

    /// <summary>Adds an error for a service's name that cannot be one.</summary>
    public static void CheckName(this InputErrors errors, string service)
    {
        CheckName(errors, "name", service);
        if (Reserved.Contains(service, StringComparer.OrdinalIgnoreCase))
        {
            errors.Add("name", $"'{service}' is an address of the API and no name for a service.");
        }
    }

    /// <summary>Notes everything that is wrong with a registration.</summary>
    public static void Check(this InputErrors errors, NewInstance instance)
    {
        if (errors.Required("url", instance.Url, LongestUrl).Length > 0)
        {
            CheckUrl(errors, "url", instance.Url!);
        }

        if (instance.HealthUrl is not null && errors.Required("health_url", instance.HealthUrl, LongestUrl).Length > 0)
        {
            CheckUrl(errors, "health_url", instance.HealthUrl);
        }

        errors.Optional("version", instance.Version, 100);
        errors.Optional("layer", instance.Layer, 100);
        errors.Optional("description", instance.Description, 2000);
        CheckTags(errors, instance.Tags);
        if (instance.LeaseSeconds is < 1 or > LongestLeaseSeconds)
        {
            errors.Add("lease_seconds", $"is {instance.LeaseSeconds}; 1 to {LongestLeaseSeconds} are taken.");
        }

        if (errors.JsonObject("metadata", instance.Metadata).Utf8.Length > LargestMetadata)
        {
            errors.Add("metadata", $"has {instance.Metadata.Utf8.Length} bytes; at most {LargestMetadata} are taken.");
        }
    }

    private static void CheckName(InputErrors errors, string field, string name)
    {
        var rest = errors.Required(field, name, LongestName).AsSpan();
        if (rest.ContainsAnyExcept(NameCharacters) || rest is "." or "..")
        {
            errors.Add(field, "may have letters of ASCII, digits and - _ . : only.");
        }
    }

    private static void CheckUrl(InputErrors errors, string field, string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            errors.Add(field, "is not an absolute http or https address.");
        }
        else if (text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
        {
            // Uri trims and escapes them; the text is stored as it is.
            errors.Add(field, "holds a space or a control character, which an address cannot have.");
        }
        else if (url.UserInfo.Length > 0)
        {
            errors.Add(field, "holds a user or a password, which everybody could read.");
        }
    }

    private static void CheckTags(InputErrors errors, IReadOnlyList<string>? tags)
    {
        if (tags?.Count > MostTags)
        {
            errors.Add("tags", $"has {tags.Count} tags; at most {MostTags} are taken.");
            return;
        }

        for (var i = 0; i < tags?.Count; i++)
        {
            var field = $"tags[{i}]";
            var tag = errors.Required(field, tags[i], LongestTag);
            if (tag.AsSpan().Trim().Length != tag.Length || tag.AsSpan().ContainsAnyInRange('\u0001', '\u001f'))
            {
                errors.Add(field, "begins or ends with a space, or holds a control character.");
            }
        }
    }
}
