namespace StoryPortal.DataLayer.Schema;

/// <summary>The connection string for the migration tool, which opens its own connection. A data source does not give its password away.</summary>
/// <param name="String">The connection string with its password.</param>
internal sealed record SchemaConnection(string String);
