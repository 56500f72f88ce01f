using StoryPortal.Tests.Faults.Matrix;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("StoryPortal.Tests.Running.LongestFirst", "StoryPortal.Tests")]

namespace StoryPortal.Tests.Running;

/// <summary>Collections whose tests take turns with one system begin first, the longest of them before the others: whatever is short fits in beside them.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long = [SharedSystem.Name, SharedFaultySystem.Name, SharedTwoHubs.Name];

    /// <inheritdoc/>
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection => Array.IndexOf(Long, collection.DisplayName) is >= 0 and var place ? place : Long.Length);
}
