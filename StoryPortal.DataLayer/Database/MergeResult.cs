using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.DataLayer.Database;

/// <summary>The result of merging a patch into the documents of a row.</summary>
/// <param name="Changed">The row as it is now; null when the patch changed nothing, or is too large.</param>
/// <param name="IsTooLarge">Whether nothing was changed because the merged documents would be larger than <see cref="BodyLimits.Document"/>.</param>
internal sealed record MergeResult<T>(T? Changed, bool IsTooLarge) where T : class
{
    /// <exception cref="InputException">The merged documents would be too large.</exception>
    public void ThrowIfTooLarge(string documents)
    {
        if (IsTooLarge)
        {
            throw new InputException("body", $"would make {documents} larger than {BodyLimits.Document} bytes; remove members with null.", 422);
        }
    }
}
