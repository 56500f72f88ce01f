using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace StoryPortal.Gateway.Page;

/// <summary>A file of the page, as it is served.</summary>
/// <param name="Path">Its address.</param>
/// <param name="ContentType">What it is.</param>
/// <param name="Preload">How the page's <c>Link</c> header names it, or null for what is not needed at once.</param>
/// <param name="Bytes">Its content.</param>
/// <param name="Tag">Of its content.</param>
internal sealed record PageFile(string Path, string ContentType, string? Preload, byte[] Bytes, EntityTagHeaderValue Tag)
{
    /// <summary>The document that names all others.</summary>
    public const string Document = "index.html";

    /// <summary>Reads every file of the page.</summary>
    public static PageFile[] ReadAll() => [.. typeof(PageFile).Assembly.GetManifestResourceNames().Order(StringComparer.Ordinal).Select(Read)];

    private static PageFile Read(string name)
    {
        using var resource = typeof(PageFile).Assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);

        var path = name == Document ? "/" : $"/page/{name}";
        var (contentType, preload) = System.IO.Path.GetExtension(name) switch
        {
            ".html" => ("text/html; charset=utf-8", null),
            ".js" => ("text/javascript; charset=utf-8", $"<{path}>; rel=modulepreload"),
            ".css" => ("text/css; charset=utf-8", $"<{path}>; rel=preload; as=style"),
            ".svg" => ("image/svg+xml", (string?)null),
            var other => throw new InvalidOperationException($"{name}: the page has no files that end in {other}."),
        };
        return new PageFile(path, contentType, preload, bytes, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8))}\""));
    }
}
