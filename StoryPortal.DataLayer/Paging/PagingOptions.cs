using System.ComponentModel.DataAnnotations;

namespace StoryPortal.DataLayer.Paging;

/// <summary>How large a page of a list may be, section <c>Paging</c>.</summary>
public sealed class PagingOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Paging";

    /// <summary>Bytes at which a page ends, however few rows it has; the <c>Link</c> header leads to the rest. A page has one row at least. Default 16 MiB.</summary>
    [Range(4096, 268_435_456)]
    public int MaxBytes { get; set; } = 16 * 1024 * 1024;
}
