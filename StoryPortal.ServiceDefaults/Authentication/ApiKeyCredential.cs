using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>The API key of a request, hashed once for each connection: most connections carry the same key again and again.</summary>
public sealed class ApiKeyCredential
{
    private const string BearerPrefix = "Bearer ";

    private readonly string _text;

    internal ApiKeyCredential(string text)
    {
        _text = text;
        IsWellFormed = ApiKeyFormat.IsWellFormed(text);
        Hash = KeyHash.Of(text);
    }

    /// <summary>Whether the text has the format of the keys that the hub creates.</summary>
    public bool IsWellFormed { get; }

    /// <summary>The hash of the key.</summary>
    public KeyHash Hash { get; }

    /// <summary>The API key of a request, <c>X-API-Key</c> before <c>Authorization: Bearer</c>; null when there is none. An empty header is none.</summary>
    public static ApiKeyCredential? From(HttpContext context)
    {
        if ((KeyIn(context.Request) ?? BearerTokenIn(context.Request)) is not { } text)
        {
            return null;
        }

        var latest = context.Features.Get<Latest>();
        if (latest?.Credential is { } credential && credential.Equals(text))
        {
            return credential;
        }

        credential = new ApiKeyCredential(text);
        if (latest is not null)
        {
            latest.Credential = credential;
        }

        return credential;
    }

    internal static string? KeyIn(HttpRequest request) => request.Headers[KeyHeaders.Api].FirstOrDefault() is { Length: > 0 } key ? key : null;

    internal static string? BearerTokenIn(HttpRequest request) =>
        request.Headers.Authorization.FirstOrDefault() is { } authorization
        && authorization.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase)
        && authorization[BearerPrefix.Length..].Trim() is { Length: > 0 } token ? token : null;

    // In constant time: the connection of a proxy carries the keys of several callers.
    private bool Equals(string text) =>
        CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(_text.AsSpan()), MemoryMarshal.AsBytes(text.AsSpan()));

    /// <summary>The latest API key of a connection: a feature of the connection, and so of each of its requests.</summary>
    internal sealed class Latest
    {
        private volatile ApiKeyCredential? _credential;

        public ApiKeyCredential? Credential
        {
            get => _credential;
            set => _credential = value;
        }
    }
}
