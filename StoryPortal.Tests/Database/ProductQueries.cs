using System.Reflection;
using StoryPortal.DataLayer.Database;

namespace StoryPortal.Tests.Database;

/// <summary>Every statement of the product: what the static fields of the data layer hold. A new query is among them by itself.</summary>
internal static class ProductQueries
{
    private const BindingFlags StaticFields = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly object[] Declared =
    [
        .. typeof(Query).Assembly.GetTypes()
            .Where(type => !type.ContainsGenericParameters)
            .SelectMany(type => type.GetFields(StaticFields))
            .Where(field => field.FieldType == typeof(Query) || field.FieldType == typeof(FilteredQuery) || field.FieldType == typeof(BulkUpsert))
            .Select(field => field.GetValue(null)!),
    ];

    /// <summary>The name of each declaration.</summary>
    public static IEnumerable<string> Names => Declared.Select(declared => declared switch
    {
        Query query => query.Name,
        FilteredQuery filtered => filtered.Name,
        var copy => ((BulkUpsert)copy).Merge.Name,
    });

    /// <summary>Every text, each combination of conditions by itself.</summary>
    public static IEnumerable<Query> Texts => Declared.SelectMany(declared => declared switch
    {
        Query query => [query],
        FilteredQuery filtered => filtered.Variants,
        var copy => [((BulkUpsert)copy).Merge],
    });

    /// <summary>What creates the temporary tables that the texts read.</summary>
    public static IEnumerable<string> StagingTables => Declared.OfType<BulkUpsert>().Select(copy => copy.CreateStaging);
}
